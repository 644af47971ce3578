//! Pairs tool calls and results as all providers require it: each call is followed at once by one result, and ids, names
//! and arguments are valid.

use serde_json::{Map, Value, json};

use super::prompt::add_message;
use super::{PromptMessage, PromptPart, PromptRole, ToolResultContent, ToolResultPart};

/// The longest name of a tool that providers accept.
const MAX_NAME: usize = 64;

/// The messages with each call paired: a missing result is synthesized as an error, and one without a call is dropped.
/// Results come first in their message, in the order of their calls.
pub fn paired(messages: Vec<PromptMessage>) -> Vec<PromptMessage> {
    let (mut pairs, mut calls) = (Pairs::default(), 0_usize);
    for message in messages {
        let mut parts = message.parts;
        if message.role == PromptRole::Assistant {
            pairs.answer(&mut Vec::new());
            for part in &mut parts {
                if let PromptPart::ToolCall { call, tool, input } = part {
                    calls = calls.saturating_add(1);
                    let known = std::mem::replace(call, call_id(calls));
                    *tool = name(tool);
                    *input = object(input.take());
                    pairs.open.push((known, call.clone(), tool.clone()));
                }
            }
            parts.retain(|part| !matches!(part, PromptPart::ToolResult { .. }));
        } else {
            pairs.answer(&mut parts);
            parts.retain(|part| matches!(part, PromptPart::Text(_)));
        }
        add_message(&mut pairs.messages, message.role, parts);
    }
    pairs.answer(&mut Vec::new());
    pairs.messages
}

#[derive(Default)]
struct Pairs {
    messages: Vec<PromptMessage>,
    // The calls without a result so far: their ids, the new ones, and the tools.
    open: Vec<(String, String, String)>,
}

impl Pairs {
    // Moves the results of the open calls from these parts to the messages.
    fn answer(&mut self, parts: &mut Vec<PromptPart>) {
        let results = std::mem::take(&mut self.open).into_iter().map(|(known, id, name)| {
            let is_its = |part: &PromptPart| matches!(part, PromptPart::ToolResult { call, .. } if *call == known);
            match parts.iter().position(is_its).map(|place| parts.remove(place)) {
                Some(PromptPart::ToolResult { output, is_error, .. }) => {
                    let output = if output.is_blank() { text("The tool returned nothing.") } else { output };
                    PromptPart::ToolResult { call: id, tool: name, output: readable(output), is_error }
                }
                _ => {
                    let output = text("The call was not answered.");
                    PromptPart::ToolResult { call: id, tool: name, output, is_error: true }
                }
            }
        });
        let results = results.collect();
        add_message(&mut self.messages, PromptRole::User, results);
    }
}

fn text(words: &str) -> ToolResultContent {
    ToolResultContent::Text(words.to_owned())
}

// Providers reject blank texts.
fn readable(output: ToolResultContent) -> ToolResultContent {
    match output {
        ToolResultContent::Parts(mut parts) => {
            parts.retain(|part| !matches!(part, ToolResultPart::Text(text) if text.trim().is_empty()));
            ToolResultContent::Parts(parts)
        }
        other => other,
    }
}

// Mistral requires nine letters or digits.
fn call_id(number: usize) -> String {
    format!("call{number:05}")
}

// A model may have called a tool by a name that no tool can have.
fn name(tool: &str) -> String {
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    let name: String =
        tool.chars().take(MAX_NAME).map(|character| if allowed(character) { character } else { '_' }).collect();
    if name.is_empty() { "unknown".to_owned() } else { name }
}

// Providers reject arguments that are no object.
fn object(input: Value) -> Value {
    match input {
        Value::Object(_) => input,
        Value::Null => Value::Object(Map::new()),
        other => json!({ "input": other }),
    }
}

#[cfg(test)]
mod tests {
    use super::PromptRole::{Assistant, User};
    use super::*;

