//! What a model is told of a reply: its log as messages of a prompt.

use serde_json::Value;

use crate::conversation::{Entry, Outcome, OutcomeKind};
use crate::llm::{PromptMessage, PromptPart, PromptRole, ToolResultContent, ToolResultPart, without_thoughts};

/// What is put behind an outcome that is cut.
const CUT: &str = " … [cut]";

/// Builds the messages of a reply: for each model call what it said and called, and then the outcomes of its calls.
pub(super) struct ReplyPrompt<'a> {
    /// The model that goes on with the reply and gets its reasoning back; `None` for a reply of the past.
    pub(super) goes_on: Option<&'a str>,
    /// The most of a tool's outcome, in bytes, by the tool's name.
    pub(super) outcome_bytes: &'a dyn Fn(&str) -> usize,
}

impl ReplyPrompt<'_> {
    /// The messages of this log.
    pub(super) fn messages(&self, entries: &[Entry]) -> Vec<PromptMessage> {
        let mut messages = Vec::new();
        let (mut said, mut outcomes) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry {
                Entry::StepStart => flush(&mut messages, &mut said, &mut outcomes),
                Entry::Text { text } => said.push(PromptPart::Text(without_thoughts(text.clone()))),
                Entry::Reasoning { text } if self.goes_on.is_some() => {
                    said.push(PromptPart::Reasoning { text: text.clone(), data: None });
                }
                Entry::ProviderData { model, data } if self.goes_on == Some(model.as_str()) => {
                    add_data(&mut said, data)
                }
                Entry::ToolCall { call, tool, input, .. } => {
                    // What is no JSON is returned as the text that it is, so that the model sees its mistake.
                    let input = serde_json::from_str(input).unwrap_or_else(|_| Value::String(input.clone()));
                    said.push(PromptPart::ToolCall { call: call.to_string(), tool: tool.clone(), input });
                }
                Entry::ToolOutput { call, tool, outcome } => outcomes.push(PromptPart::ToolResult {
                    call: call.to_string(),
                    tool: tool.clone(),
                    output: told(outcome, (self.outcome_bytes)(tool), self.goes_on.is_some()),
                    is_error: !outcome.is_output(),
                }),
                _ => {}
            }
        }
        flush(&mut messages, &mut said, &mut outcomes);
        messages
    }
}

fn flush(messages: &mut Vec<PromptMessage>, said: &mut Vec<PromptPart>, outcomes: &mut Vec<PromptPart>) {
    for (role, parts) in [(PromptRole::Assistant, said), (PromptRole::User, outcomes)] {
        parts.retain(|part| !part.is_blank());
        if !parts.is_empty() {
            messages.push(PromptMessage { role, parts: std::mem::take(parts) });
        }
    }
}

// Data belongs to the reasoning before it. Some reasoning is nothing but data.
fn add_data(said: &mut Vec<PromptPart>, data: &str) {
    let Ok(value) = serde_json::from_str(data) else { return };
    match said.last_mut() {
        Some(PromptPart::Reasoning { data: data @ None, .. }) => *data = Some(value),
        _ => said.push(PromptPart::Reasoning { text: String::new(), data: Some(value) }),
    }
}

fn told(outcome: &Outcome, bytes: usize, is_current: bool) -> ToolResultContent {
    let text = &outcome.text;
    match outcome.kind {
        OutcomeKind::Denied if text.is_empty() => {
            ToolResultContent::Text("The user did not allow this call.".to_owned())
        }
        OutcomeKind::Denied => {
            ToolResultContent::Text(format!("The user did not allow this call: {}", cut(text, bytes)))
        }
        OutcomeKind::Parts => {
            parts(text, bytes, is_current).unwrap_or_else(|| ToolResultContent::Text(cut(text, bytes)))
        }
        OutcomeKind::Json if text.len() <= bytes => match serde_json::from_str(text) {
            Ok(value) => ToolResultContent::Json(value),
            Err(_) => ToolResultContent::Text(text.clone()),
        },
        _ => ToolResultContent::Text(cut(text, bytes)),
    }
}

