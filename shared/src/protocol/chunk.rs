//! The chunks from which a client assembles a message: the AI SDK's `UIMessageChunk`.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::conversation::{Timings, Usage};
use crate::turn::FinishReason;

/// Whether a part is text of the answer or the reasoning before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// Shown as the reply.
    Text,
    /// Shown separately.
    Reasoning,
}

/// One step in assembling a message. The stock client rejects `null`: absent fields are left out.
#[derive(derive_more::Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Chunk<'a> {
    /// The message begins. The same id in a replay makes the client replace what it has.
    Start {
        /// The reply's id.
        message_id: &'a str,
    },
    /// A model call starts. Only in replies of several calls.
    StartStep,
    /// A part of text begins.
    TextStart {
        /// The part's number in the message.
        id: &'a str,
    },
    /// More text.
    TextDelta {
        /// The part's number in the message.
        id: &'a str,
        /// The added text.
        #[debug("{} bytes", delta.len())]
        delta: &'a str,
    },
    /// A part of text is complete.
    TextEnd {
        /// The part's number in the message.
        id: &'a str,
    },
    /// A part of reasoning begins.
    ReasoningStart {
        /// The part's number in the message.
        id: &'a str,
    },
    /// More reasoning.
    ReasoningDelta {
        /// The part's number in the message.
        id: &'a str,
        /// The added text.
        #[debug("{} bytes", delta.len())]
        delta: &'a str,
    },
    /// A part of reasoning is complete.
    ReasoningEnd {
        /// The part's number in the message.
        id: &'a str,
    },
    /// A web page that the answer cites. Each page once in a message.
    SourceUrl {
        /// The page's address, which identifies it in the message.
        #[debug("{} bytes", source_id.len())]
        source_id: &'a str,
        /// The page's address: `http` or `https`.
        #[debug("{} bytes", url.len())]
        url: &'a str,
        /// The page's title.
        #[debug("{:?} bytes", title.map(str::len))]
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(optional))]
        title: Option<&'a str>,
    },
    /// The model begins to write the arguments of a call.
    ToolInputStart {
        /// The call.
        tool_call_id: &'a str,
        /// The tool.
        tool_name: &'a str,
    },
    /// A call is complete.
    ToolInputAvailable {
        /// The call.
        tool_call_id: &'a str,
        /// The tool.
        tool_name: &'a str,
        /// The arguments; a text if they are not JSON, or too long for a frame.
        #[debug("{} bytes", input.to_string().len())]
        #[cfg_attr(feature = "schema", ts(type = "unknown"))]
        input: Value,
        /// True if the server executes it without asking. The stock client hands other calls to the page.
        #[serde(skip_serializing_if = "crate::serde_default::is_default")]
        #[cfg_attr(feature = "schema", schemars(with = "Option<bool>"), ts(optional, as = "Option<bool>"))]
        provider_executed: bool,
    },
    /// The user is asked whether a call may be executed.
    ToolApprovalRequest {
        /// Names the request in the answer.
        approval_id: &'a str,
        /// The call.
        tool_call_id: &'a str,
    },
    /// The user has answered.
    ToolApprovalResponse {
        /// The request.
        approval_id: &'a str,
        /// Whether the call may be executed.
        approved: bool,
        /// The user's reason.
        #[debug("{:?} bytes", reason.map(str::len))]
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(optional))]
        reason: Option<&'a str>,
        /// From now on the call is the server's.
        provider_executed: bool,
    },
    /// A call has an output.
    ToolOutputAvailable {
        /// The call.
        tool_call_id: &'a str,
        /// The output; a text if it is too long for a frame.
        #[debug("{} bytes", output.to_string().len())]
        #[cfg_attr(feature = "schema", ts(type = "unknown"))]
        output: Value,
    },
    /// A call has failed.
    ToolOutputError {
        /// The call.
        tool_call_id: &'a str,
        /// One sentence.
        #[debug("{} bytes", error_text.len())]
        error_text: Cow<'a, str>,
    },
    /// The user has not allowed a call.
    ToolOutputDenied {
        /// The call.
        tool_call_id: &'a str,
    },
    /// A model call has ended.
    FinishStep,
    /// The message is complete.
    Finish {
        /// Why the model stopped.
        finish_reason: FinishReason,
        /// The model, usage, cost and timings.
        message_metadata: &'a ReplyMetadata,
    },
    /// The user stopped the message, or it ended early.
    Abort {
        /// The reason, as one word.
        reason: &'a str,
    },
}

impl<'a> Chunk<'a> {
    /// The start of a part.
    pub fn part_start(kind: PartKind, id: &'a str) -> Self {
        match kind {
            PartKind::Text => Chunk::TextStart { id },
            PartKind::Reasoning => Chunk::ReasoningStart { id },
        }
    }

    /// A delta of a part.
    pub fn part_delta(kind: PartKind, id: &'a str, delta: &'a str) -> Self {
        match kind {
            PartKind::Text => Chunk::TextDelta { id, delta },
            PartKind::Reasoning => Chunk::ReasoningDelta { id, delta },
        }
    }

    /// The end of a part.
    pub fn part_end(kind: PartKind, id: &'a str) -> Self {
        match kind {
            PartKind::Text => Chunk::TextEnd { id },
            PartKind::Reasoning => Chunk::ReasoningEnd { id },
        }
    }
}

/// The metadata of a reply at its end.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ReplyMetadata {
    /// The model that wrote the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The model's token counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// The cost in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// How long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timings: Option<Timings>,
}
