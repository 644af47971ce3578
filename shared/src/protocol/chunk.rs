//! The chunks of which a client assembles a message: the AI SDK's `UIMessageChunk`.

use serde::Serialize;

use crate::conversation::{Timings, Usage};
use crate::turn::FinishReason;

/// Whether a part is an answer or the thoughts before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// Shown as the reply.
    Text,
    /// Shown apart.
    Reasoning,
}

/// One step in the assembly of a message. The stock client refuses `null`: what is absent is left out.
#[derive(derive_more::Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Chunk<'a> {
    /// The message begins. The same id in a replay makes the client replace what it has.
    Start {
        /// The reply's id.
        message_id: &'a str,
    },
    /// A part of text begins.
    TextStart {
        /// The part's number in the message.
        id: &'a str,
    },
    /// More text.
    TextDelta {
        /// The part's number in the message.
        id: &'a str,
        /// What is added.
        #[debug("{} bytes", delta.len())]
        delta: &'a str,
    },
    /// A part of text is whole.
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
        /// What is added.
        #[debug("{} bytes", delta.len())]
        delta: &'a str,
    },
    /// A part of reasoning is whole.
    ReasoningEnd {
        /// The part's number in the message.
        id: &'a str,
    },
    /// The message is whole.
    Finish {
        /// Why the model stopped.
        finish_reason: FinishReason,
        /// What it took.
        message_metadata: &'a ReplyMetadata,
    },
    /// The user stopped the message.
    Abort {
        /// In a word.
        reason: &'a str,
    },
}

impl<'a> Chunk<'a> {
    /// The beginning of a part.
    pub fn part_start(kind: PartKind, id: &'a str) -> Self {
        match kind {
            PartKind::Text => Chunk::TextStart { id },
            PartKind::Reasoning => Chunk::ReasoningStart { id },
        }
    }

    /// More of a part.
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

/// What is known of a reply at its end.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ReplyMetadata {
    /// The model that wrote the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What the model counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// What it cost, in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// How long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timings: Option<Timings>,
}
