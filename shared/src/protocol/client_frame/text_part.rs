//! `text-part`: a part of a text that is longer than a frame, sent before its `send`.

use serde::Deserialize;

use super::limits::{FRAME_BYTES, MAX_TEXT_PARTS};
use super::object::{invalid_field, parse};
use crate::conversation::RequestId;
use crate::error::{ChatError, ErrorCode};

/// The longest part, in bytes of UTF-8: no frame holds more.
const MAX_PART_BYTES: usize = FRAME_BYTES;

/// A part of the text of a message, which the `send` with the same `requestId` completes.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema, ts_rs::TS),
    schemars(rename = "TextPart"),
    ts(rename = "TextPart")
)]
#[serde(rename_all = "camelCase")]
pub struct TextPartFrame {
    /// That of the `send`.
    pub request_id: RequestId,
    /// Its index among the parts, from 0 to 19.
    pub index: usize,
    /// The text. The frame around it has 32 KB at most, like every other.
    #[debug("{} bytes", text.len())]
    pub text: String,
}

/// Decodes the frame.
///
/// # Errors
/// It is malformed, has too high an index, or its text is longer than a frame.
pub(super) fn decode(text: &str) -> Result<TextPartFrame, ChatError> {
    let part: TextPartFrame = parse(text)?;
    if part.index >= MAX_TEXT_PARTS {
        return Err(invalid_field("index", format_args!("index must be from 0 to {}", MAX_TEXT_PARTS - 1)));
    }
    if part.text.len() > MAX_PART_BYTES {
        return Err(ChatError::new(ErrorCode::MessageTooLarge)
            .with_detail("field", "text")
            .with_detail("limit", MAX_PART_BYTES)
            .with_detail("bytes", part.text.len()));
    }
    Ok(part)
}
