//! Frames that clients send, checked.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::conversation::{ConversationId, MessageId, RequestId};
use crate::error::{ChatError, ErrorCode};
use crate::turn::{Intent, Opening};

/// The longest text of one message, in bytes of UTF-8. A frame holds 32 KB on API Gateway, a message of several frames 128 KB.
pub const MAX_TEXT_BYTES: usize = 100_000;

/// A frame of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientFrame {
    /// Start a turn.
    Send(SendFrame),
    /// Attach to the running turn of a conversation.
    Resume(ResumeFrame),
    /// Stop the turn that a request of this connection started or resumed.
    Abort {
        /// That request.
        request_id: RequestId,
    },
    /// Answer, so that the client knows that the connection lives.
    Ping {
        /// Named in the answer.
        request_id: RequestId,
    },
}

/// `send`: start a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendFrame {
    /// Named in every frame of the answer.
    pub request_id: RequestId,
    /// The conversation, which need not exist yet.
    pub conversation_id: ConversationId,
    /// What is asked for.
    pub opening: Opening,
}

/// `resume`: attach to the running turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeFrame {
    /// Named in every frame of the answer.
    pub request_id: RequestId,
    /// The conversation.
    pub conversation_id: ConversationId,
}

/// A frame that was refused, and the request to which the refusal belongs, where it could be read.
#[derive(Debug)]
pub struct InvalidFrame {
    /// The request that the client waits for.
    pub request_id: Option<RequestId>,
    /// What was wrong with it.
    pub error: ChatError,
}

impl ClientFrame {
    /// The request that the client waits for.
    pub fn request_id(&self) -> &RequestId {
        match self {
            ClientFrame::Send(SendFrame { request_id, .. })
            | ClientFrame::Resume(ResumeFrame { request_id, .. })
            | ClientFrame::Abort { request_id }
            | ClientFrame::Ping { request_id } => request_id,
        }
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// Anything that is not a frame of the protocol, with the `requestId` where there is one, so that the client can be told.
    pub fn decode(text: &str) -> Result<Self, InvalidFrame> {
        let addressed = serde_json::from_str::<Address>(text).ok();
        decode(text).map_err(|error| InvalidFrame {
            request_id: addressed.and_then(|address| address.request_id.parse().ok()),
            error,
        })
    }
}

fn decode(text: &str) -> Result<ClientFrame, ChatError> {
    let kind: Kind = parse(text)?;
    match kind.kind.as_str() {
        "send" => parse::<Send>(text)?.check().map(ClientFrame::Send),
        "resume" => {
            let resume: Resume = parse(text)?;
            Ok(ClientFrame::Resume(ResumeFrame { request_id: resume.request_id, conversation_id: resume.id }))
        }
        "abort" => parse::<Addressed>(text).map(|frame| ClientFrame::Abort { request_id: frame.request_id }),
        "ping" => parse::<Addressed>(text).map(|frame| ClientFrame::Ping { request_id: frame.request_id }),
        _ => Err(ChatError::invalid_frame("this type of frame is not known")),
    }
}

// serde's message may quote what the client sent, so it goes neither to the client nor to the log: only its place does.
fn parse<'a, Frame: Deserialize<'a>>(text: &'a str) -> Result<Frame, ChatError> {
    serde_json::from_str(text).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "a field is missing or of the wrong type",
            _ => "it is not valid JSON",
        };
        ChatError::invalid_frame(what).with_detail("line", error.line()).with_detail("column", error.column())
    })
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    request_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Addressed {
    request_id: RequestId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resume {
    request_id: RequestId,
    id: ConversationId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Send<'a> {
    request_id: RequestId,
    id: ConversationId,
    trigger: Trigger,
    #[serde(default)]
    message_id: Option<MessageId>,
    // Only the last is read, history being ours: the others are passed over without building them.
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
    #[serde(default)]
    body: Body,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Trigger {
    SubmitMessage,
    RegenerateMessage,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    parent_id: Option<MessageId>,
}

#[derive(Deserialize)]
struct UiMessage {
    id: MessageId,
    role: String,
    parts: Vec<UiPart>,
}

#[derive(Deserialize)]
struct UiPart {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
}

impl Send<'_> {
    fn check(self) -> Result<SendFrame, ChatError> {
        let last = self.messages.last().ok_or_else(|| ChatError::invalid_frame("it holds no message"))?;
        let message: UiMessage = parse(last.get())?;
        if message.role != "user" {
            return Err(ChatError::invalid_frame("its last message is not the user's"));
        }
        let intent = match self.trigger {
            Trigger::SubmitMessage => Intent::Submit { parent: self.body.parent_id },
            Trigger::RegenerateMessage => Intent::Regenerate { reply: self.message_id },
        };
        Ok(SendFrame {
            request_id: self.request_id,
            conversation_id: self.id,
            opening: Opening { text: text_of(message.parts)?, client_id: message.id, intent },
        })
    }
}

fn text_of(parts: Vec<UiPart>) -> Result<String, ChatError> {
    if parts.iter().any(|part| part.kind == "file") {
        return Err(ChatError::invalid_frame("attachments are not supported"));
    }
    let text: String = parts.into_iter().filter(|part| part.kind == "text").filter_map(|part| part.text).collect();
    if text.trim().is_empty() {
        return Err(ChatError::invalid_frame("the message is empty"));
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(ChatError::new(ErrorCode::MessageTooLarge)
            .with_detail("limit", MAX_TEXT_BYTES)
            .with_detail("bytes", text.len()));
    }
    Ok(text)
}
