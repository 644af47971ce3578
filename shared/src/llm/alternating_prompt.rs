//! Makes a prompt that the strictest server accepts: user and model alternate, no message is empty, and every call has
//! its result.

use super::calls_as_text::calls_as_text;
use super::paired_calls::paired;
use super::{Prompt, PromptMessage, PromptPart, PromptRole, ToolChoice, ToolDefinition, ToolResultContent};
use crate::conversation::ReasoningEffort;

/// A prompt in which user and model alternate, the user first.
#[derive(Default, Clone, PartialEq, Eq)]
pub struct AlternatingPrompt {
    /// The instructions, if there are any.
    pub instructions: Option<String>,
    /// Alternating, none of them empty. Every call is followed by its result, first in the message behind it.
    pub messages: Vec<PromptMessage>,
    /// What the model may call.
    pub tools: Vec<ToolDefinition>,
    /// Whether it calls any.
    pub tool_choice: ToolChoice,
    /// How long the model reasons.
    pub reasoning_effort: Option<ReasoningEffort>,
}

impl AlternatingPrompt {
    /// Repairs what some servers reject: empty messages are left out, neighbours of the same role are joined, and a
    /// reply whose question is missing is dropped. A window of the past may begin with such a reply. Calls and results
    /// are paired; without tools, they become text.
    pub fn of(prompt: Prompt) -> Self {
        let Prompt { messages, tools, tool_choice, reasoning_effort } = prompt;
        let mut alternating = Self { tools, tool_choice, reasoning_effort, ..Self::default() };
        for mut message in messages {
            message.parts.retain(|part| !part.is_blank());
            match (message.role, alternating.messages.last_mut()) {
                _ if message.parts.is_empty() => {}
                (PromptRole::System, _) => match &mut alternating.instructions {
                    Some(instructions) => append(instructions, message.content().trim()),
                    None => alternating.instructions = Some(message.content().trim().to_owned()),
                },
                (PromptRole::Assistant, None) => {}
                (role, Some(last)) if last.role == role && !(role == PromptRole::Assistant && last.has_calls()) => {
                    last.append(message.parts);
                }
                _ => alternating.messages.push(message),
            }
        }
        if alternating.messages.iter().any(PromptMessage::has_more_than_text) {
            alternating.messages = paired(alternating.messages);
            if alternating.tools.is_empty() {
                alternating.messages = calls_as_text(&alternating.messages);
            }
        }
        alternating
    }

    /// The same without tools: earlier calls and their results become text.
    pub fn without_tools(&self) -> Self {
        let (instructions, reasoning_effort) = (self.instructions.clone(), self.reasoning_effort);
        Self { instructions, messages: calls_as_text(&self.messages), reasoning_effort, ..Self::default() }
    }

    /// Whether a result has a picture.
    pub fn has_pictures(&self) -> bool {
        let parts = self.messages.iter().flat_map(|message| &message.parts);
        parts.into_iter().any(|part| matches!(part, PromptPart::ToolResult { output, .. } if output.has_pictures()))
    }

    /// The same with a remark in place of each picture.
    pub fn without_pictures(&self) -> Self {
        let mut prompt = self.clone();
        for part in prompt.messages.iter_mut().flat_map(|message| &mut message.parts) {
            if let PromptPart::ToolResult { output, .. } = part
                && output.has_pictures()
            {
                *output = ToolResultContent::Text(output.to_text());
            }
        }
        prompt
    }

    /// The same for a model without a system role: the instructions are put before the first message.
    pub fn without_instructions(&self) -> Self {
        let mut prompt = self.clone();
        if let Some(instructions) = prompt.instructions.take() {
            match prompt.messages.first_mut() {
                Some(first) => first.parts.insert(0, PromptPart::Text(instructions)),
                None => prompt.messages.push(PromptMessage::text(PromptRole::User, instructions)),
            }
        }
        prompt
    }
}

fn append(text: &mut String, more: &str) {
    text.push_str("\n\n");
    text.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;
    use PromptRole::{Assistant, System, User};

    #[test]
    fn instructions_are_kept_apart() {
        let prompt = alternating([(System, "Be kind."), (User, "Hello"), (System, "Be brief.")]);
        assert_eq!(prompt.instructions.as_deref(), Some("Be kind.\n\nBe brief."));
        assert_messages(&prompt, &[(User, "Hello")]);
    }

    #[test]
    fn instructions_that_may_not_be_apart_stand_before_the_first_message() {
        let apart = alternating([(System, "Be kind."), (User, "Hello"), (Assistant, "Hi."), (User, "Go on.")]);
        let together = apart.without_instructions();
        assert_eq!(together.instructions, None);
        assert_messages(&together, &[(User, "Be kind.\n\nHello"), (Assistant, "Hi."), (User, "Go on.")]);
    }

    #[test]
    fn space_around_instructions_and_joined_messages_is_left_out() {
        let prompt =
            alternating([(System, " Be kind.\n"), (User, "Hello"), (User, "\nAnyone? "), (System, "Be brief.\n")]);
        assert_eq!(prompt.instructions.as_deref(), Some("Be kind.\n\nBe brief."));
        assert_messages(&prompt, &[(User, "Hello\n\nAnyone?")]);
    }

    #[test]
    fn neighbours_of_the_same_role_become_one() {
        let prompt = alternating([(User, "Hello"), (User, "Anyone?"), (Assistant, "Yes."), (User, "Good.")]);
        assert_messages(&prompt, &[(User, "Hello\n\nAnyone?"), (Assistant, "Yes."), (User, "Good.")]);
    }

    #[test]
    fn empty_messages_are_left_out_and_what_they_parted_is_joined() {
        let prompt = alternating([(User, "Hello"), (Assistant, " \n"), (User, "Anyone?")]);
        assert_messages(&prompt, &[(User, "Hello\n\nAnyone?")]);
    }

    #[test]
    fn the_person_speaks_first() {
        let prompt = alternating([(System, "Be kind."), (Assistant, "As I said."), (User, "Go on.")]);
        assert_messages(&prompt, &[(User, "Go on.")]);
    }

    fn alternating<const N: usize>(messages: [(PromptRole, &str); N]) -> AlternatingPrompt {
        let message = |(role, content): (PromptRole, &str)| PromptMessage::text(role, content);
        AlternatingPrompt::of(Prompt { messages: messages.map(message).into(), ..Prompt::default() })
    }

    fn assert_messages(prompt: &AlternatingPrompt, expected: &[(PromptRole, &str)]) {
        let contents: Vec<_> = prompt.messages.iter().map(|message| (message.role, message.content())).collect();
        let contents: Vec<_> = contents.iter().map(|(role, content)| (*role, content.as_ref())).collect();
        assert_eq!(contents, expected);
    }
}
