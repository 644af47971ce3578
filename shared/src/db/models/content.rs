//! The log of a message, as it is stored.

use serde::{Deserialize, Serialize};

use crate::conversation::{CallId, Entry, Execution, MessageId, Outcome, OutcomeKind, Source, Usage};

/// The log of a message, or a piece of it: its text, and its entries if it is more than one text.
#[derive(Serialize, Deserialize)]
pub struct Content {
    /// The text of all text entries, readable in the table.
    pub content: String,
    /// The entries in order. A text entry only counts its bytes of `content`, so that no text is stored twice.
    #[serde(default, rename = "parts", skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<StoredEntry>>,
}

/// An entry as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum StoredEntry {
    /// A model call starts.
    StepStart,
    /// The next bytes of the content.
    Text {
        /// Their number.
        bytes: usize,
    },
    /// The reasoning before an answer.
    Reasoning {
        /// Its text.
        text: String,
    },
    /// Data of a provider about the reasoning before it.
    ProviderData {
        /// The model that made it.
        model: String,
        /// JSON.
        data: String,
    },
    /// A web page that the answer cites.
    Source {
        /// Its address.
        url: String,
        /// Its title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// A model call has ended.
    StepEnd {
        /// The model.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<String>,
        /// Its token counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usage: Option<Usage>,
    },
    /// The model has begun to write the arguments of a call.
    ToolStart {
        /// The number of the call in its reply.
        call: usize,
        /// The tool's name.
        tool: String,
    },
    /// A call that the model asks for.
    ToolCall {
        /// The number of the call in its reply.
        call: usize,
        /// The tool's name.
        tool: String,
        /// The arguments.
        input: String,
        /// Who executes it.
        execution: Execution,
    },
    /// The user is asked whether a call may be executed.
    ApprovalRequest {
        /// The number of the call in its reply.
        call: usize,
    },
    /// The user has answered.
    ApprovalResponse {
        /// The number of the call in its reply.
        call: usize,
        /// Whether it may be executed.
        approved: bool,
        /// The user's reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A call is about to be executed.
    CallStarted {
        /// The number of the call in its reply.
        call: usize,
    },
    /// A call has ended.
    ToolOutput {
        /// The number of the call in its reply.
        call: usize,
        /// The tool's name.
        tool: String,
        /// What the text is.
        kind: OutcomeKind,
        /// The output, or a sentence.
        text: String,
        /// What the client is shown instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shown: Option<String>,
    },
    /// An entry that a later version of this code wrote. It is skipped, and stays as it is in the table.
    #[serde(other)]
    Unknown,
}

/// Entries that are added behind a log. None of them is text.
pub fn added_entries(entries: &[Entry]) -> Vec<StoredEntry> {
    entries.iter().map(StoredEntry::from).collect()
}

impl From<&[Entry]> for Content {
    fn from(entries: &[Entry]) -> Self {
        let texts = entries.iter().filter(|entry| matches!(entry, Entry::Text { .. }));
        Self {
            content: texts.map(Entry::text).collect(),
            entries: match entries {
                [] | [Entry::Text { .. }] => None,
                several => Some(several.iter().map(StoredEntry::from).collect()),
            },
        }
    }
}

impl From<&Entry> for StoredEntry {
    fn from(entry: &Entry) -> Self {
        match entry {
            Entry::StepStart => StoredEntry::StepStart,
            Entry::Text { text } => StoredEntry::Text { bytes: text.len() },
            Entry::Reasoning { text } => StoredEntry::Reasoning { text: text.clone() },
            Entry::ProviderData { model, data } => {
                StoredEntry::ProviderData { model: model.clone(), data: data.clone() }
            }
            Entry::Source { source } => {
                StoredEntry::Source { url: source.url().to_owned(), title: source.title().map(str::to_owned) }
            }
            Entry::StepEnd { model, usage } => StoredEntry::StepEnd { model: model.clone(), usage: *usage },
            Entry::ToolStart { call, tool } => StoredEntry::ToolStart { call: call.number(), tool: tool.clone() },
            Entry::ToolCall { call, tool, input, execution } => StoredEntry::ToolCall {
                call: call.number(),
                tool: tool.clone(),
                input: input.clone(),
                execution: *execution,
            },
            Entry::ApprovalRequest { call } => StoredEntry::ApprovalRequest { call: call.number() },
            Entry::ApprovalResponse { call, approved, reason } => {
                StoredEntry::ApprovalResponse { call: call.number(), approved: *approved, reason: reason.clone() }
            }
            Entry::CallStarted { call } => StoredEntry::CallStarted { call: call.number() },
            Entry::ToolOutput { call, tool, outcome } => StoredEntry::ToolOutput {
                call: call.number(),
                tool: tool.clone(),
                kind: outcome.kind,
                text: outcome.text.clone(),
                shown: outcome.shown.clone(),
            },
        }
    }
}

impl Content {
    /// The entries, which are of this message.
    pub fn into_entries(self, message: &MessageId) -> Vec<Entry> {
        let Some(entries) = self.entries else {
            return if self.content.is_empty() { Vec::new() } else { vec![Entry::Text { text: self.content }] };
        };
        let mut rest = self.content.as_str();
        let call = |number| CallId::new(message, number);
        let entry = |entry| match entry {
            StoredEntry::StepStart => Some(Entry::StepStart),
            StoredEntry::Reasoning { text } => Some(Entry::Reasoning { text }),
            StoredEntry::Text { bytes } => {
                let (text, after) = rest.split_at_checked(bytes).unwrap_or((rest, ""));
                rest = after;
                Some(Entry::Text { text: text.to_owned() })
            }
            StoredEntry::ProviderData { model, data } => Some(Entry::ProviderData { model, data }),
            StoredEntry::Source { url, title } => {
                Source::new(&url, title.as_deref()).map(|source| Entry::Source { source })
            }
            StoredEntry::StepEnd { model, usage } => Some(Entry::StepEnd { model, usage }),
            StoredEntry::ToolStart { call: number, tool } => Some(Entry::ToolStart { call: call(number), tool }),
            StoredEntry::ToolCall { call: number, tool, input, execution } => {
                Some(Entry::ToolCall { call: call(number), tool, input, execution })
            }
            StoredEntry::ApprovalRequest { call: number } => Some(Entry::ApprovalRequest { call: call(number) }),
            StoredEntry::ApprovalResponse { call: number, approved, reason } => {
                Some(Entry::ApprovalResponse { call: call(number), approved, reason })
            }
            StoredEntry::CallStarted { call: number } => Some(Entry::CallStarted { call: call(number) }),
            StoredEntry::ToolOutput { call: number, tool, kind, text, shown } => {
                Some(Entry::ToolOutput { call: call(number), tool, outcome: Outcome { kind, text, shown } })
            }
            StoredEntry::Unknown => None,
        };
        entries.into_iter().filter_map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply() -> MessageId {
        "m1".parse().unwrap()
    }

    #[test]
    fn an_entry_that_is_not_known_is_passed_over_and_the_rest_is_read() {
        let stored = r#"{"content": "Hello you", "parts": [
            {"type": "text", "bytes": 6}, {"type": "hologram", "angle": 7}, {"type": "text", "bytes": 3}]}"#;
        let stored: Content = serde_json::from_str(stored).unwrap();
        let text = |text: &str| Entry::Text { text: text.to_owned() };
        assert_eq!(stored.into_entries(&reply()), [text("Hello "), text("you")]);
    }

    #[test]
    fn entries_are_read_as_they_were_stored() {
        let text = |text: &str| Entry::Text { text: text.to_owned() };
        let usage = Some(Usage { input_tokens: 5, output_tokens: 2, ..Usage::default() });
        let end = Entry::StepEnd { model: Some("m".to_owned()), usage };
        let thought = Entry::Reasoning { text: "hm".to_owned() };
        let call = CallId::new(&reply(), 12);
        let started = Entry::CallStarted { call: call.clone() };
        let output = Entry::ToolOutput { call, tool: "t".to_owned(), outcome: Outcome::error("It failed.") };
        let source = |title| Entry::Source { source: Source::new("https://example.com/a", title).unwrap() };
        let sources = [source(Some("A page")), source(None)];
        let step = [Entry::StepStart, thought, text("Hello ")].into_iter().chain(sources).chain([end, started, output]);
        let entries: Vec<Entry> = step.chain([Entry::StepStart, text("you")]).collect();
        let stored = serde_json::to_string(&Content::from(&entries[..])).unwrap();
        let read: Content = serde_json::from_str(&stored).unwrap();
        assert_eq!(read.content, "Hello you");
        assert!(!stored.contains("m1"), "the reply's id is not in each of its entries: {stored}");
        assert_eq!(read.into_entries(&reply()), entries);
    }

    #[test]
    fn a_byte_count_that_makes_no_sense_loses_no_text() {
        for bytes in [1, 2, 1000] {
            let stored = Content { content: "é!".to_owned(), entries: Some(vec![StoredEntry::Text { bytes }]) };
            let read: String = stored.into_entries(&reply()).iter().map(Entry::text).collect();
            assert!(read == "é!" || read == "é", "{read}");
        }
    }
}
