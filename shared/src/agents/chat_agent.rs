//! The chat agent: instructions, context and message become a prompt; deltas become the entries of a reply.

use super::limits::StepLimits;
use super::reply_prompt::ReplyPrompt;
use crate::config::Skill;
use crate::conversation::{Entry, Message, ReasoningEffort, Role, content_of};
use crate::llm::{Delta, ModelError, Prompt, PromptMessage, PromptPart, PromptRole, ToolChoice, without_thoughts};
use crate::reply::Reply;
use crate::tools::{READ_SKILL, Toolbox, read_skill};
use crate::turn::Ending;

/// The most of an outcome that a model is told of replies of the past, in bytes.
pub const PAST_OUTCOME_BYTES: usize = 1_000;

/// The most of an outcome of a tool that there is no longer, in bytes.
const USUAL_OUTCOME_BYTES: usize = 16_000;

/// An agent: its instructions, and its tools.
#[derive(Debug, Clone)]
pub struct ChatAgent {
    instructions: String,
    explains_failures: bool,
    tools: Toolbox,
    limits: StepLimits,
    reasoning_effort: Option<ReasoningEffort>,
}

impl ChatAgent {
    /// An agent that puts these instructions before everything else in a prompt. They may be empty.
    pub fn new(instructions: String) -> Self {
        let (tools, limits) = (Toolbox::default(), StepLimits::default());
        Self { instructions, explains_failures: false, tools, limits, reasoning_effort: None }
    }

    /// The same agent, which explains why a model failed. For development, where the user runs the service.
    pub fn explaining_failures(self, explains_failures: bool) -> Self {
        Self { explains_failures, ..self }
    }

    /// The same agent with these tools.
    pub fn with_tools(self, tools: Toolbox) -> Self {
        Self { tools, ..self }
    }

    /// The same agent with these limits.
    pub fn with_limits(self, limits: StepLimits) -> Self {
        Self { limits, ..self }
    }

    /// The same agent with these skills: their names and what they are for are told with the instructions, and a tool
    /// reads them.
    pub fn with_skills(self, skills: &[Skill]) -> Self {
        if skills.is_empty() {
            return self;
        }
        let list: String = skills.iter().map(|skill| format!("\n- {}: {}", skill.name, skill.description)).collect();
        let instructions = format!(
            "{}\n\n# Skills\n\nRead a skill with {READ_SKILL} when it is about what you are asked:\n{list}",
            self.instructions
        );
        let texts = skills.iter().map(|skill| (skill.name.clone(), skill.text.clone()));
        Self { instructions, tools: self.tools.and(read_skill(texts)), ..self }
    }

    /// The same agent, whose models reason with this effort. `None` leaves it to them.
    pub fn with_reasoning_effort(self, reasoning_effort: Option<ReasoningEffort>) -> Self {
        Self { reasoning_effort, ..self }
    }

    /// The tools that its models may call.
    pub fn tools(&self) -> &Toolbox {
        &self.tools
    }

    /// The limits of one reply.
    pub fn limits(&self) -> StepLimits {
        self.limits
    }

    /// The prompt that asks for a reply to `text` after `context`, the earlier messages, oldest first.
    ///
    /// Empty messages, which failed or stopped replies leave behind, are left out: providers reject them. Reasoning is
    /// never sent back to the model, not even if it is stored as text.
    pub fn prompt(&self, context: &[&Message], text: &str) -> Prompt {
        let mut messages = vec![PromptMessage::text(PromptRole::System, self.instructions.clone())];
        for message in context {
            match message.role {
                Role::User => messages.push(PromptMessage::text(PromptRole::User, message.content())),
                Role::Assistant => self.tell(&message.entries, &mut messages),
            }
        }
        messages.push(PromptMessage::text(PromptRole::User, text));
        messages.retain(|message| !message.parts.iter().all(PromptPart::is_blank));
        Prompt {
            messages,
            tools: self.tools.definitions(),
            tool_choice: ToolChoice::Auto,
            reasoning_effort: self.reasoning_effort,
        }
    }

    /// The prompt by which `model` goes on with a reply: its `beginning`, and the reply so far.
    pub fn continued(&self, beginning: &Prompt, entries: &[Entry], model: &str, tool_choice: ToolChoice) -> Prompt {
        let outcome_bytes =
            |tool: &str| self.tools.get(tool).map_or(USUAL_OUTCOME_BYTES, |tool| tool.model_output_bytes);
        let said = ReplyPrompt { goes_on: Some(model), outcome_bytes: &outcome_bytes }.messages(entries);
        let messages = beginning.messages.iter().cloned().chain(said).collect();
        let reasoning_effort = self.reasoning_effort;
        Prompt { messages, tools: beginning.tools.clone(), tool_choice, reasoning_effort }
    }

    // A reply of the past. Of an agent without tools a model is told no calls, which a provider would reject.
    fn tell(&self, entries: &[Entry], messages: &mut Vec<PromptMessage>) {
        match self.tools.is_empty() {
            true => {
                let content = without_thoughts(content_of(entries));
                messages.push(PromptMessage::text(PromptRole::Assistant, content));
            }
            false => {
                let past = ReplyPrompt { goes_on: None, outcome_bytes: &|_| PAST_OUTCOME_BYTES };
                messages.extend(past.messages(entries));
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

/// Applies a delta to `reply`. Returns how the reply has ended, if it was the last.
pub fn apply(delta: Delta, reply: &mut Reply) -> Option<Ending> {
    match delta {
        Delta::Text(text) => reply.push_text(&text),
        Delta::Reasoning(text) => reply.push_reasoning(&text),
        Delta::Source(source) => reply.push_source(source),
        // An agent without tools offers none and goes on with no reasoning.
        Delta::ProviderData(_) | Delta::ToolStart { .. } | Delta::ToolInput(_) => {}
        Delta::Finish { reason, usage } => {
            reply.usage = usage;
            return Some(Ending::Complete(reason));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_of_an_agent_has_its_effort() {
        let effort = Some(ReasoningEffort::High);
        let agent = ChatAgent::new("Be kind.".to_owned()).with_reasoning_effort(effort);
        let beginning = agent.prompt(&[], "Hello");
        assert_eq!(beginning.reasoning_effort, effort);
        assert_eq!(agent.continued(&beginning, &[], "m", ToolChoice::Auto).reasoning_effort, effort);
        assert_eq!(ChatAgent::new(String::new()).prompt(&[], "Hello").reasoning_effort, None);
    }
}
