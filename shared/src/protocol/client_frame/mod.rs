//! Frames from clients, validated.

mod answers;
mod limits;
mod lone_surrogates;
mod object;
mod operation;
mod send;
mod text_part;

use serde::Deserialize;

use crate::conversation::{ConversationId, MAX_ID_BYTES, RequestId};
use crate::error::{ChatError, ErrorCode};
use limits::MESSAGE_BYTES;
use lone_surrogates::replace_lone_surrogates;
use object::{first_field, invalid_field, parse};
use send::Sent;

pub use answers::AnswerFrame;
pub use limits::{FRAME_BYTES, MAX_TEXT_BYTES, MAX_TEXT_PARTS};
pub use operation::{
    DeleteConversation, ExportConversation, ExportFormat, GetConversation, GetOutput, GiveFeedback, ListConversations,
    Operation, OperationFrame, Rating, RenameConversation, SearchConversations,
};
#[cfg(feature = "schema")]
pub(super) use send::Send;
pub use send::SendFrame;
pub use text_part::TextPartFrame;

/// A frame of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientFrame {
    /// Start a turn.
    Send(SendFrame),
    /// Answer the open calls of a reply.
    Answer(AnswerFrame),
    /// Store a part of the text with which a turn is going to start.
    TextPart(TextPartFrame),
    /// Subscribe to the running turn of a conversation.
    Resume(ResumeFrame),
    /// Stop the turn that a request of this connection started or resumed.
    Abort {
        /// That request.
        request_id: RequestId,
    },
    /// Perform an operation, and answer with its result.
    Operation(OperationFrame),
    /// Answer, so that the client knows that the connection is alive.
    Ping {
        /// Repeated in the answer.
        request_id: RequestId,
    },
}

/// `resume`: subscribe to the running turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeFrame {
    /// Repeated in every frame of the answer.
    pub request_id: RequestId,
    /// The conversation.
    pub conversation_id: ConversationId,
}

/// A rejected frame, and the request that the error belongs to, if it is readable.
#[derive(Debug)]
pub struct InvalidFrame {
    /// The request that the client waits for, as the client wrote it: it may be the invalid field itself.
    pub request_id: Option<String>,
    /// The error. Its detail `field` names the invalid field, if it is one.
    pub error: ChatError,
}

impl ClientFrame {
    /// The request that the client waits for.
    pub fn request_id(&self) -> &RequestId {
        match self {
            ClientFrame::Send(SendFrame { request_id, .. })
            | ClientFrame::Answer(AnswerFrame { request_id, .. })
            | ClientFrame::TextPart(TextPartFrame { request_id, .. })
            | ClientFrame::Resume(ResumeFrame { request_id, .. })
            | ClientFrame::Operation(OperationFrame { request_id, .. })
            | ClientFrame::Abort { request_id }
            | ClientFrame::Ping { request_id } => request_id,
        }
    }

    /// The conversation in which a turn is started or resumed.
    pub fn conversation_id(&self) -> Option<&ConversationId> {
        match self {
            ClientFrame::Send(SendFrame { conversation_id, .. })
            | ClientFrame::Answer(AnswerFrame { conversation_id, .. })
            | ClientFrame::Resume(ResumeFrame { conversation_id, .. }) => Some(conversation_id),
            ClientFrame::TextPart(_)
            | ClientFrame::Operation(_)
            | ClientFrame::Abort { .. }
            | ClientFrame::Ping { .. } => None,
        }
    }

    /// Decodes a frame.
    ///
    /// # Errors
    /// Anything that is not a frame of the protocol, with the `requestId` if there is one, so that the client gets the
    /// error.
    pub fn decode(text: &str) -> Result<Self, InvalidFrame> {
        if text.len() > MESSAGE_BYTES {
            let error = ChatError::new(ErrorCode::MessageTooLarge).with_detail("limit", MESSAGE_BYTES);
            return Err(InvalidFrame { request_id: None, error });
        }
        let decoded = decode(text).or_else(|error| match replace_lone_surrogates(text) {
            Some(replaced) => decode(&replaced),
            None => Err(error),
        });
        decoded.map_err(|error| {
            let addressed = parse::<Address>(text).ok().map(|address| address.request_id);
            InvalidFrame { request_id: addressed.filter(|request| request.len() <= MAX_ID_BYTES), error }
        })
    }
}

fn decode(text: &str) -> Result<ClientFrame, ChatError> {
    // Clients write it first, so that it is found without reading the frame.
    let kind = match first_field("type", text) {
        Some(kind) => kind,
        None => parse::<Kind>(text)?.kind,
    };
    match kind.as_str() {
        "send" => send::decode(text).map(|sent| match sent {
            Sent::Message(send) => ClientFrame::Send(send),
            Sent::Answers(answers) => ClientFrame::Answer(answers),
        }),
        "text-part" => text_part::decode(text).map(ClientFrame::TextPart),
        "resume" => {
            let resume: Resume = parse(text)?;
            Ok(ClientFrame::Resume(ResumeFrame { request_id: resume.request_id, conversation_id: resume.id }))
        }
        "abort" => parse::<Addressed>(text).map(|frame| ClientFrame::Abort { request_id: frame.request_id }),
        "ping" => parse::<Addressed>(text).map(|frame| ClientFrame::Ping { request_id: frame.request_id }),
        kind => match Operation::decode(kind, text)? {
            Some(operation) => {
                let request_id = parse::<Addressed>(text)?.request_id;
                Ok(ClientFrame::Operation(OperationFrame { request_id, operation }))
            }
            None => {
                parse::<Kind>(text)?;
                Err(invalid_field("type", "this type of frame is not known"))
            }
        },
    }
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

/// A request without other fields.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub(in crate::protocol) struct Addressed {
    /// Repeated in the answer.
    request_id: RequestId,
}

/// A request to follow the running turn of a conversation.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub(in crate::protocol) struct Resume {
    /// Repeated in every frame of the answer.
    request_id: RequestId,
    /// The conversation.
    id: ConversationId,
}