fn cut(text: &str, bytes: usize) -> String {
    match text.len() > bytes {
        true => text[..text.floor_char_boundary(bytes)].to_owned() + CUT,
        false => text.to_owned(),
    }
}

// In MCP's form, in which they are stored. A picture cannot be cut, and is told of once the turn is past.
fn parts(parts: &str, bytes: usize, is_current: bool) -> Option<ToolResultContent> {
    let parts: Vec<Value> = serde_json::from_str(parts).ok()?;
    let part = |part: &Value| match part.get("type")?.as_str()? {
        "text" => Some(ToolResultPart::Text(cut(part.get("text")?.as_str()?, bytes))),
        "image" if !is_current => Some(ToolResultPart::Text("[a picture]".to_owned())),
        "image" => Some(ToolResultPart::Image {
            media_type: part.get("mimeType")?.as_str()?.to_owned(),
            data: part.get("data")?.as_str()?.to_owned(),
        }),
        _ => None,
    };
    Some(ToolResultContent::Parts(parts.iter().filter_map(part).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{CallId, Execution, Source};

    fn call(name: &str, input: &str) -> Entry {
        let (call, tool) = (CallId::named(name), "look".to_owned());
        Entry::ToolCall { call, tool, input: input.to_owned(), execution: Execution::Server }
    }

    fn output(name: &str, kind: OutcomeKind, text: &str) -> Entry {
        let outcome = Outcome::new(kind, text.to_owned());
        Entry::ToolOutput { call: CallId::named(name), tool: "look".to_owned(), outcome }
    }

    fn text(text: &str) -> Entry {
        Entry::Text { text: text.to_owned() }
    }

    fn end() -> Entry {
        Entry::StepEnd { model: Some("m".to_owned()), usage: None }
    }

    fn log() -> Vec<Entry> {
        vec![
            Entry::StepStart,
            Entry::Reasoning { text: "hm".to_owned() },
            Entry::ProviderData { model: "m".to_owned(), data: "7".to_owned() },
            text("Looking."),
            Entry::Source { source: Source::new("https://example.com", None).unwrap() },
            call("1", "{\"at\":1}"),
            call("2", "{broken"),
            end(),
            output("1", OutcomeKind::Json, "[1]"),
            output("2", OutcomeKind::Error, "no JSON"),
            Entry::StepStart,
            text("There."),
            end(),
        ]
    }

    fn messages(goes_on: Option<&str>, outcome_bytes: usize) -> Vec<PromptMessage> {
        ReplyPrompt { goes_on, outcome_bytes: &|_| outcome_bytes }.messages(&log())
    }

    #[test]
    fn each_model_call_is_followed_by_the_outcomes_of_its_calls() {
        let messages = messages(None, 100);
        let roles: Vec<PromptRole> = messages.iter().map(|message| message.role).collect();
        assert_eq!(roles, [PromptRole::Assistant, PromptRole::User, PromptRole::Assistant]);
        assert_eq!(messages[0].parts.len(), 3);
        assert!(matches!(&messages[0].parts[2], PromptPart::ToolCall { input: Value::String(_), .. }));
        assert!(matches!(&messages[1].parts[1], PromptPart::ToolResult { is_error: true, .. }));
    }

    #[test]
    fn only_the_model_that_goes_on_gets_its_reasoning_back() {
        let reasoning = |goes_on| match &messages(goes_on, 100)[0].parts[0] {
            PromptPart::Reasoning { data, .. } => Some(data.clone()),
            _ => None,
        };
        assert_eq!(reasoning(Some("m")), Some(Some(Value::from(7))));
        assert_eq!(reasoning(Some("other")), Some(None));
        assert_eq!(reasoning(None), None);
    }

    #[test]
    fn a_long_outcome_is_cut() {
        let messages = messages(None, 2);
        let PromptPart::ToolResult { output, .. } = &messages[1].parts[1] else { panic!("{messages:?}") };
        assert_eq!(*output, ToolResultContent::Text("no … [cut]".to_owned()));
    }
}