    #[test]
    fn every_call_is_followed_by_its_result() {
        for (what, messages, expected) in [
            (
                "in another order, behind words",
                vec![
                    (Assistant, vec![call("b"), call("a")]),
                    (User, vec![say("Hm."), result("a", "A"), result("b", "B")]),
                ],
                "call00001 call00002 | call00001=B call00002=A Hm.",
            ),
            ("none at all", vec![(Assistant, vec![say("Yes."), call("a")])], "Yes. call00001 | call00001!"),
            (
                "the next question instead",
                vec![(Assistant, vec![call("a")]), (User, vec![say("Hello?")])],
                "call00001 | call00001! Hello?",
            ),
            (
                "another answer instead",
                vec![(Assistant, vec![call("a")]), (Assistant, vec![say("4")])],
                "call00001 | call00001! | 4",
            ),
            (
                "a result without its call, and nothing but that",
                vec![(Assistant, vec![say("3")]), (User, vec![result("a", "A")]), (Assistant, vec![say("4")])],
                "3 4",
            ),
            (
                "two results for a call, and one too late",
                vec![
                    (Assistant, vec![call("a")]),
                    (User, vec![result("a", "A"), result("a", "B")]),
                    (Assistant, vec![say("4")]),
                    (User, vec![result("a", "C"), say("Go on.")]),
                ],
                "call00001 | call00001=A | 4 | Go on.",
            ),
            (
                "the same id for two calls",
                vec![(Assistant, vec![call("a"), call("a")]), (User, vec![result("a", "A"), result("a", "B")])],
                "call00001 call00002 | call00001=A call00002=B",
            ),
            (
                "two steps",
                vec![
                    (Assistant, vec![call("a")]),
                    (User, vec![result("a", "A")]),
                    (Assistant, vec![call("a")]),
                    (User, vec![result("a", " \n")]),
                ],
                "call00001 | call00001=A | call00002 | call00002=The tool returned nothing.",
            ),
        ] {
            assert_eq!(shown(&paired(of(messages))), expected, "{what}");
        }
    }

    #[test]
    fn names_and_arguments_are_made_valid() {
        for (tool, input, expected_tool, expected_input) in [
            ("weather", json!({"city": "Rome"}), "weather", json!({"city": "Rome"})),
            ("functions.weather!", json!(null), "functions_weather_", json!({})),
            ("", json!("{\"city\":"), "unknown", json!({"input": "{\"city\":"})),
            ("é", json!([1]), "_", json!({"input": [1]})),
        ] {
            let part = PromptPart::ToolCall { call: "a".to_owned(), tool: tool.to_owned(), input };
            let messages = paired(of(vec![(Assistant, vec![part])]));
            let PromptPart::ToolCall { tool, input, .. } = &messages[0].parts[0] else { panic!("{messages:?}") };
            assert_eq!((tool.as_str(), input), (expected_tool, &expected_input));
            assert!(matches!(&messages[1].parts[0], PromptPart::ToolResult { tool, .. } if tool == expected_tool));
        }
    }

    fn of(messages: Vec<(PromptRole, Vec<PromptPart>)>) -> Vec<PromptMessage> {
        messages.into_iter().map(|(role, parts)| PromptMessage { role, parts }).collect()
    }

    fn say(words: &str) -> PromptPart {
        PromptPart::Text(words.to_owned())
    }

    fn call(call: &str) -> PromptPart {
        let input = json!({"city": "Rome"});
        PromptPart::ToolCall { call: call.to_owned(), tool: "weather".to_owned(), input }
    }

    fn result(call: &str, words: &str) -> PromptPart {
        let (call, tool) = (call.to_owned(), "weather".to_owned());
        PromptPart::ToolResult { call, tool, output: text(words), is_error: false }
    }

    fn shown(messages: &[PromptMessage]) -> String {
        let part = |part: &PromptPart| match part {
            PromptPart::Text(text) => text.clone(),
            PromptPart::Reasoning { text, .. } => format!("({text})"),
            PromptPart::ToolCall { call, .. } => call.clone(),
            PromptPart::ToolResult { call, is_error: true, .. } => format!("{call}!"),
            PromptPart::ToolResult { call, output, .. } => format!("{call}={}", output.to_text()),
        };
        let message = |message: &PromptMessage| message.parts.iter().map(part).collect::<Vec<_>>().join(" ");
        messages.iter().map(message).collect::<Vec<_>>().join(" | ")
    }
}
