//! `send`: how a client starts a turn.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::answers::{AnswerFrame, answers_in};
use super::limits::{MAX_TEXT_BYTES, MAX_TEXT_PARTS};
use super::object::{invalid_field, object, objects, parse, parse_at};
use crate::conversation::{CallId, ClientMetadata, ConversationId, MAX_CLIENT_METADATA_BYTES, MessageId, RequestId};
use crate::error::{ChatError, ErrorCode};
use crate::protocol::json_length;
use crate::protocol::operation_result::METADATA_NAMES;
use crate::turn::{Intent, Opening, Parent};

/// How many of the messages that a client shows before its new one are considered. The nearest may never have arrived.
const MAX_SHOWN: usize = 8;

/// `send`: start a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendFrame {
    /// Repeated in every frame of the answer.
    pub request_id: RequestId,
    /// The conversation, which need not exist yet.
    pub conversation_id: ConversationId,
    /// What is asked for.
    pub opening: Opening,
    /// The model to answer with; the server's first if absent.
    pub model: Option<String>,
    /// The agent to answer with; the server's first if absent.
    pub agent: Option<String>,
    /// How many parts of its text were sent before it: see [`SendFrame::behind`].
    pub text_parts: usize,
}

impl SendFrame {
    /// The same frame with its whole text, of which these parts were sent before it.
    ///
    /// # Errors
    /// The text is empty or too long.
    pub fn behind(self, parts: &[String]) -> Result<Self, ChatError> {
        let mut text = parts.concat();
        text.push_str(&self.opening.text);
        check_text("messages", &text)?;
        Ok(Self { text_parts: 0, opening: Opening { text, ..self.opening }, ..self })
    }
}

/// What a client sends.
pub(super) enum Sent {
    /// A message of the user.
    Message(SendFrame),
    /// A message of the model, with answers of the user in it.
    Answers(AnswerFrame),
}

/// Decodes the frame.
///
/// # Errors
/// It is malformed, or its text is empty or too long; if parts were sent before, that is checked once they are joined.
pub(super) fn decode(text: &str) -> Result<Sent, ChatError> {
    parse::<Send>(text)?.check()
}

/// A message for the model.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub(in crate::protocol) struct Send<'a> {
    /// Repeated in every frame of the answer.
    request_id: RequestId,
    /// The conversation, which need not exist yet.
    id: ConversationId,
    /// What to do.
    trigger: Trigger,
    /// With `regenerate-message`: the reply to replace, or the message it answers. With `submit-message`: the message
    /// that this one replaces, as an edit.
    #[serde(default)]
    message_id: Option<MessageId>,
    /// The last is the new one. Of those before it only the ids are read, of eight at most: the nearest that is stored
    /// becomes the parent of the new one, unless `messageId` or `parentId` says otherwise. The server keeps the
    /// history.
    // The others are skipped without building them.
    #[serde(borrow)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<UiMessage>"), ts(as = "Vec<UiMessage>"))]
    messages: Vec<&'a RawValue>,
    /// Choices of this message.
    #[serde(default, deserialize_with = "object")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<Body>"))]
    body: Body,
}

/// What to do with a message.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
enum Trigger {
    /// Store it and answer it.
    SubmitMessage,
    /// Answer it again.
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
    /// The parent message, by the server's id or the client's, or null to begin the conversation again; if absent, the
    /// one shown before it in `messages`.
    #[serde(default, deserialize_with = "parent")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<MessageId>"), ts(optional, type = "MessageId | null"))]
    parent_id: Option<Parent>,
    /// The model to answer with, from those that `server.describe` lists; the first if absent.
    #[serde(default)]
    model: Option<String>,
    /// The agent to answer with, from those that `server.describe` lists; the first if absent.
    #[serde(default)]
    agent: Option<String>,
    /// How many parts of the message's text were sent before, as frames `text-part` with the same `requestId`: at most
    /// 20. The text of the message itself follows them.
    #[serde(default)]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<usize>"))]
    text_parts: usize,
    /// Calls that are approved with this frame, whose tools need no more approval in this conversation.
    #[serde(default)]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<Vec<String>>"))]
    always_allow: Vec<String>,
}

