//! Writes a conversation as a file, piece by piece: each page continues the text of the page before.

use super::exported_calls::{ExportedCalls, has_calls};
use crate::conversation::{Entry, MessageId, Role, Status};
use crate::db::Piece;
use crate::protocol::{ConversationSummary, ExportFormat, HistoryMessage, WrittenPart, json_bytes};

/// The state in which a file ends so far; all that the next write depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Open {
    /// In the list of messages, which has none yet.
    File,
    /// In the list of messages, after one of them.
    Messages,
    /// In a message, which has no part yet.
    Message(MessageId),
    /// A message, after a part that is complete.
    Step(MessageId),
    /// A text of a message.
    Text(MessageId),
    /// In the reasoning of a message.
    Reasoning(MessageId),
}

impl Open {
    /// The message that is being written.
    pub fn message(&self) -> Option<&MessageId> {
        match self {
            Open::File | Open::Messages => None,
            Open::Message(message) | Open::Step(message) | Open::Text(message) | Open::Reasoning(message) => {
                Some(message)
            }
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
    /// Starts the file's first page, of about so many bytes as JSON.
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

    /// Starts a page of about so many bytes as JSON, after one that ended in this state.
    pub fn go_on(format: ExportFormat, bytes: usize, open: Open) -> Self {
        Self { format, text: String::new(), room: bytes, open }
    }

    /// Whether nothing more should be added to this page.
    pub fn is_full(&self) -> bool {
        self.room == 0
    }

    /// The page's text, and the state it ends in.
    pub fn into_page(self) -> (String, Open) {
        (self.text, self.open)
    }

    /// The message that is being written.
    pub fn message(&self) -> Option<&MessageId> {
        self.open.message()
    }

    /// Starts a message. `message` has no parts yet.
    pub fn begin_message(&mut self, message: &HistoryMessage) {
        self.end_message(None);
        match (self.format, message.role) {
            (ExportFormat::Markdown, Role::User) => self.push("\n## You\n\n"),
            (ExportFormat::Markdown, Role::Assistant) => self.push("\n## Reply\n\n"),
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

    /// Whether the calls of the message are needed to write this piece of it.
    pub fn needs_calls(&self, piece: &Piece) -> bool {
        self.format == ExportFormat::Json && has_calls(piece)
    }

    /// Writes a piece of the message, which makes these calls, from offset `written` on, as far as the page has room. If
    /// some is left, returns the offset at which it begins as an error.
    pub fn write(&mut self, piece: &Piece, calls: &ExportedCalls, written: usize) -> Result<(), usize> {
        let mut before = 0;
        for entry in &piece.entries {
            let start = entry.floor(written.saturating_sub(before));
            if start < entry.size() {
                if !entry.grows() && !self.has_room_for(entry, calls) {
                    return Err(before);
                }
                self.switch_to(&piece.of.message.id, entry, calls);
                let text = entry.text().get(start..).unwrap_or_default();
                let end = start + self.write_text(text, entry);
                if end < entry.text().len() {
                    return Err(before + end);
                }
            }
            before += entry.size();
        }
        Ok(())
    }

    // What cannot be divided is put on a page that has room for it, or on one of its own.
    fn has_room_for(&self, entry: &Entry, calls: &ExportedCalls) -> bool {
        let part = match entry {
            Entry::Source { source } => json(&WrittenPart::from(source)),
            entry => calls.beginning_with(entry).map(json).unwrap_or_default(),
        };
        self.text.is_empty() || self.room > part.chars().map(json_bytes).sum()
    }

    /// Ends the current message, if there is one; `status` as far as it is known.
    pub fn end_message(&mut self, status: Option<Status>) {
        if self.message().is_none() {
            return;
        }
        match self.format {
            ExportFormat::Json => {
                let is_within_text = matches!(self.open, Open::Text(_) | Open::Reasoning(_));
                self.push(if is_within_text { "\"}]}" } else { "]}" });
            }
            ExportFormat::Markdown => self.push(match status {
                None | Some(Status::Complete) => "\n",
                Some(Status::Streaming) => "\n\n*(being written)*\n",
                Some(Status::Waiting) => "\n\n*(waiting for an answer)*\n",
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

    fn switch_to(&mut self, message: &MessageId, entry: &Entry, calls: &ExportedCalls) {
        match self.format {
            ExportFormat::Markdown => self.switch_in_markdown(message, entry),
            ExportFormat::Json => self.switch_in_json(message, entry, calls),
        }
    }

    // What is said in one step stands apart from what was said in the one before.
    fn switch_in_markdown(&mut self, message: &MessageId, entry: &Entry) {
        match (entry, &self.open) {
            (Entry::StepStart, Open::Text(_)) => self.open = Open::Step(message.clone()),
            (Entry::Text { .. }, open) => {
                if matches!(open, Open::Step(_)) {
                    self.push("\n\n");
                }
                self.open = Open::Text(message.clone());
            }
            (Entry::Source { source }, _) => {
                self.push(&format!("\n\nSource: <{}>", source.url()));
                self.open = Open::Step(message.clone());
            }
            (Entry::ToolCall { tool, .. }, open) => {
                let before = if matches!(open, Open::Message(_)) { "" } else { "\n\n" };
                self.push(&format!("{before}*(used {tool})*"));
                self.open = Open::Step(message.clone());
            }
            _ => {}
        }
    }

    fn switch_in_json(&mut self, message: &MessageId, entry: &Entry, calls: &ExportedCalls) {
        let (next, beginning) = match entry {
            Entry::Text { .. } => (Open::Text(message.clone()), "{\"type\":\"text\",\"text\":\"".to_owned()),
            Entry::Reasoning { .. } => {
                (Open::Reasoning(message.clone()), "{\"type\":\"reasoning\",\"text\":\"".to_owned())
            }
            Entry::StepStart => (Open::Step(message.clone()), json(&WrittenPart::StepStart)),
            Entry::Source { source } => (Open::Step(message.clone()), json(&WrittenPart::from(source))),
            entry => match calls.beginning_with(entry) {
                Some(call) => (Open::Step(message.clone()), json(call)),
                None => return,
            },
        };
        if self.open == next && entry.grows() {
            return;
        }
        let end = match self.open {
            Open::Text(_) | Open::Reasoning(_) => "\"},",
            Open::Step(_) => ",",
            Open::Message(_) | Open::Messages | Open::File => "",
        };
        self.push(&format!("{end}{beginning}"));
        self.open = next;
    }

    // Tells how many bytes of the text there was room for. Thoughts are part of the JSON only.
    fn write_text(&mut self, text: &str, entry: &Entry) -> usize {
        if self.format == ExportFormat::Markdown && matches!(entry, Entry::Reasoning { .. }) {
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

// Strings, numbers and field names: serialising them cannot fail.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests;
