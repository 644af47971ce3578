//! `send`: how a client starts a turn.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::object::{object, objects, parse, parse_at};
use super::{MAX_TEXT_PARTS, invalid_field};
use crate::conversation::{ConversationId, MessageId, RequestId};
use crate::error::{ChatError, ErrorCode};
use crate::turn::{Intent, Opening};

/// The longest text of one message, in bytes of UTF-8. It is stored as one item of the table, which may have 400 KB.
pub const MAX_TEXT_BYTES: usize = 256 * 1024;

/// `send`: start a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendFrame {
    /// Named in every frame of the answer.
    pub request_id: RequestId,
    /// The conversation, which need not exist yet.
    pub conversation_id: ConversationId,
    /// What is asked for.
    pub opening: Opening,
    /// The model that is to answer; the server's first when absent.
    pub model: Option<String>,
    /// The agent that is to answer; the server's first when absent.
    pub agent: Option<String>,
    /// How many pieces of its text came before it: see [`SendFrame::behind`].
    pub text_parts: usize,
}

impl SendFrame {
    /// The same frame with its whole text, of which these pieces came before it.
    ///
    /// # Errors
    /// The text is empty or too long.
    pub fn behind(self, pieces: &[String]) -> Result<Self, ChatError> {
        let mut text = pieces.concat();
        text.push_str(&self.opening.text);
        check_text("messages", &text)?;
        Ok(Self { text_parts: 0, opening: Opening { text, ..self.opening }, ..self })
    }
}

/// Reads the frame.
///
/// # Errors
/// It is not one, or its text is empty or too long; where pieces of it came before, that is found out behind them.
pub(super) fn decode(text: &str) -> Result<SendFrame, ChatError> {
    parse::<Send>(text)?.check()
}

/// A message for the model.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub(in crate::protocol) struct Send<'a> {
    /// Named in every frame of the answer.
    request_id: RequestId,
    /// The conversation, which need not exist yet.
    id: ConversationId,
    /// What is to be done.
    trigger: Trigger,
    /// Of `regenerate-message`: the reply that does not please, or the message it answers.
    #[serde(default)]
    message_id: Option<MessageId>,
    /// Only the last is read, history being the server's.
    // The others are passed over without building them.
    #[serde(borrow)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<UiMessage>"), ts(as = "Vec<UiMessage>"))]
    messages: Vec<&'a RawValue>,
    /// Choices of this message.
    #[serde(default, deserialize_with = "object")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<Body>"))]
    body: Body,
}

/// What is to be done with a message.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
enum Trigger {
    /// Store it and answer it.
    SubmitMessage,
    /// Answer it once more.
    RegenerateMessage,
}

/// Choices of one message.
#[derive(Deserialize, Default)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema, ts_rs::TS),
    schemars(rename = "SendBody"),
    ts(rename = "SendBody", optional_fields)
)]
#[serde(rename_all = "camelCase")]
struct Body {
    /// The message it follows, by the server's id or the client's; the newest one when absent.
    #[serde(default)]
    parent_id: Option<MessageId>,
    /// The model that is to answer, of those that `server.describe` names; the first when absent.
    #[serde(default)]
    model: Option<String>,
    /// The agent that is to answer, of those that `server.describe` names; the first when absent.
    #[serde(default)]
    agent: Option<String>,
    /// How many pieces of the message's text came before, as frames `text-part` with the same `requestId`: at most 20. The text of
    /// the message itself is what follows them.
    #[serde(default)]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<usize>"))]
    text_parts: usize,
}

/// A message of a person.
#[derive(Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema, ts_rs::TS),
    schemars(rename = "SentMessage"),
    ts(rename = "SentMessage")
)]
struct UiMessage {
    id: MessageId,
    role: String,
    #[serde(deserialize_with = "objects")]
    parts: Vec<UiPart>,
}

/// A part of a message. Those without text are passed over; files are refused.
#[derive(Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema, ts_rs::TS),
    schemars(rename = "SentPart"),
    ts(rename = "SentPart", optional_fields)
)]
struct UiPart {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
}

impl Send<'_> {
    fn check(self) -> Result<SendFrame, ChatError> {
        let Some((last, before)) = self.messages.split_last() else {
            return Err(invalid_field("messages", "it holds no message"));
        };
        let place = format!("messages[{}]", before.len());
        let message: UiMessage = parse_at(&place, last.get())?;
        if message.role != "user" {
            return Err(invalid_field(&format!("{place}.role"), "its last message is not the user's"));
        }
        if self.body.text_parts > MAX_TEXT_PARTS {
            let problem = format_args!("textParts must be at most {MAX_TEXT_PARTS}");
            return Err(invalid_field("body.textParts", problem));
        }
        let text = text_of(&place, message.parts)?;
        if self.body.text_parts == 0 {
            check_text(&format!("{place}.parts"), &text)?;
        }
        let intent = match self.trigger {
            Trigger::SubmitMessage => Intent::Submit { parent: self.body.parent_id },
            Trigger::RegenerateMessage => Intent::Regenerate { reply: self.message_id },
        };
        Ok(SendFrame {
            request_id: self.request_id,
            conversation_id: self.id,
            opening: Opening { text, client_id: message.id, intent },
            model: self.body.model,
            agent: self.body.agent,
            text_parts: self.body.text_parts,
        })
    }
}

fn text_of(message: &str, parts: Vec<UiPart>) -> Result<String, ChatError> {
    if parts.iter().any(|part| part.kind == "file") {
        return Err(invalid_field(&format!("{message}.parts"), "attachments are not supported"));
    }
    Ok(parts.into_iter().filter(|part| part.kind == "text").filter_map(|part| part.text).collect())
}

fn check_text(field: &str, text: &str) -> Result<(), ChatError> {
    if text.trim().is_empty() {
        return Err(invalid_field(field, "the message is empty"));
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(ChatError::new(ErrorCode::MessageTooLarge)
            .with_detail("field", field)
            .with_detail("limit", MAX_TEXT_BYTES)
            .with_detail("bytes", text.len()));
    }
    Ok(())
}
