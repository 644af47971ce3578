//! A call of a tool as a part of a message.

use serde::Serialize;
use serde_json::Value;

use super::tool_value::{shown_input, shown_output, shown_sentence};
use crate::conversation::{Entry, Execution, Outcome, OutcomeKind};

/// A call of a tool, in the AI SDK's format.
#[derive(derive_more::Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ToolPart {
    /// `tool-` and the tool's name.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "schema", ts(type = "`tool-${string}`"))]
    pub kind: String,
    /// The call.
    pub tool_call_id: String,
    /// How far it is.
    pub state: ToolState,
    /// The arguments; a text if they are not JSON, or too long.
    #[debug("{} bytes", input.to_string().len())]
    #[cfg_attr(feature = "schema", ts(type = "unknown"))]
    pub input: Value,
    /// The output, in the state `output-available`; a text if it is too long.
    #[debug("{:?} bytes", output.as_ref().map(|output| output.to_string().len()))]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional, type = "unknown"))]
    pub output: Option<Value>,
    /// What went wrong, in the state `output-error`.
    #[debug("{:?} bytes", error_text.as_ref().map(String::len))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_text: Option<String>,
    /// The request for approval, if the call needs one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ToolApproval>,
    /// The server executes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_executed: Option<bool>,
}

/// The state of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum ToolState {
    /// The model writes its arguments.
    InputStreaming,
    /// It is complete.
    InputAvailable,
    /// The user is asked whether it may be executed.
    ApprovalRequested,
    /// The user has answered.
    ApprovalResponded,
    /// It has an output.
    OutputAvailable,
    /// It has failed.
    OutputError,
    /// The user has not allowed it.
    OutputDenied,
}

/// A request for approval, and the answer.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct ToolApproval {
    /// Names the request in the answer.
    pub id: String,
    /// The answer, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<bool>,
    /// The user's reason.
    #[debug("{:?} bytes", reason.as_ref().map(String::len))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl ToolPart {
    /// The part of the call that this entry is about. Of an entry in the middle of a call, which a page may begin with,
    /// it lacks what came before.
    pub fn beginning_with(entry: &Entry) -> Option<Self> {
        let (call, tool) = match entry {
            Entry::ToolStart { call, tool }
            | Entry::ToolCall { call, tool, .. }
            | Entry::ToolOutput { call, tool, .. } => (call, tool.as_str()),
            Entry::ApprovalRequest { call } | Entry::ApprovalResponse { call, .. } | Entry::CallStarted { call } => {
                (call, "")
            }
            _ => return None,
        };
        Some(Self {
            kind: format!("tool-{tool}"),
            tool_call_id: call.to_string(),
            state: ToolState::InputStreaming,
            input: Value::Null,
            output: None,
            error_text: None,
            approval: None,
            provider_executed: None,
        })
    }

    /// Adds an entry about this call.
    pub fn add(&mut self, entry: Entry) {
        match entry {
            Entry::ToolCall { input, execution, .. } => {
                self.state = ToolState::InputAvailable;
                self.input = shown_input(&input);
                self.provider_executed = (execution == Execution::Server).then_some(true);
            }
            Entry::ApprovalRequest { call } => {
                self.state = ToolState::ApprovalRequested;
                self.approval = Some(ToolApproval { id: call.to_string(), approved: None, reason: None });
            }
            Entry::ApprovalResponse { call, approved, reason } => {
                self.state = ToolState::ApprovalResponded;
                self.approval = Some(ToolApproval { id: call.to_string(), approved: Some(approved), reason });
                self.provider_executed = Some(true);
            }
            Entry::ToolOutput { tool, outcome, .. } => {
                self.kind = format!("tool-{tool}");
                self.end(&outcome);
            }
            _ => {}
        }
    }

    /// Ends a call that has no outcome, in a message to which nothing is added any more.
    pub fn break_off(&mut self) {
        match self.state {
            ToolState::OutputAvailable | ToolState::OutputError | ToolState::OutputDenied => {}
            _ => {
                self.state = ToolState::OutputError;
                self.error_text = Some("The call was broken off.".to_owned());
            }
        }
    }

    fn end(&mut self, outcome: &Outcome) {
        match outcome.kind {
            OutcomeKind::Text | OutcomeKind::Json | OutcomeKind::Parts => {
                self.state = ToolState::OutputAvailable;
                self.output = Some(shown_output(outcome));
            }
            OutcomeKind::Denied => self.state = ToolState::OutputDenied,
            OutcomeKind::Error | OutcomeKind::Unknown => {
                self.state = ToolState::OutputError;
                self.error_text = Some(shown_sentence(&outcome.text).into_owned());
            }
        }
    }
}
