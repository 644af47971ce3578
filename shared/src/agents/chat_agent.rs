//! The agent that chats: instructions, memory and message become a prompt; deltas become the parts of a reply.

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
    /// An agent that gives the model these instructions before everything else. They may be empty.
    pub fn new(instructions: String) -> Self {
        Self { instructions, explains_failures: false }
    }

    /// The same agent, which tells why a model failed. For development: who chats there runs the service, too.
    pub fn explaining_failures(self, explains_failures: bool) -> Self {
        Self { explains_failures, ..self }
    }

    /// The prompt that asks for a reply to `text` after `context`, the earlier messages, oldest first.
    ///
    /// Providers refuse empty messages, which a reply that failed or was stopped early leaves behind: those are left out.
    /// What a model thought is never sent back to it, not even where it is stored as text.
    pub fn prompt(&self, context: &[Message], text: &str) -> Prompt {
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
            .map(|(role, content)| PromptMessage { role, content })
            .collect();
        Prompt { messages }
    }

    /// Writes what the model said into `reply`.
    pub fn write(&self, reply: &mut Reply, delta: Delta) {
        match delta {
            Delta::Retried(_) => {}
            Delta::ModelSelected(model) => reply.model = Some(model),
            Delta::Text(text) => reply.push_text(&text),
            Delta::Reasoning(text) => reply.push_reasoning(&text),
            Delta::Finish { reason, usage } => {
                reply.usage = usage;
                reply.ending = Some(Ending::Complete(reason));
            }
        }
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
