//! Makes a prompt that the strictest server accepts: user and model alternate, and no message is empty.

use super::{Prompt, PromptMessage, PromptRole};

/// A prompt in which user and model alternate, the user first.
#[derive(Default, Clone, PartialEq, Eq)]
pub struct Dialogue {
    /// The instructions, if there are any.
    pub instructions: Option<String>,
    /// Alternating, none of them empty.
    pub messages: Vec<PromptMessage>,
}

impl Dialogue {
    /// Repairs what some servers reject: empty messages are left out, neighbours of the same role are joined, and a
    /// reply whose question is missing is dropped. A window of the past may begin with such a reply.
    pub fn of(prompt: Prompt) -> Self {
        let mut dialogue = Self::default();
        for message in prompt.messages {
            let spoken = message.content.trim();
            match (message.role, dialogue.messages.last_mut()) {
                _ if spoken.is_empty() => {}
                (PromptRole::System, _) => match &mut dialogue.instructions {
                    Some(instructions) => append(instructions, spoken),
                    None => dialogue.instructions = Some(spoken.to_owned()),
                },
                (PromptRole::Assistant, None) => {}
                (role, Some(last)) if last.role == role => append(&mut last.content, spoken),
                _ => dialogue.messages.push(message),
            }
        }
        dialogue
    }

    /// The messages as JSON needs them: the name of the role, and the content.
    pub fn turns(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.messages.iter().map(|message| {
            let role = if message.role == PromptRole::Assistant { "assistant" } else { "user" };
            (role, message.content.as_str())
        })
    }

    /// The same for a model without a system role: the instructions are put before the first message.
    pub fn without_instructions(&self) -> Self {
        let mut dialogue = self.clone();
        match (dialogue.instructions.take(), dialogue.messages.first_mut()) {
            (Some(mut instructions), Some(first)) => {
                append(&mut instructions, &first.content);
                first.content = instructions;
            }
            (instructions, _) => {
                let message = |content| PromptMessage { role: PromptRole::User, content };
                dialogue.messages.extend(instructions.map(message));
            }
        }
        dialogue
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
    fn instructions_are_separate() {
        let dialogue = dialogue([(System, "Be kind."), (User, "Hello"), (System, "Be brief.")]);
        assert_eq!(dialogue.instructions.as_deref(), Some("Be kind.\n\nBe brief."));
        assert_eq!(spoken(&dialogue), [(User, "Hello")]);
    }

    #[test]
    fn instructions_that_may_not_be_apart_stand_before_the_first_message() {
        let apart = dialogue([(System, "Be kind."), (User, "Hello"), (Assistant, "Hi."), (User, "Go on.")]);
        let together = apart.without_instructions();
        assert_eq!(together.instructions, None);
        assert_eq!(spoken(&together), [(User, "Be kind.\n\nHello"), (Assistant, "Hi."), (User, "Go on.")]);
    }

    #[test]
    fn neighbours_of_the_same_role_become_one() {
        let dialogue = dialogue([(User, "Hello"), (User, "Anyone?"), (Assistant, "Yes."), (User, "Good.")]);
        assert_eq!(spoken(&dialogue), [(User, "Hello\n\nAnyone?"), (Assistant, "Yes."), (User, "Good.")]);
    }

    #[test]
    fn empty_messages_are_left_out_and_what_they_parted_is_joined() {
        let dialogue = dialogue([(User, "Hello"), (Assistant, " \n"), (User, "Anyone?")]);
        assert_eq!(spoken(&dialogue), [(User, "Hello\n\nAnyone?")]);
    }

    #[test]
    fn the_user_speaks_first() {
        let dialogue = dialogue([(System, "Be kind."), (Assistant, "As I said."), (User, "Go on.")]);
        assert_eq!(spoken(&dialogue), [(User, "Go on.")]);
    }

    fn dialogue<const N: usize>(messages: [(PromptRole, &str); N]) -> Dialogue {
        let message = |(role, content): (PromptRole, &str)| PromptMessage { role, content: content.to_owned() };
        Dialogue::of(Prompt { messages: messages.map(message).into() })
    }

    fn spoken(dialogue: &Dialogue) -> Vec<(PromptRole, &str)> {
        dialogue.messages.iter().map(|message| (message.role, message.content.as_str())).collect()
    }
}
