//! What is done with the entries of a log together.

use super::entry::Entry;

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
            _ => {}
        }
    }
    content
}

#[cfg(test)]
mod tests {
    use super::super::tool_call::{CallId, Execution, Outcome};
    use super::*;

    fn text(text: &str) -> Entry {
        Entry::Text { text: text.to_owned() }
    }

    fn log() -> Vec<Entry> {
        let end = |model: &str| Entry::StepEnd { model: Some(model.to_owned()), usage: None };
        let thought = Entry::Reasoning { text: "hm".to_owned() };
        let call = CallId::named("1");
        let called = Entry::ToolCall {
            call: call.clone(),
            tool: "look".to_owned(),
            input: "{\"at\": 1}".to_owned(),
            execution: Execution::Server,
        };
        let output = Entry::ToolOutput { call, tool: "look".to_owned(), outcome: Outcome::error("too dark") };
        let first = [Entry::StepStart, thought, text("Wärme"), called, end("a"), output];
        first.into_iter().chain([Entry::StepStart, text("kommt"), end("b")]).collect()
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
