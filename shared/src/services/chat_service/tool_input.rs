//! The arguments of a tool call while the model writes them.

use std::collections::BTreeSet;

use crate::agents::ChatAgent;
use crate::conversation::{CallId, Entry, MAX_INPUT_BYTES};
use crate::reply::Reply;
use crate::turn::calls;

/// The arguments of a call that is being written.
pub(super) struct ToolInput {
    call: CallId,
    tool: String,
    text: String,
}

impl ToolInput {
    /// The model begins a call of this tool, which the log shows.
    pub(super) fn begin(tool: &str, reply: &mut Reply) -> Self {
        let call = CallId::new(&reply.message_id, calls(&reply.entries).len() + 1);
        let tool = tool_name(tool);
        reply.entries.push(Entry::ToolStart { call: call.clone(), tool: tool.clone() });
        Self { call, tool, text: String::new() }
    }

    /// Adds more of them. What is too long is refused once it is complete.
    pub(super) fn push(&mut self, more: &str) {
        if self.text.len() <= MAX_INPUT_BYTES {
            self.text.push_str(more);
        }
    }

    /// They are complete: the call is in the log, with who executes it.
    pub(super) fn complete(mut self, reply: &mut Reply, agent: &ChatAgent, allowed: &BTreeSet<String>) {
        let execution = agent.execution(&self.tool, &self.text, allowed);
        self.text.truncate(self.text.floor_char_boundary(MAX_INPUT_BYTES + 1));
        reply.entries.push(Entry::ToolCall { call: self.call, tool: self.tool, input: self.text, execution });
    }
}

/// The longest name of a tool that providers accept.
const MAX_NAME_BYTES: usize = 64;

// A name that a model has made up, in the form that providers accept in the next prompt.
fn tool_name(name: &str) -> String {
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    let name: String =
        name.chars().map(|other| if allowed(other) { other } else { '_' }).take(MAX_NAME_BYTES).collect();
    if name.is_empty() { "unnamed".to_owned() } else { name }
}
