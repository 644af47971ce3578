//! Cursors: where a page ended, as opaque text for the client.
//!
//! A cursor begins with a fingerprint of its scope: the user, the operation and its parameters. That catches cursors
//! used elsewhere by mistake; what a user may reach is decided by the keys of the table and never by this.

use ring::digest::{SHA256, digest};

use super::branch_reader::BranchPosition;
use crate::conversation::{MessageId, Tip};
use crate::db::{HistoryPosition, PieceName};
use crate::error::ChatError;

/// Separates the parts. Ids contain none.
const SEPARATOR: char = '#';

/// How many bytes of the fingerprint are kept.
const FINGERPRINT: usize = 8;

/// What a cursor belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(String);

impl Scope {
    /// The scope of one query: the user and the parameters.
    pub fn of(question: &[&str]) -> Self {
        // Lengths distinguish queries whose parts, joined, are the same text.
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
    /// It is not of this scope, or does not have this many parts.
    pub fn read<'a, const PARTS: usize>(&self, cursor: &'a str) -> Result<[&'a str; PARTS], ChatError> {
        let parts = cursor.strip_prefix(self.0.as_str()).and_then(|rest| rest.strip_prefix(SEPARATOR));
        let parts: Option<Vec<&str>> = parts.map(|parts| parts.split(SEPARATOR).collect());
        parts.and_then(|parts| parts.try_into().ok()).ok_or_else(foreign)
    }
}

/// The tip of a branch, as a part of a cursor.
pub fn tip_part(tip: &Tip) -> String {
    match tip {
        Tip::At(message) => format!("={message}"),
        Tip::Before(message) => format!("<{message}"),
    }
}

/// The tip that this part of a cursor encodes.
///
/// # Errors
/// It is malformed.
pub fn tip_from(part: &str) -> Result<Tip, ChatError> {
    match part.split_at_checked(1) {
        Some(("=", message)) => Ok(Tip::At(message.parse().map_err(|_| foreign())?)),
        Some(("<", message)) => Ok(Tip::Before(message.parse().map_err(|_| foreign())?)),
        _ => Err(foreign()),
    }
}

/// A position on a branch, as three parts of a cursor.
pub fn branch_position_parts(position: &BranchPosition) -> [String; 3] {
    let [message, piece] = history_position_parts(&position.at);
    [position.segment.to_string(), message, piece]
}

/// The position that these three parts of a cursor encode.
///
/// # Errors
/// They are malformed.
pub fn branch_position_from([segment, message, piece]: [&str; 3]) -> Result<BranchPosition, ChatError> {
    Ok(BranchPosition { segment: count_from(segment)?, at: history_position_from([message, piece])? })
}

/// A position in a conversation's history, as two parts of a cursor.
pub fn history_position_parts(at: &HistoryPosition) -> [String; 2] {
    // Names of pieces may contain the separator, and no dot.
    let piece = |name: &PieceName| name.as_str().replace(SEPARATOR, ".");
    match at {
        HistoryPosition::Oldest => ["[".to_owned(), String::new()],
        HistoryPosition::Newest => ["]".to_owned(), String::new()],
        HistoryPosition::Before(message) => [format!("<{message}"), String::new()],
        HistoryPosition::After(message) => [format!(">{message}"), String::new()],
        HistoryPosition::Message(message) => [format!("={message}"), String::new()],
        HistoryPosition::Piece(message, name) => [format!("={message}"), piece(name)],
        HistoryPosition::Past(message, name) => [format!("/{message}"), piece(name)],
    }
}

/// The position that these two parts of a cursor encode.
///
/// # Errors
/// They are malformed.
pub fn history_position_from([message, piece]: [&str; 2]) -> Result<HistoryPosition, ChatError> {
    let (kind, message) = message.split_at_checked(1).ok_or_else(foreign)?;
    let named = || message.parse::<MessageId>().map_err(|_| foreign());
    let piece_named = || piece.replace('.', "#").parse::<PieceName>().map_err(|_| foreign());
    Ok(match (kind, piece) {
        ("[", "") => HistoryPosition::Oldest,
        ("]", "") => HistoryPosition::Newest,
        ("<", "") => HistoryPosition::Before(named()?),
        (">", "") => HistoryPosition::After(named()?),
        ("=", "") => HistoryPosition::Message(named()?),
        ("=", _) => HistoryPosition::Piece(named()?, piece_named()?),
        ("/", _) => HistoryPosition::Past(named()?, piece_named()?),
        _ => return Err(foreign()),
    })
}

/// The count that this part of a cursor encodes.
///
/// # Errors
/// It is malformed.
pub fn count_from(part: &str) -> Result<usize, ChatError> {
    part.parse().map_err(|_| foreign())
}

/// The error for a cursor of another query.
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
    fn a_history_position_round_trips() {
        let (message, name): (MessageId, PieceName) = ("m1".parse().unwrap(), "01#000005".parse().unwrap());
        for at in [
            HistoryPosition::Oldest,
            HistoryPosition::Newest,
            HistoryPosition::Before(message.clone()),
            HistoryPosition::After(message.clone()),
            HistoryPosition::Message(message.clone()),
            HistoryPosition::Piece(message.clone(), name.clone()),
            HistoryPosition::Past(message.clone(), PieceName::tail()),
        ] {
            let [written, piece] = history_position_parts(&at);
            assert!(!written.contains(SEPARATOR) && !piece.contains(SEPARATOR), "{written} {piece}");
            assert_eq!(history_position_from([&written, &piece]).unwrap(), at);
        }
        for parts in [["", ""], ["=", ""], ["=m1", "x"], ["/m1", ""], ["é", ""], ["[m", "1"], ["=a b", ""]] {
            assert!(history_position_from(parts).is_err(), "{parts:?}");
        }
    }

    #[test]
    fn a_malformed_cursor_is_rejected() {
        let scope = Scope::of(&["alice", "list"]);
        let cursor = scope.cursor(&["17", "c"]);
        for text in ["", "#", "17#c", &cursor[..16], &cursor[1..], &format!("{cursor}#more"), "\u{0}", "é"] {
            assert!(scope.read::<2>(text).is_err(), "{text:?}");
        }
    }
}
