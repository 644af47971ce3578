//! The log of a message: the entries of which it consists, in the order in which they were written.
//!
//! A log only grows at its end, so a position in it stays valid, and it can be stored, streamed and read in pieces. The parts that a
//! client shows are folded from it.

use super::source::Source;
use super::tool_call::{CallId, Execution, Outcome};
use super::usage::Usage;

/// An entry of a message's log.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A model call starts. A reply of an agent without tools has neither this nor its end.
    StepStart,
    /// The model's reasoning before its answer. Grows. Shown separately.
    Reasoning {
        /// The reasoning so far.
        #[debug("{} bytes", text.len())]
        text: String,
    },
    /// Data of a provider about the reasoning before it, such as its signature. Returned only to the model that made it.
    ProviderData {
        /// The model.
        model: String,
        /// JSON.
        #[debug("{} bytes", data.len())]
        data: String,
    },
    /// Text of the answer, or of the user's message. Grows.
    Text {
        /// The text so far.
        #[debug("{} bytes", text.len())]
        text: String,
    },
    /// A web page that the answer cites. Each page once in a message.
    Source {
        /// The page.
        source: Source,
    },
    /// The model has begun to write the arguments of a call.
    ToolStart {
        /// The call.
        call: CallId,
        /// The tool's name.
        tool: String,
    },
    /// A call that the model asks for.
    ToolCall {
        /// The call.
        call: CallId,
        /// The tool's name.
        tool: String,
        /// The arguments: JSON, if the model wrote valid JSON.
        #[debug("{} bytes", input.len())]
        input: String,
        /// Who executes it.
        execution: Execution,
    },
    /// A model call has ended. Its calls are in the log, and stored, before one of them is executed.
    StepEnd {
        /// The model.
        model: Option<String>,
        /// Its token counts.
        usage: Option<Usage>,
    },
    /// The user is asked whether a call may be executed.
    ApprovalRequest {
        /// The call.
        call: CallId,
    },
    /// The user has answered.
    ApprovalResponse {
        /// The call.
        call: CallId,
        /// Whether it may be executed.
        approved: bool,
        /// The user's reason.
        #[debug("{:?} bytes", reason.as_ref().map(String::len))]
        reason: Option<String>,
    },
    /// A call is about to be executed by the server. Stored before the tool is invoked.
    CallStarted {
        /// The call.
        call: CallId,
    },
    /// A call has ended.
    ToolOutput {
        /// The call.
        call: CallId,
        /// The tool's name.
        tool: String,
        /// How it ended.
        outcome: Outcome,
    },
}

impl Entry {
    /// The text of an entry that grows; empty for the others.
    pub fn text(&self) -> &str {
        match self {
            Entry::Reasoning { text } | Entry::Text { text } => text,
            _ => "",
        }
    }

    /// Whether it can be appended to, and split between two characters. The others are atomic.
    pub fn grows(&self) -> bool {
        matches!(self, Entry::Reasoning { .. } | Entry::Text { .. })
    }

    /// Its length in the log: the bytes of what it contains, and at least 1 if it is atomic.
    pub fn size(&self) -> usize {
        match self {
            Entry::Reasoning { text } | Entry::Text { text } => text.len(),
            Entry::ProviderData { data, .. } => data.len().max(1),
            Entry::Source { source } => source.url().len() + source.title().map_or(0, str::len),
            Entry::ToolCall { input, .. } => input.len().max(1),
            Entry::ToolOutput { outcome, .. } => {
                (outcome.text.len() + outcome.shown.as_ref().map_or(0, String::len)).max(1)
            }
            Entry::ApprovalResponse { reason, .. } => reason.as_ref().map_or(1, |reason| reason.len().max(1)),
            Entry::StepStart
            | Entry::StepEnd { .. }
            | Entry::ToolStart { .. }
            | Entry::ApprovalRequest { .. }
            | Entry::CallStarted { .. } => 1,
        }
    }

    /// The largest offset up to this one at which it can be split: at its ends, if it is atomic.
    pub fn floor(&self, offset: usize) -> usize {
        match self.grows() {
            true => self.text().floor_char_boundary(offset),
            false if offset < self.size() => 0,
            false => self.size(),
        }
    }

    /// The piece between two offsets, each rounded down to where it can be split; `None` if it is empty.
    pub fn between(&self, start: usize, end: usize) -> Option<Entry> {
        let (start, end) = (self.floor(start), self.floor(end));
        let text = || self.text()[start..end].to_owned();
        (start < end).then(|| match self {
            Entry::Reasoning { .. } => Entry::Reasoning { text: text() },
            Entry::Text { .. } => Entry::Text { text: text() },
            atomic => atomic.clone(),
        })
    }
}
