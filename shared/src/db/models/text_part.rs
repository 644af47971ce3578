//! A part of a text whose message has not arrived yet, as it is stored.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::text_part_store::TextPart;
use super::key::Key;
use crate::turn::Subscriber;

/// How long a part of a text is kept at most: its message follows right after it.
const TEXT_PART_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// A part of a text whose message has not arrived yet.
#[derive(Serialize, Deserialize)]
pub struct TextPartItem {
    #[serde(flatten)]
    key: Key,
    /// Its index in the text.
    pub index: usize,
    /// Its text.
    pub text: String,
    /// Seconds since 1970.
    expires_at: u64,
}

impl From<&TextPart> for TextPartItem {
    fn from(part: &TextPart) -> Self {
        let Subscriber { connection, request } = &part.request;
        Self {
            key: Key::text_part(&part.user, connection, request, part.index),
            index: part.index,
            text: part.text.clone(),
            expires_at: (part.sent_at + TEXT_PART_LIFETIME).seconds(),
        }
    }
}
