//! What a server says twice.

/// After so many pieces, one that is just what all of them say is a repetition: no reply says everything again in a single token.
const PIECES: usize = 3;

/// What was said so far, by which is known what is said again.
#[derive(Default)]
pub struct Repetition {
    said: String,
    pieces: usize,
}

impl Repetition {
    /// Reads a piece and returns what of it is new. `is_end` if the server says with it that the reply ends.
    pub fn read_piece(&mut self, text: String, is_end: bool) -> String {
        if is_end && self.pieces >= PIECES && text == self.said {
            return String::new();
        }
        if !text.is_empty() {
            self.pieces = self.pieces.saturating_add(1);
            self.said.push_str(&text);
        }
        text
    }

    /// Reads the whole message and returns what of it was not said. Where it differs from what was said, it stays at that.
    pub fn read_whole(&mut self, text: &str) -> String {
        let new = text.strip_prefix(self.said.as_str()).unwrap_or_default().to_owned();
        self.said.push_str(&new);
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_whole_message_only_what_was_not_said_is_new() {
        for (said, whole, new) in [
            ("", "All is well.", "All is well."),
            ("All is", "All is well.", " well."),
            ("All is well.", "All is well.", ""),
        ] {
            let mut repetition = Repetition::default();
            repetition.read_piece(said.to_owned(), false);
            assert_eq!(repetition.read_whole(whole), new, "{said}");
            assert_eq!(repetition.read_whole(whole), "", "{said}");
        }
    }

    #[test]
    fn what_was_shown_stays_when_the_whole_message_is_another() {
        let mut repetition = Repetition::default();
        repetition.read_piece(" All is well.".to_owned(), false);
        assert_eq!(repetition.read_whole("All is well."), "");
    }

    #[test]
    fn a_last_piece_that_says_everything_again_is_nothing_new() {
        let mut repetition = Repetition::default();
        for piece in ["All", " is", " well."] {
            assert_eq!(repetition.read_piece(piece.to_owned(), false), piece);
        }
        assert_eq!(repetition.read_piece("All is well.".to_owned(), true), "");
    }

    #[test]
    fn a_reply_may_repeat_itself() {
        let mut repetition = Repetition::default();
        for piece in ["ha", "ha", "haha"] {
            assert_eq!(repetition.read_piece(piece.to_owned(), false), piece);
        }
        assert_eq!(Repetition { said: "ha".to_owned(), pieces: 1 }.read_piece("ha".to_owned(), true), "ha");
    }
}
