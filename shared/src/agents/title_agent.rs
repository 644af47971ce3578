//! The agent that names a conversation after its first exchange.

use crate::conversation::first_words;
use crate::llm::{Prompt, PromptMessage, PromptRole, without_thoughts};

/// How many characters of the question and of the reply the prompt includes.
const READ: usize = 600;

const INSTRUCTIONS: &str = "You name conversations. Answer with a title of two to six words for the conversation that \
     you are shown, in its language. No quotation marks, no full stop, nothing but the title. Do not answer the question in it.";

/// The prompt that asks for a title of the conversation that begins with `question` and `reply`.
pub fn title_prompt(question: &str, reply: &str) -> Prompt {
    let beginning = |text: &str| text.chars().take(READ).collect::<String>();
    let shown = format!("<question>\n{}\n</question>\n<answer>\n{}\n</answer>", beginning(question), beginning(reply));
    let messages =
        vec![PromptMessage::text(PromptRole::System, INSTRUCTIONS), PromptMessage::text(PromptRole::User, shown)];
    Prompt { messages, ..Prompt::default() }
}

/// Extracts the title from the model's answer: its first line with words after the reasoning, without decoration.
pub fn title_in(answer: &str) -> Option<String> {
    let decoration = |character: char| {
        character.is_whitespace()
            || matches!(character, '"' | '\'' | '“' | '”' | '„' | '«' | '»' | '*' | '#' | '`' | '.')
    };
    let answer = without_thoughts(answer.to_owned());
    let lines = answer.lines().map(|line| line.trim().trim_start_matches("Title:").trim_matches(decoration));
    lines.filter_map(first_words).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_taken_out_of_what_models_put_around_it() {
        for answer in
            ["Trees in Winter", "\"Trees in Winter\".", "\n## **Trees in Winter**\nmore", "Title: Trees in Winter"]
        {
            assert_eq!(title_in(answer).as_deref(), Some("Trees in Winter"), "{answer}");
        }
        assert_eq!(title_in(" \n\"\"\n"), None);
    }

    #[test]
    fn thoughts_are_no_title() {
        for answer in ["<think>\nTrees, then.\n</think>\n\nTrees in Winter", "Trees, then.\n</think>\nTrees in Winter"]
        {
            assert_eq!(title_in(answer).as_deref(), Some("Trees in Winter"), "{answer}");
        }
        assert_eq!(title_in("<think>\nTrees, then."), None);
    }
}
