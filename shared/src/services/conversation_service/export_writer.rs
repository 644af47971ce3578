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
mod tests {
    use serde_json::{Value, json};

    use super::super::page::history_message;
    use super::*;
    use crate::conversation::{Branches, Message, Timestamp};
    use crate::db::{PieceName, Written};
    use crate::turn::{Ending, FinishReason};

    #[test]
    fn a_file_is_the_same_wherever_its_pages_end() {
        for format in [ExportFormat::Json, ExportFormat::Markdown] {
            let whole = file(format, usize::MAX);
            assert_eq!(whole.len(), 1, "one page");
            for bytes in 1..600 {
                let pages = file(format, bytes);
                assert_eq!(pages.concat(), whole[0], "pages of {bytes} bytes");
            }
        }
    }

    #[test]
    fn a_file_of_json_has_each_message_as_it_is() {
        let whole: Value = serde_json::from_str(&file(ExportFormat::Json, 100).concat()).unwrap();
        let said = |message: &Value| (message["metadata"]["status"].clone(), message["parts"].clone());
        let messages: Vec<_> = whole["messages"].as_array().unwrap().iter().map(said).collect();
        let text = |text: &str| json!({"type": "text", "text": text});
        let reasoning = |text: &str| json!({"type": "reasoning", "text": text});
        let expected = [
            ("complete", json!([text("A \"question\"\\\n\u{1}👋🏽")])),
            ("complete", json!([reasoning("Hm\n, \"so\"."), text("An ansWER"), reasoning("Or?"), text("!")])),
            ("stopped", json!([text("Half")])),
            ("failed", json!([])),
            ("interrupted", json!([reasoning("…")])),
            // The end of this one is gone.
            ("streaming", json!([text("Gone")])),
            ("streaming", json!([text("So far")])),
        ];
        assert_eq!(messages, expected.map(|(status, parts)| (json!(status), parts)));
        assert_eq!(whole["conversation"]["title"], "Trees");
    }

    #[test]
    fn a_file_to_read_says_how_each_reply_ended() {
        let expected = "# Trees\n\n## You\n\nA \"question\"\\\n\u{1}👋🏽\n\n## Assistant\n\nAn ansWER!\n\
            \n## Assistant\n\nHalf\n\n*(stopped)*\n\n## Assistant\n\n\n\n*(failed)*\n\
            \n## Assistant\n\n\n\n*(interrupted)*\n\n## Assistant\n\nGone\n\
            \n## Assistant\n\nSo far\n\n*(being written)*\n";
        assert_eq!(file(ExportFormat::Markdown, 100).concat(), expected);
    }

    /// The pages of a file, of about so many bytes each.
    fn file(format: ExportFormat, bytes: usize) -> Vec<String> {
        let conversation = ConversationSummary {
            id: "c".parse().unwrap(),
            title: Some("Trees".to_owned()),
            created_at: Timestamp(1),
            updated_at: Timestamp(2),
            running_message_id: None,
        };
        let mut pages = Vec::new();
        let mut page = ExportWriter::begin(format, bytes, &conversation);
        let mut turn = |page: &mut ExportWriter| {
            let (text, open) = std::mem::replace(page, ExportWriter::go_on(format, bytes, Open::File)).into_page();
            pages.push(text);
            page.open = open;
        };
        for piece in pieces() {
            if page.is_full() {
                turn(&mut page);
            }
            if page.message() != Some(&piece.of.message.id) {
                page.begin_message(&history_message(&piece.of, &Branches::default()));
            }
            let mut written = 0;
            while let Err(more) = page.write(&piece, written) {
                written = more;
                turn(&mut page);
            }
            if piece.is_tail() {
                page.end_message(Some(piece.of.message.status));
            }
        }
        page.end();
        turn(&mut page);
        pages
    }

    fn pieces() -> Vec<Piece> {
        let text = |text: &str| Part::Text { text: text.to_owned() };
        let reasoning = |text: &str| Part::Reasoning { text: text.to_owned() };
        let complete = Some(Ending::Complete(FinishReason::Stop));
        [
            ("m1", "~", vec![text("A \"question\"\\\n\u{1}👋🏽")], complete),
            ("m2", "01#0", vec![reasoning("Hm\n, ")], complete),
            ("m2", "01#1", vec![reasoning("\"so\"."), text("An ")], complete),
            ("m2", "01#2", vec![text("ans")], complete),
            ("m2", "~", vec![text("WER"), text(""), reasoning("Or?"), text("!")], complete),
            ("m3", "~", vec![text("Half")], Some(Ending::Stopped)),
            ("m4", "~", vec![text("")], Some(Ending::Failed(crate::error::ErrorCode::Internal))),
            ("m5", "~", vec![reasoning("…")], Some(Ending::Interrupted)),
            ("m6", "01#0", vec![text("Gone")], None),
            ("m7", "~", vec![text("So far")], None),
        ]
        .map(|(id, name, parts, ending)| piece(id, name, parts, ending))
        .into()
    }

    fn piece(id: &str, name: &str, parts: Vec<Part>, ending: Option<Ending>) -> Piece {
        let role = if id == "m1" { Role::User } else { Role::Assistant };
        let (user, conversation) = ("alice".parse().unwrap(), "c".parse().unwrap());
        let message = Message {
            status: ending.map_or(Status::Streaming, Ending::status),
            ..Message::new(id.parse().unwrap(), user, conversation, role, None, "", Timestamp(1))
        };
        let of = Written {
            message,
            lease: None,
            ending,
            stop_requested: false,
            subscribers: Vec::new(),
            is_due: false,
            missed: false,
            prompt_tokens: 0,
        };
        let name: PieceName = name.parse().unwrap();
        Piece { of, name, parts }
    }
}
