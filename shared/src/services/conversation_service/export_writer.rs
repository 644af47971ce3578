//! A conversation as a file, written piece by piece: one page is the text that follows the page before.

use crate::conversation::{MessageId, Part, Role, Status};
use crate::db::Piece;
use crate::protocol::{ConversationSummary, ExportFormat, HistoryMessage, json_bytes};

/// What a file ends in so far: what has to be written next depends on it and on nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Open {
    /// The list of messages, which has none yet.
    File,
    /// The list of messages, behind one of them.
    Messages,
    /// A message, which has no part yet.
    Message(MessageId),
    /// A text of a message.
    Text(MessageId),
    /// Thoughts of a message.
    Reasoning(MessageId),
}

impl Open {
    /// The message that is being written.
    pub fn message(&self) -> Option<&MessageId> {
        match self {
            Open::File | Open::Messages => None,
            Open::Message(message) | Open::Text(message) | Open::Reasoning(message) => Some(message),
        }
    }
}

/// A page of the file.
pub struct ExportWriter {
    format: ExportFormat,
    text: String,
    room: usize,
    open: Open,
}

impl ExportWriter {
    /// The file's first page, of about so many bytes as JSON.
    pub fn begin(format: ExportFormat, bytes: usize, conversation: &ConversationSummary) -> Self {
        let mut page = Self::go_on(format, bytes, Open::File);
        match format {
            ExportFormat::Markdown => {
                page.push(&format!("# {}\n", conversation.title.as_deref().unwrap_or("Conversation")));
            }
            ExportFormat::Json => page.push(&format!("{{\"conversation\":{},\"messages\":[\n", json(conversation))),
        }
        page
    }

    /// A page of about so many bytes as JSON, behind one that ended in what is open.
    pub fn go_on(format: ExportFormat, bytes: usize, open: Open) -> Self {
        Self { format, text: String::new(), room: bytes, open }
    }

    /// Nothing more should be put on this page.
    pub fn is_full(&self) -> bool {
        self.room == 0
    }

    /// The page's text, and what it ends in.
    pub fn into_page(self) -> (String, Open) {
        (self.text, self.open)
    }

    /// The message that is being written.
    pub fn message(&self) -> Option<&MessageId> {
        self.open.message()
    }

    /// Begins a message. `message` has no parts yet.
    pub fn begin_message(&mut self, message: &HistoryMessage) {
        self.end_message(None);
        match (self.format, message.role) {
            (ExportFormat::Markdown, Role::User) => self.push("\n## You\n\n"),
            (ExportFormat::Markdown, Role::Assistant) => self.push("\n## Assistant\n\n"),
            (ExportFormat::Json, role) => {
                let comma = if self.open == Open::File { "" } else { ",\n" };
                self.push(&format!(
                    "{comma}{{\"id\":{},\"role\":{},\"metadata\":{},\"parts\":[",
                    json(&message.id),
                    json(&role),
                    json(&message.metadata)
                ));
            }
        }
        self.open = Open::Message(message.id.clone());
    }

    /// Writes what a piece of the message says behind the first `written` bytes, as far as the page has room. Tells how
    /// many bytes are written then, unless all are.
    pub fn write(&mut self, piece: &Piece, written: usize) -> Result<(), usize> {
        let mut before = 0;
        for part in &piece.parts {
            let text = part.text();
            let start = text.floor_char_boundary(written.saturating_sub(before).min(text.len()));
            if start < text.len() {
                self.switch_to(&piece.of.message.id, part);
                let end = start + self.write_text(&text[start..], part);
                if end < text.len() {
                    return Err(before + end);
                }
            }
            before += text.len();
        }
        Ok(())
    }

    /// Ends the message that is being written, if there is one, which is in this state as far as is known.
    pub fn end_message(&mut self, status: Option<Status>) {
        if self.message().is_none() {
            return;
        }
        match self.format {
            ExportFormat::Json => {
                let end = if matches!(self.open, Open::Message(_)) { "]}" } else { "\"}]}" };
                self.push(end);
            }
            ExportFormat::Markdown => self.push(match status {
                None | Some(Status::Complete) => "\n",
                Some(Status::Streaming) => "\n\n*(being written)*\n",
                Some(Status::Stopped) => "\n\n*(stopped)*\n",
                Some(Status::Failed) => "\n\n*(failed)*\n",
                Some(Status::Interrupted) => "\n\n*(interrupted)*\n",
            }),
        }
        self.open = Open::Messages;
    }

    /// Ends the file.
    pub fn end(&mut self) {
        self.end_message(None);
        if self.format == ExportFormat::Json {
            self.push("\n]}\n");
        }
    }

    fn switch_to(&mut self, message: &MessageId, part: &Part) {
        let (next, beginning) = match part {
            Part::Text { .. } => (Open::Text(message.clone()), "{\"type\":\"text\",\"text\":\""),
            Part::Reasoning { .. } => (Open::Reasoning(message.clone()), "{\"type\":\"reasoning\",\"text\":\""),
        };
        if self.open == next {
            return;
        }
        if self.format == ExportFormat::Json {
            let end = if matches!(self.open, Open::Message(_)) { "" } else { "\"}," };
            self.push(&format!("{end}{beginning}"));
        }
        self.open = next;
    }

    // Tells how many bytes of the text there was room for. Thoughts are part of the JSON only.
    fn write_text(&mut self, text: &str, part: &Part) -> usize {
        if self.format == ExportFormat::Markdown && matches!(part, Part::Reasoning { .. }) {
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
        self.room = self.room.saturating_sub(text.chars().map(json_bytes).sum());
        self.text.push_str(text);
    }
}

// What is written has strings, numbers and names of fields: that cannot fail.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests;
