//! Removes what a server sends twice.

/// From this many pieces on, one that equals all of them together is a repetition: no reply repeats everything in a
/// single token.
const PIECES: usize = 3;

/// The length and hash of the text so far, to detect repetitions.
pub struct Repetition {
    bytes: usize,
    hash: u64,
    pieces: usize,
}

impl Default for Repetition {
    fn default() -> Self {
        Self { bytes: 0, hash: FNV_OFFSET, pieces: 0 }
    }
}

impl Repetition {
    /// Takes a piece and returns what of it is new. `is_end` if the server marks the end of the reply with it.
    pub fn read_piece(&mut self, text: String, is_end: bool) -> String {
        if is_end && self.pieces >= PIECES && self.unsaid(&text) == Some("") {
            return String::new();
        }
        self.add(&text);
        text
    }

    /// Takes the whole message and returns what of it is new. If it differs from the text so far, that stays as it is.
    pub fn read_whole(&mut self, text: &str) -> String {
        let new = self.unsaid(text).unwrap_or_default();
        self.add(new);
        new.to_owned()
    }

    // The rest of `text`, if it begins with the text so far.
    fn unsaid<'a>(&self, text: &'a str) -> Option<&'a str> {
        let (said, unsaid) = text.split_at_checked(self.bytes)?;
        (hash(FNV_OFFSET, said) == self.hash).then_some(unsaid)
    }

    fn add(&mut self, text: &str) {
        self.bytes = self.bytes.saturating_add(text.len());
        self.hash = hash(self.hash, text);
        self.pieces = self.pieces.saturating_add(usize::from(!text.is_empty()));
    }
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

// FNV-1a, continued.
fn hash(begun: u64, text: &str) -> u64 {
    text.bytes().fold(begun, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME))
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
        let mut repetition = Repetition::default();
        assert_eq!(repetition.read_piece("ha".to_owned(), false), "ha");
        assert_eq!(repetition.read_piece("ha".to_owned(), true), "ha");
    }
}
