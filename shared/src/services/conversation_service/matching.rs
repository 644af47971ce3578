//! Finds a text in another, in time linear in the length of the other.

use std::ops::Range;

use memchr::memmem;

use super::text_normalization::{clusters, is_mark, normalize};

/// How many characters are shown on each side of a hit, and of the hit itself.
const AROUND: usize = 60;
const MAX_HIT: usize = 200;

/// A text to search for.
#[derive(Debug, Clone)]
pub struct Query(memmem::Finder<'static>);

impl Query {
    /// The query for a text.
    pub fn new(text: &str) -> Self {
        Self(memmem::Finder::new(normalize(text).as_bytes()).into_owned())
    }

    /// The most bytes of a text that one hit spans.
    pub fn max_bytes(&self) -> usize {
        // No character is more than three times as long as what it folds to.
        3 * self.0.needle().len()
    }

    /// The byte range of the first match. Matches are whole characters: a letter without its accent is another letter.
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        let normalized = normalize(text);
        let length = Some(self.0.needle().len()).filter(|length| *length > 0)?;
        let mut from = 0;
        loop {
            let start = from + self.0.find(&normalized.as_bytes()[from..])?;
            let end = start + length;
            if !normalized[end..].chars().next().is_some_and(is_mark) {
                return Some(original_range(text, &normalized, start..end));
            }
            from = start + 1;
        }
    }
}

// The range of a text that became this range of the normalized text: a partly matched character counts as matched.
fn original_range(text: &str, normalized: &str, hit: Range<usize>) -> Range<usize> {
    if normalized.len() == text.len() && text.is_ascii() {
        return hit;
    }
    let mut behind = 0;
    let mut start = None;
    for (offset, cluster) in clusters(text) {
        behind += normalize(cluster).len();
        if behind > hit.start {
            start = start.or(Some(offset));
        }
        if behind >= hit.end {
            return start.unwrap_or(offset)..offset + cluster.len();
        }
    }
    start.unwrap_or(text.len())..text.len()
}

/// The hit with its surroundings, on one line; `…` where the text goes on.
pub fn snippet(text: &str, hit: &Range<usize>) -> String {
    let end = text[hit.start..].char_indices().nth(MAX_HIT).map_or(hit.end, |(end, _)| hit.end.min(hit.start + end));
    let before = text[..hit.start].char_indices().rev().nth(AROUND).map(|(start, _)| start);
    let after = text[end..].char_indices().nth(AROUND).map(|(after, _)| end + after);
    let shown = &text[before.unwrap_or(0)..after.unwrap_or(text.len())];
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let mark = |is_cut: bool| if is_cut { "…" } else { "" };
    format!("{}{line}{}", mark(before.is_some()), mark(after.is_some()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_found_regardless_of_case_and_accent_encoding() {
        for (text, query, found) in [
            ("Say hello, World", "HELLO", Some("hello")),
            ("GRÜSSE aus Łódź", "łódź", Some("Łódź")),
            ("Die Größe", "GRÖSSE", Some("Größe")),
            ("DIE GROẞE", "große", Some("GROẞE")),
            ("ein Fuß", "s", Some("ß")),
            ("ΚΑΛΗΜΕΡΑ", "καλημερα", Some("ΚΑΛΗΜΕΡΑ")),
            ("ὁ λόγος ἦν", "ΛΌΓΟΣ", Some("λόγος")),
            ("ΛΌΓΟΣ", "λόγος", Some("ΛΌΓΟΣ")),
            ("İstanbul", "i\u{307}stan", Some("İstan")),
            ("un café noir", "CAFE\u{301}", Some("café")),
            ("un cafe\u{301} noir", "café", Some("cafe\u{301}")),
            ("un cafe\u{301} noir", "cafe", None),
            ("un café noir", "cafe", None),
            ("a\u{323}\u{307}", "a\u{307}\u{323}", Some("a\u{323}\u{307}")),
            ("the ﬁrst", "FIR", Some("ﬁr")),
            ("300 \u{212a}", "300 k", Some("300 \u{212a}")),
            ("aab", "ab", Some("ab")),
            ("x\u{301}xx\u{301}x x", "x ", Some("x ")),
            ("こんにちは", "にち", Some("にち")),
            ("👩‍👩‍👧", "👩", Some("👩")),
            ("abc", "abcd", None),
            ("", "a", None),
            ("abc", "", None),
        ] {
            assert_eq!(Query::new(query).find(text).map(|hit| &text[hit]), found, "{query} in {text}");
        }
    }

    #[test]
    fn a_snippet_shows_the_text_around_a_hit() {
        let text = format!("{} the\n needle é {}", "ä".repeat(100), "b".repeat(100));
        let hit = Query::new("NEEDLE").find(&text).unwrap();
        let shown = snippet(&text, &hit);
        assert!(shown.starts_with("…ä") && shown.ends_with("b…") && shown.contains(" the needle é "), "{shown}");
        assert!(shown.chars().count() < 2 * AROUND + 10);
        assert_eq!(snippet("a needle", &(2..8)), "a needle");
    }

    #[test]
    fn a_snippet_is_short_however_many_accents_a_letter_has() {
        let text = format!("e{}!", "\u{301}".repeat(10_000));
        let hit = Query::new(&text[..1 + 2 * 10_000]).find(&text).unwrap();
        assert_eq!(snippet(&text, &hit).chars().count(), MAX_HIT + AROUND + 1);
    }

    proptest! {
        #[test]
        fn a_match_contains_the_query(
            before in "[a-cßé\u{301}Σ한 ]{0,6}", wanted in "[a-cßéΣ한ﬁİ][a-cßé\u{301}Σ한ﬁİ]{0,4}", after in "[a-cßé한 ]{0,6}",
        ) {
            let text = format!("{before}{wanted}{after}");
            let upper = wanted.to_uppercase();
            let query = Query::new(&upper);
            let hit = query.find(&text).expect("it is there");
            prop_assert!(hit.len() <= query.max_bytes());
            prop_assert!(normalize(&text[hit]).contains(&*normalize(&wanted)));
        }
    }
}
