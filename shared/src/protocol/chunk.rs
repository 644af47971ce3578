//! The chunks from which a client assembles a message: the AI SDK's `UIMessageChunk`.

use serde::Serialize;

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
