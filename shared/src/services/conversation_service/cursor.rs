//! Cursors: where a page ended, as text that a client hands back.
//!
//! A cursor begins with a fingerprint of what it belongs to: the user, the operation and what was asked for. That keeps a
//! client from using it elsewhere by mistake; what a user may reach is decided by the keys of the table and never by this.

use ring::digest::{SHA256, digest};

use crate::db::Place;
use crate::error::ChatError;

/// Separates the parts. Ids hold none.
const SEPARATOR: char = '#';

/// So many bytes of the fingerprint.
const FINGERPRINT: usize = 8;

/// What a cursor belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(String);

impl Scope {
    /// The scope of one question: who asks, for what.
    pub fn of(question: &[&str]) -> Self {
        // Lengths keep two questions apart whose parts, one behind the other, are the same text.
        let text: String = question.iter().map(|part| format!("{}:{part}", part.len())).collect();
        let digest = digest(&SHA256, text.as_bytes());
        Self(digest.as_ref().iter().take(FINGERPRINT).map(|byte| format!("{byte:02x}")).collect())
    }

    /// A cursor of this scope.
    pub fn cursor(&self, parts: &[&str]) -> String {
        let parts: String = parts.iter().flat_map(|part| [&SEPARATOR.to_string(), *part].map(str::to_owned)).collect();
        format!("{}{parts}", self.0)
    }

    /// The parts of a cursor.
    ///
    /// # Errors
    /// It is not one of this scope, or it does not have so many parts.
    pub fn read<'a, const PARTS: usize>(&self, cursor: &'a str) -> Result<[&'a str; PARTS], ChatError> {
        let parts = cursor.strip_prefix(self.0.as_str()).and_then(|rest| rest.strip_prefix(SEPARATOR));
        let parts: Option<Vec<&str>> = parts.map(|parts| parts.split(SEPARATOR).collect());
        parts.and_then(|parts| parts.try_into().ok()).ok_or_else(foreign)
    }
}

/// A place among a conversation's messages as two parts of a cursor.
pub fn place_parts(place: &Place) -> [String; 2] {
    let (message, kind) = match place {
        Place::Oldest => ("", "oldest".to_owned()),
        Place::Newest => ("", "newest".to_owned()),
        Place::Before(message) => (message.as_str(), "before".to_owned()),
        Place::After(message) => (message.as_str(), "after".to_owned()),
        Place::Message(message) => (message.as_str(), String::new()),
        Place::Segment(message, number) => (message.as_str(), number.to_string()),
    };
    [message.to_owned(), kind]
}

/// The place that these two parts of a cursor name.
///
/// # Errors
/// They name none.
pub fn place_from([message, kind]: [&str; 2]) -> Result<Place, ChatError> {
    match kind {
        "oldest" => return Ok(Place::Oldest),
        "newest" => return Ok(Place::Newest),
        _ => {}
    }
    let message = message.parse().map_err(|_| foreign())?;
    Ok(match kind {
        "before" => Place::Before(message),
        "after" => Place::After(message),
        "" => Place::Message(message),
        number => Place::Segment(message, number.parse().map_err(|_| foreign())?),
    })
}

/// A cursor that was not made for this question.
pub fn foreign() -> ChatError {
    ChatError::invalid_frame("the cursor is not one of this list; ask for its first page")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_by_the_question_that_made_it_and_by_no_other() {
        let scope = Scope::of(&["alice", "list"]);
        let cursor = scope.cursor(&["17", "c"]);
        assert_eq!(scope.read(&cursor).unwrap(), ["17", "c"]);
        for other in [&["bob", "list"][..], &["alice", "get"], &["alicelist"], &["alice", "list", ""]] {
            assert!(Scope::of(other).read::<2>(&cursor).is_err(), "{other:?}");
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let scope = Scope::of(&["alice", "list"]);
        let cursor = scope.cursor(&["17", "c"]);
        for text in ["", "#", "17#c", &cursor[..16], &cursor[1..], &format!("{cursor}#more"), "\u{0}", "é"] {
            assert!(scope.read::<2>(text).is_err(), "{text:?}");
        }
    }
}
