//! The chat agent: instructions, context and message become a prompt; deltas become the entries of a reply.

use crate::conversation::{Message, Role};
use crate::llm::{Delta, ModelError, Prompt, PromptMessage, PromptRole, without_thoughts};
use crate::reply::Reply;
use crate::turn::Ending;

/// An agent without tools.
#[derive(Debug, Clone)]
pub struct ChatAgent {
    instructions: String,
    explains_failures: bool,
}

impl ChatAgent {
    /// An agent that puts these instructions before everything else in a prompt. They may be empty.
    pub fn new(instructions: String) -> Self {
        Self { instructions, explains_failures: false }
    }

    /// The same agent, which explains why a model failed. For development, where the user runs the service.
    pub fn explaining_failures(self, explains_failures: bool) -> Self {
        Self { explains_failures, ..self }
    }

    /// The prompt that asks for a reply to `text` after `context`, the earlier messages, oldest first.
    ///
    /// Empty messages, which failed or stopped replies leave behind, are left out: providers reject them. Reasoning is
    /// never sent back to the model, not even if it is stored as text.
    pub fn prompt(&self, context: &[&Message], text: &str) -> Prompt {
        let instructions = (PromptRole::System, self.instructions.clone());
        let earlier = context.iter().map(|message| {
            let content = message.content();
            match message.role {
                Role::User => (PromptRole::User, content),
                Role::Assistant => (PromptRole::Assistant, without_thoughts(content)),
            }
        });
        let asked = (PromptRole::User, text.to_owned());
        let messages = std::iter::once(instructions)
            .chain(earlier)
            .chain(std::iter::once(asked))
            .filter(|(_, content)| !content.trim().is_empty())
            .map(|(role, content)| PromptMessage::text(role, content))
            .collect();
        Prompt { messages, ..Prompt::default() }
    }

    /// The ending of a reply whose model has failed.
    pub fn fail(&self, reply: &mut Reply, error: &ModelError) -> Ending {
        match error {
            ModelError::BrokenOff(_) => Ending::Interrupted,
            error => {
                reply.explanation = error.explanation(self.explains_failures);
                Ending::Failed(error.code())
            }
        }
    }
}

/// Applies a delta to `reply`. Returns how the reply has ended, if it was the last.
pub fn apply(delta: Delta, reply: &mut Reply) -> Option<Ending> {
    match delta {
        Delta::Text(text) => reply.push_text(&text),
        Delta::Reasoning(text) => reply.push_reasoning(&text),
        // An agent without tools offers none and goes on with no reasoning.
        Delta::ProviderData(_) | Delta::ToolStart { .. } | Delta::ToolInput(_) => {}
        Delta::Finish { reason, usage } => {
            reply.usage = usage;
            return Some(Ending::Complete(reason));
        }
    }
    None
}