/// A message of a user.
#[derive(Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema, ts_rs::TS),
    schemars(rename = "SentMessage"),
    ts(rename = "SentMessage", optional_fields)
)]
struct UiMessage<'a> {
    id: MessageId,
    role: String,
    #[serde(deserialize_with = "objects")]
    parts: Vec<UiPart>,
    /// The client's metadata: an object of 4,096 bytes at most, which is returned unchanged, except for names that the
    /// server uses itself.
    // Its names are the client's, which no error repeats.
    #[serde(borrow, default)]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Option<Map<String, Value>>"),
        ts(optional, type = "Record<string, unknown>")
    )]
    metadata: Option<&'a RawValue>,
}

/// A part of a message. Parts without text are skipped; files are rejected.
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
    fn check(self) -> Result<Sent, ChatError> {
        let Some((last, before)) = self.messages.split_last() else {
            return Err(invalid_field("messages", "it holds no message"));
        };
        let place = format!("messages[{}]", before.len());
        let message: UiMessage = parse_at(&place, last.get())?;
        if let Some((answered, id)) = self.answered(&message, before)
            && let Some(answers) = answers_in(&place, answered.unwrap_or(last))?
        {
            return Ok(Sent::Answers(AnswerFrame {
                request_id: self.request_id,
                conversation_id: self.id,
                message_id: id,
                answers,
                always_allowed: self.body.always_allow.iter().map(|call| CallId::named(call)).collect(),
            }));
        }
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
            Trigger::SubmitMessage => Intent::Submit { parent: self.body.parent_id, edited: self.message_id },
            Trigger::RegenerateMessage => Intent::Regenerate { reply: self.message_id },
        };
        Ok(Sent::Message(SendFrame {
            request_id: self.request_id,
            conversation_id: self.id,
            opening: Opening {
                text,
                metadata: message.metadata.map(|metadata| checked(&place, metadata)).transpose()?.flatten(),
                client_id: message.id,
                intent,
                shown_before: before.iter().rev().take(MAX_SHOWN).filter_map(|shown| id_of(shown)).collect(),
            },
            model: self.body.model,
            agent: self.body.agent,
            text_parts: self.body.text_parts,
        }))
    }

    // The message of the model's that may hold answers: the last, or the earlier one that the frame names.
    fn answered<'a>(&self, last: &UiMessage, before: &[&'a RawValue]) -> Option<(Option<&'a RawValue>, MessageId)> {
        let is_submit = matches!(self.trigger, Trigger::SubmitMessage);
        match &self.message_id {
            _ if !is_submit => None,
            Some(named) if *named != last.id => {
                let is_named = |message: &&&RawValue| id_of(message).as_ref() == Some(named);
                before.iter().rev().find(is_named).map(|message| (Some(*message), named.clone()))
            }
            _ => (last.role == "assistant").then(|| (None, last.id.clone())),
        }
    }
}

// Only called if the field is present.
fn parent<'de, D: Deserializer<'de>>(field: D) -> Result<Option<Parent>, D::Error> {
    let named = Option::<MessageId>::deserialize(field)?;
    Ok(Some(named.map_or(Parent::Nothing, Parent::Message)))
}

// Invalid entries are ignored: they were not sent to be read.
fn id_of(message: &RawValue) -> Option<MessageId> {
    #[derive(Deserialize)]
    struct Shown {
        id: MessageId,
    }
    serde_json::from_str::<Shown>(message.get()).ok().map(|shown| shown.id)
}

// A message that was read from the server and is sent again includes the server's metadata.
fn checked(message: &str, metadata: &RawValue) -> Result<Option<ClientMetadata>, ChatError> {
    let field = format!("{message}.metadata");
    let fields: Option<Map<String, Value>> = serde_json::from_str(metadata.get())
        .map_err(|_| invalid_field(&field, format_args!("the field {field} is not what it should be")))?;
    let mut fields = fields.unwrap_or_default();
    fields.retain(|name, _| !METADATA_NAMES.contains(&name.as_str()));
    if json_length(&fields) > MAX_CLIENT_METADATA_BYTES {
        let problem = format_args!("{field} must have at most {MAX_CLIENT_METADATA_BYTES} bytes");
        return Err(invalid_field(&field, problem));
    }
    Ok(ClientMetadata::new(fields))
}

fn text_of(message: &str, parts: Vec<UiPart>) -> Result<String, ChatError> {
    if parts.iter().any(|part| part.kind == "file") {
        return Err(invalid_field(&format!("{message}.parts"), "attachments are not supported"));
    }
    let texts = parts.into_iter().filter(|part| part.kind == "text").filter_map(|part| part.text);
    let texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
    // A client that sends several means them to be separate, as a question and what was pasted.
    Ok(texts.join("\n\n"))
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
