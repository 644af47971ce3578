//! Tool calls and results as text, for a model without tools.

use std::collections::HashMap;

use serde_json::Value;

use super::prompt::add_message;
use super::{PromptMessage, PromptPart};

/// The messages with calls and results as text. Both are in the user's message, so that the model does not learn to
/// write calls as text.
pub fn calls_as_text(messages: &[PromptMessage]) -> Vec<PromptMessage> {
    let mut told = Vec::new();
    let mut inputs: HashMap<&str, &Value> = HashMap::new();
    for message in messages {
        let parts = message.parts.iter().filter_map(|part| match part {
            PromptPart::Text(text) => Some(PromptPart::Text(text.clone())),
            PromptPart::ToolCall { call, input, .. } => {
                inputs.insert(call, input);
                None
            }
            PromptPart::ToolResult { call, tool, output, is_error } => {
                let input = inputs.get(call.as_str()).map(ToString::to_string).unwrap_or_default();
                let has = if *is_error { "failed" } else { "returned" };
                Some(PromptPart::Text(format!("The tool {tool}, called with {input}, {has}:\n{}", output.to_text())))
            }
            PromptPart::Reasoning { .. } => None,
        });
        let parts = parts.collect();
        add_message(&mut told, message.role, parts);
    }
    told
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::llm::PromptRole::{Assistant, User};
    use crate::llm::{PromptRole, ToolResultContent};

    #[test]
    fn calls_and_results_are_text_of_the_user() {
        let messages = [
            message(User, vec![say("How warm?")]),
            message(
                Assistant,
                vec![PromptPart::Reasoning { text: "Hm.".to_owned(), data: None }, call("a"), call("b")],
            ),
            message(User, vec![result("a", "22", false), result("b", "No such city.", true), say("And?")]),
            message(Assistant, vec![say("22")]),
        ];
        let texts = calls_as_text(&messages);
        let contents: Vec<_> = texts.iter().map(|message| (message.role, message.content().into_owned())).collect();
        let question = "How warm?\n\nThe tool weather, called with {\"city\":\"Rome\"}, returned:\n22\n\n\
             The tool weather, called with {\"city\":\"Rome\"}, failed:\nNo such city.\n\nAnd?";
        assert_eq!(contents, [(User, question.to_owned()), (Assistant, "22".to_owned())]);
    }

    fn message(role: PromptRole, parts: Vec<PromptPart>) -> PromptMessage {
        PromptMessage { role, parts }
    }

    fn say(words: &str) -> PromptPart {
        PromptPart::Text(words.to_owned())
    }

    fn call(call: &str) -> PromptPart {
        let input = json!({"city": "Rome"});
        PromptPart::ToolCall { call: call.to_owned(), tool: "weather".to_owned(), input }
    }

    fn result(call: &str, words: &str, is_error: bool) -> PromptPart {
        let output = ToolResultContent::Text(words.to_owned());
        PromptPart::ToolResult { call: call.to_owned(), tool: "weather".to_owned(), output, is_error }
    }
}
