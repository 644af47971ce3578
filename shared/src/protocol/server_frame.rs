//! Frames that the server sends.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Chunk, OperationResult};
use crate::conversation::millis;
use crate::error::ChatError;

/// The `requestId` of a frame that answers no request.
const NO_REQUEST: &str = "-";

/// Most frames contain a few words and are no longer.
const USUAL_BYTES: usize = 256;

/// A frame for a client. The stock client rejects `null`: absent fields are left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum ServerFrame<'a> {
    /// The first answer to a `resume` that found a running turn.
    Start {
        /// The request that is answered.
        request_id: &'a str,
    },
    /// A chunk of the reply.
    Chunk {
        /// The request that is answered.
        request_id: &'a str,
        /// 0, 1, 2 … for each request, without gaps.
        sequence: u64,
        /// The chunk.
        chunk: Chunk<'a>,
    },
    /// The reply has ended; nothing follows for this request.
    End {
        /// The request that is answered.
        request_id: &'a str,
    },
    /// The request has failed; nothing follows for it.
    Error {
        /// The request that is answered.
        request_id: &'a str,
        /// For programs.
        code: crate::error::ErrorCode,
        /// One sentence for a user.
        error_text: &'a str,
        /// When to retry, in milliseconds.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
        /// Details that a program needs to act on it.
        #[serde(skip_serializing_if = "Map::is_empty")]
        #[cfg_attr(feature = "schema", ts(optional, type = "Record<string, unknown>"))]
        details: &'a Map<String, Value>,
    },
    /// There is no turn to resume.
    NoActive {
        /// The request that is answered.
        request_id: &'a str,
    },
    /// The result of an operation; nothing follows for this request.
    Result {
        /// The request that is answered.
        request_id: &'a str,
        /// The result.
        data: &'a OperationResult,
    },
    /// A notification that no request asked for.
    Notice {
        /// Always `-`: the stock client ignores unknown requests, which makes this a safe channel.
        request_id: &'a str,
        /// The notification.
        #[serde(flatten)]
        notice: Notice<'a>,
    },
    /// The answer to a `ping`.
    Pong {
        /// The request that is answered.
        request_id: &'a str,
    },
}

/// A notification that a client did not ask for.
#[derive(derive_more::Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(tag = "notice", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Notice<'a> {
    /// A reply that was requested elsewhere is being written in a conversation. A client that shows the conversation
    /// resumes it.
    TurnStarted {
        /// The conversation.
        id: &'a str,
        /// The reply.
        message_id: &'a str,
    },
    /// A reply waits for the user: for an approval, or an answer.
    TurnWaiting {
        /// The conversation.
        id: &'a str,
        /// The reply.
        message_id: &'a str,
    },
    /// A conversation has a new title.
    TitleChanged {
        /// The conversation.
        id: &'a str,
        /// The title.
        #[debug("{} bytes", title.len())]
        title: &'a str,
    },
    /// A conversation was deleted.
    ConversationDeleted {
        /// The conversation.
        id: &'a str,
    },
    /// The connection will be closed soon: open another one. Turns go on and can be resumed.
    Reconnect,
}

impl<'a> ServerFrame<'a> {
    /// The frame that carries `notice`.
    pub fn notice(notice: Notice<'a>) -> Self {
        ServerFrame::Notice { request_id: NO_REQUEST, notice }
    }

    /// The frame for `error`.
    pub fn error(request_id: Option<&'a str>, error: &'a ChatError) -> Self {
        ServerFrame::Error {
            request_id: request_id.unwrap_or(NO_REQUEST),
            code: error.code,
            error_text: &error.sentence,
            retry_after_ms: error.retry_after.map(millis),
            details: &error.details,
        }
    }

    /// The frame as JSON.
    pub fn encode(&self) -> Bytes {
        // Strings, numbers and maps with string keys: serialising them cannot fail.
        let mut json = Vec::with_capacity(USUAL_BYTES);
        let written = serde_json::to_writer(&mut json, self);
        written.map(|()| json.into()).unwrap_or_default()
    }
}
