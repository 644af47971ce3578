//! Finding a text in another, whatever the case of its letters.

use std::ops::Range;

/// How much is shown around a hit, in characters on each side.
const AROUND: usize = 60;

/// A text to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(Vec<char>);

impl Query {
    /// The query for a text.
    pub fn new(text: &str) -> Self {
        Self(text.chars().flat_map(char::to_lowercase).collect())
    }

    /// Where the text comes first, in bytes.
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        let first = *self.0.first()?;
        text.char_indices().find_map(|(start, character)| {
            // Most characters are not the first of the query: they are passed over without a closer look.
            let may_begin = character.to_lowercase().next() == Some(first);
            let end = if may_begin { self.end_of_match(&text[start..]) } else { None };
            end.map(|end| start..start + end)
        })
    }

    // Where the match at the beginning of the text ends, if there is one.
    fn end_of_match(&self, text: &str) -> Option<usize> {
        let mut wanted = self.0.iter();
        for (start, character) in text.char_indices() {
            for lower in character.to_lowercase() {
                match wanted.next() {
                    Some(next) if *next == lower => {}
                    // The query ends within what one capital letter becomes.
                    None => break,
                    Some(_) => return None,
                }
            }
            if wanted.len() == 0 {
                return Some(start + character.len_utf8());
            }
        }
        None
    }
}

/// The hit with what is around it, on one line; `…` where more comes.
pub fn snippet(text: &str, hit: &Range<usize>) -> String {
    let before = text[..hit.start].char_indices().rev().nth(AROUND).map(|(start, _)| start);
    let after = text[hit.end..].char_indices().nth(AROUND).map(|(end, _)| hit.end + end);
    let shown = &text[before.unwrap_or(0)..after.unwrap_or(text.len())];
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let mark = |is_cut: bool| if is_cut { "…" } else { "" };
    format!("{}{line}{}", mark(before.is_some()), mark(after.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_whatever_the_case_of_its_letters() {
        for (text, query, found) in [
            ("Say hello, World", "HELLO", Some("hello")),
            ("GRÜSSE aus Łódź", "łódź", Some("Łódź")),
            ("ΚΑΛΗΜΕΡΑ", "καλημερα", Some("ΚΑΛΗΜΕΡΑ")),
            ("İstanbul", "i\u{307}stan", Some("İstan")),
            ("aab", "ab", Some("ab")),
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
    fn a_snippet_shows_what_is_around_a_hit() {
        let text = format!("{} the\n needle é {}", "ä".repeat(100), "b".repeat(100));
        let hit = Query::new("NEEDLE").find(&text).unwrap();
        let shown = snippet(&text, &hit);
        assert!(shown.starts_with("…ä") && shown.ends_with("b…") && shown.contains(" the needle é "), "{shown}");
        assert!(shown.chars().count() < 2 * AROUND + 10);
        assert_eq!(snippet("a needle", &(2..8)), "a needle");
    }
}
