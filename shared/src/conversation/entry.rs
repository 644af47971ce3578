//! The log of a message: the entries of which it consists, in the order in which they were written.
//!
//! A log only grows at its end, so a position in it stays valid, and it can be stored, streamed and read in pieces. The parts that a
//! client shows are folded from it.

use super::usage::Usage;

/// An entry of a message's log.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A model call starts. A reply of a single call has neither this nor its end.
    StepStart,
    /// The model's reasoning before its answer. Grows. Shown separately, never sent back to a model.
    Reasoning {
        /// The reasoning so far.
        #[debug("{} bytes", text.len())]
        text: String,
    },
    /// Text of the answer, or of the user's message. Grows.
    Text {
        /// The text so far.
        #[debug("{} bytes", text.len())]
        text: String,
    },
    /// A model call has ended.
    StepEnd {
        /// The model.
        model: Option<String>,
        /// Its token counts.
        usage: Option<Usage>,
    },
}

impl Entry {
    /// The text of an entry that grows; empty for the others.
    pub fn text(&self) -> &str {
        match self {
            Entry::Reasoning { text } | Entry::Text { text } => text,
            Entry::StepStart | Entry::StepEnd { .. } => "",
        }
    }

    /// Whether it can be appended to, and split between two characters. The others are atomic.
    pub fn grows(&self) -> bool {
        matches!(self, Entry::Reasoning { .. } | Entry::Text { .. })
    }

    /// Its length in the log: the bytes of its text, or 1 if it is atomic.
    pub fn size(&self) -> usize {
        if self.grows() { self.text().len() } else { 1 }
    }

    /// The largest offset up to this one at which it can be split.
    pub fn floor(&self, offset: usize) -> usize {
        if self.grows() { self.text().floor_char_boundary(offset) } else { offset.min(1) }
    }

    /// The piece between two offsets, each rounded down to where it can be split; `None` if it is empty.
    pub fn between(&self, start: usize, end: usize) -> Option<Entry> {
        let (start, end) = (self.floor(start), self.floor(end));
        let text = || self.text()[start..end].to_owned();
        (start < end).then(|| match self {
            Entry::Reasoning { .. } => Entry::Reasoning { text: text() },
            Entry::Text { .. } => Entry::Text { text: text() },
            Entry::StepStart | Entry::StepEnd { .. } => self.clone(),
        })
    }
}

/// Joins pieces of a log that follow one another: an entry that was split is whole again.
pub fn join_entries(pieces: impl IntoIterator<Item = Entry>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for piece in pieces {
        match (entries.last_mut(), &piece) {
            (Some(Entry::Text { text }), Entry::Text { text: more })
            | (Some(Entry::Reasoning { text }), Entry::Reasoning { text: more }) => text.push_str(more),
            _ => entries.push(piece),
        }
    }
    entries
}

/// The length of `entries` in a log.
pub fn size_of(entries: &[Entry]) -> usize {
    entries.iter().map(Entry::size).sum()
}

/// The bytes of text in `entries`, reasoning included.
pub fn text_bytes(entries: &[Entry]) -> usize {
    entries.iter().map(|entry| entry.text().len()).sum()
}

/// The entries of a log between two offsets; the first and the last may be split.
pub fn entries_between(entries: &[Entry], start: usize, end: usize) -> impl Iterator<Item = Entry> {
    let mut before = 0;
    entries.iter().filter_map(move |entry| {
        let offset = before;
        before += entry.size();
        entry.between(start.saturating_sub(offset), end.saturating_sub(offset))
    })
}

/// The text of `entries`, without reasoning. A blank line separates the text of one step from that of the next.
pub fn content_of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let (mut content, mut is_next_step) = (String::new(), false);
    for entry in entries {
        match entry {
            Entry::StepStart => is_next_step = !content.is_empty(),
            Entry::Text { text } if !text.is_empty() => {
                if std::mem::take(&mut is_next_step) {
                    content.push_str("\n\n");
                }
                content.push_str(text);
            }
            Entry::Text { .. } | Entry::Reasoning { .. } | Entry::StepEnd { .. } => {}
        }
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Entry {
        Entry::Text { text: text.to_owned() }
    }

    fn log() -> Vec<Entry> {
        let end = |model: &str| Entry::StepEnd { model: Some(model.to_owned()), usage: None };
        let thought = Entry::Reasoning { text: "hm".to_owned() };
        vec![Entry::StepStart, thought, text("Wärme"), end("a"), Entry::StepStart, text("kommt"), end("b")]
    }

    #[test]
    fn a_log_split_anywhere_is_whole_again_when_joined() {
        let log = log();
        for offset in 0..=size_of(&log) {
            let pieces = entries_between(&log, 0, offset).chain(entries_between(&log, offset, usize::MAX));
            assert_eq!(join_entries(pieces), log, "split at {offset}");
        }
    }

    #[test]
    fn a_step_is_never_split_and_separates_texts() {
        assert_eq!(entries_between(&log(), 0, 1).collect::<Vec<_>>(), [Entry::StepStart]);
        assert_eq!(join_entries([text("a"), Entry::StepStart, text("b")]).len(), 3);
    }

    #[test]
    fn the_content_is_the_text_of_all_steps() {
        assert_eq!(content_of(&log()), "Wärme\n\nkommt");
        assert_eq!(content_of(&[text("a"), Entry::Reasoning { text: "hm".to_owned() }, text("b")]), "ab");
    }
}
