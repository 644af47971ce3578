//! A conversation as a file, written piece by piece: one page is the text that follows the page before.

use crate::conversation::{Part, Role};
use crate::db::{Piece, Written};
use crate::protocol::{ConversationSummary, ExportFormat, HistoryMessage, json_bytes};
use crate::turn::Status;

/// About how much a page takes as JSON. A post takes 128 KB, which leaves room for what is written around a text.
const PAGE_BYTES: usize = 96 * 1024;

/// The part that is being written when a page ends, by a letter that a cursor can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// None.
    Nothing,
    /// A text.
    Text,
    /// Thoughts.
    Reasoning,
}

impl Open {
    fn of(part: &Part) -> Self {
        match part {
            Part::Text { .. } => Open::Text,
            Part::Reasoning { .. } => Open::Reasoning,
        }
    }
}

/// A page of the file.
pub struct ExportWriter {
    format: ExportFormat,
    text: String,
    bytes: usize,
    /// The part that is being written.
    pub open: Open,
}

impl ExportWriter {
    /// An empty page that goes on in the part which the page before left open.
    pub fn new(format: ExportFormat, open: Open) -> Self {
        Self { format, text: String::new(), bytes: 0, open }
    }

    /// The page.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Nothing more should be put on this page.
    pub fn is_full(&self) -> bool {
        self.bytes >= PAGE_BYTES
    }

    /// Begins the file.
    pub fn begin(&mut self, conversation: &ConversationSummary) {
        match self.format {
            ExportFormat::Markdown => {
                self.push(&format!("# {}\n", conversation.title.as_deref().unwrap_or("Conversation")));
            }
            ExportFormat::Json => self.push(&format!("{{\"conversation\":{},\"messages\":[\n", json(conversation))),
        }
    }

    /// Begins a message. `message` has no parts yet.
    pub fn begin_message(&mut self, message: &HistoryMessage) {
        match (self.format, message.role) {
            (ExportFormat::Markdown, Role::User) => self.push("\n## You\n\n"),
            (ExportFormat::Markdown, Role::Assistant) => self.push("\n## Assistant\n\n"),
            (ExportFormat::Json, role) => self.push(&format!(
                "{{\"id\":{},\"role\":{},\"metadata\":{},\"parts\":[",
                json(&message.id),
                json(&role),
                json(&message.metadata)
            )),
        }
    }

    /// Writes what a piece says behind the first `written` bytes, as far as the page has room. Tells how many bytes are
    /// written then, if there are more.
    pub fn write(&mut self, piece: &Piece, written: usize) -> Option<usize> {
        let mut before = 0;
        for part in &piece.parts {
            let text = part.text();
            let start = text.floor_char_boundary(written.saturating_sub(before).min(text.len()));
            if start < text.len() {
                self.switch_to(Open::of(part));
                let end = start + self.write_text(&text[start..]);
                if end < text.len() {
                    return Some(before + end);
                }
            }
            before += text.len();
        }
        None
    }

    /// Ends a message.
    pub fn end_message(&mut self, written: &Written, is_last: bool) {
        self.switch_to(Open::Nothing);
        match self.format {
            ExportFormat::Json => self.push(if is_last { "]}\n" } else { "]},\n" }),
            ExportFormat::Markdown => match written.message.status {
                Status::Complete => self.push("\n"),
                Status::Streaming => self.push("\n\n*(being written)*\n"),
                Status::Stopped => self.push("\n\n*(stopped)*\n"),
                Status::Failed => self.push("\n\n*(failed)*\n"),
                Status::Interrupted => self.push("\n\n*(interrupted)*\n"),
            },
        }
    }

    /// Ends the file.
    pub fn end(&mut self) {
        if self.format == ExportFormat::Json {
            self.push("]}\n");
        }
    }

    fn switch_to(&mut self, next: Open) {
        if self.open == next {
            return;
        }
        if self.format == ExportFormat::Json {
            let end = if self.open == Open::Nothing { "" } else { "\"}" };
            let comma = if self.open == Open::Nothing || next == Open::Nothing { "" } else { "," };
            let beginning = match next {
                Open::Nothing => "",
                Open::Text => "{\"type\":\"text\",\"text\":\"",
                Open::Reasoning => "{\"type\":\"reasoning\",\"text\":\"",
            };
            self.push(&format!("{end}{comma}{beginning}"));
        }
        self.open = next;
    }

    // Tells how many bytes of the text there was room for. Thoughts are part of the JSON only.
    fn write_text(&mut self, text: &str) -> usize {
        if self.format == ExportFormat::Markdown && self.open == Open::Reasoning {
            return text.len();
        }
        for (offset, character) in text.char_indices() {
            if self.is_full() {
                return offset;
            }
            match self.format {
                ExportFormat::Markdown => self.push(character.encode_utf8(&mut [0; 4])),
                ExportFormat::Json => {
                    let quoted = json(&character);
                    self.push(quoted.get(1..quoted.len() - 1).unwrap_or_default());
                }
            }
        }
        text.len()
    }

    fn push(&mut self, text: &str) {
        self.bytes += text.chars().map(json_bytes).sum::<usize>();
        self.text.push_str(text);
    }
}

// What is written has strings, numbers and names of fields: that cannot fail.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
