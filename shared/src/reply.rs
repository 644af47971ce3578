//! A reply in progress: its log so far, and how it ended.

use std::time::Duration;

use crate::conversation::{
    Entry, MAX_SOURCES, MessageId, Source, Timings, Usage, content_of, join_entries, millis, size_of,
};
use crate::turn::Ending;

/// A position in the log of a reply: in one of its entries, or after all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplyPosition {
    /// The entry's number.
    pub entry: usize,
    /// The offset in the entry, in units of [`Entry::size`].
    pub offset: usize,
}

/// A reply in progress. Its log only grows at the end, so a position in it stays valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The message it becomes.
    pub message_id: MessageId,
    /// What is written so far.
    pub entries: Vec<Entry>,
    /// How it ended; `None` while it is being written.
    pub ending: Option<Ending>,
    /// What the client gets to read of a failure, beside the code's sentence.
    pub explanation: Option<String>,
    /// The end is stored. Only then is it sent to clients.
    pub durable: bool,
    /// The model that writes it.
    pub model: Option<String>,
    /// The model's token counts.
    pub usage: Option<Usage>,
    /// What these cost, in US dollars, if the model's price is known.
    pub cost: Option<f64>,
    /// The time from the model's call to its first token.
    pub first_token: Option<Duration>,
    /// The timings, once it has ended and if there was a token.
    pub timings: Option<Timings>,
}

impl Reply {
    /// An empty reply.
    pub fn new(message_id: MessageId, model: Option<String>) -> Self {
        Self {
            message_id,
            entries: Vec::new(),
            ending: None,
            explanation: None,
            durable: false,
            model,
            usage: None,
            cost: None,
            first_token: None,
            timings: None,
        }
    }

    /// Sets the timings of a reply that ended this long after the model was called.
    pub fn took(&mut self, total: Duration) {
        self.timings = self.first_token.map(|first| Timings { first_token_ms: millis(first), total_ms: millis(total) });
    }

    /// Begins with an empty text part, whose frame is sent while the model is still thinking.
    pub fn expect_text(&mut self) {
        if self.entries.is_empty() {
            self.push_text("");
        }
    }

    /// Whether nothing is written yet, reasoning included.
    pub fn is_blank(&self) -> bool {
        self.entries.iter().all(|entry| *entry == Entry::StepStart || entry.grows() && entry.text().is_empty())
    }

    /// Appends the entries that an earlier attempt has stored. Only while it is blank, so that what was streamed stays valid.
    pub fn adopt(&mut self, earlier: Vec<Entry>) {
        let has_begun = self.entries.first() == Some(&Entry::StepStart);
        let more = earlier.into_iter().skip_while(|entry| has_begun && *entry == Entry::StepStart);
        self.entries = join_entries(std::mem::take(&mut self.entries).into_iter().chain(more));
    }

    /// Appends to the answer.
    pub fn push_text(&mut self, more: &str) {
        match self.entries.last_mut() {
            Some(Entry::Text { text }) => text.push_str(more),
            _ => self.entries.push(Entry::Text { text: more.to_owned() }),
        }
    }

    /// Appends to the reasoning.
    pub fn push_reasoning(&mut self, more: &str) {
        match self.entries.last_mut() {
            Some(Entry::Reasoning { text }) => text.push_str(more),
            _ => self.entries.push(Entry::Reasoning { text: more.to_owned() }),
        }
    }

    /// Adds a page that the answer cites, unless it is known, or there are too many.
    pub fn push_source(&mut self, source: Source) {
        let known = self.entries.iter().filter_map(|entry| match entry {
            Entry::Source { source } => Some(source.url()),
            _ => None,
        });
        let (mut count, mut is_known) = (0, false);
        for url in known {
            count += 1;
            is_known |= url == source.url();
        }
        if !is_known && count < MAX_SOURCES {
            self.entries.push(Entry::Source { source });
        }
    }

    /// The position after everything that is written.
    pub fn end(&self) -> ReplyPosition {
        match self.entries.last() {
            Some(last) if last.grows() => ReplyPosition { entry: self.entries.len() - 1, offset: last.size() },
            _ => ReplyPosition { entry: self.entries.len(), offset: 0 },
        }
    }

    /// The length of the log after `position`.
    pub fn size_since(&self, position: ReplyPosition) -> usize {
        size_of(self.entries.get(position.entry..).unwrap_or_default()) - position.offset
    }

    /// The entries between two positions; the first and the last may be split.
    pub fn between(&self, from: ReplyPosition, to: ReplyPosition) -> Vec<Entry> {
        let piece = |(number, entry): (usize, &Entry)| {
            let start = if number == from.entry { from.offset } else { 0 };
            let end = if number == to.entry { to.offset } else { entry.size() };
            entry.between(start, end)
        };
        self.entries.iter().enumerate().take(to.entry + 1).skip(from.entry).filter_map(piece).collect()
    }

    /// The largest position at most `size` after `from`, between two characters and never within an atomic entry.
    pub fn advance(&self, from: ReplyPosition, size: usize) -> ReplyPosition {
        let (mut left, mut position) = (size, from);
        while let Some(entry) = self.entries.get(position.entry) {
            let rest = entry.size() - position.offset;
            let is_last = position.entry + 1 == self.entries.len();
            if entry.grows() && (rest > left || is_last) {
                let offset = entry.text().floor_char_boundary(position.offset + left.min(rest));
                return ReplyPosition { offset, ..position };
            }
            if rest > left {
                break;
            }
            left -= rest;
            position = ReplyPosition { entry: position.entry + 1, offset: 0 };
        }
        position
    }

    /// The answer without the reasoning.
    pub fn content(&self) -> String {
        content_of(&self.entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_is_cited_once_and_not_too_many() {
        let mut reply = Reply::new("m1".parse().unwrap(), None);
        let source = |page: usize| Source::new(&format!("https://example.com/{page}"), None).unwrap();
        for page in (0..MAX_SOURCES).chain(0..MAX_SOURCES) {
            reply.push_source(source(page));
        }
        assert_eq!(reply.entries.len(), MAX_SOURCES);
        reply.push_source(source(MAX_SOURCES));
        assert_eq!(reply.entries.len(), MAX_SOURCES);
    }
}
