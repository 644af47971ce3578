//! The length of values as JSON.

use std::io;

use serde::Serialize;

/// The bytes that a character takes in a JSON string.
pub fn json_bytes(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        other => other.len_utf8(),
    }
}

/// The longest prefix of a text that takes at most this many bytes in a JSON string, cut between characters.
pub fn json_prefix(text: &str, bytes: usize) -> &str {
    let mut taken = 0;
    for (offset, character) in text.char_indices() {
        taken += json_bytes(character);
        if taken > bytes {
            return &text[..offset];
        }
    }
    text
}

/// The bytes of a value as JSON.
pub fn json_length(value: &impl Serialize) -> usize {
    let mut length = Length(0);
    // Strings, numbers and field names, written to a counter: this cannot fail.
    let _ = serde_json::to_writer(&mut length, value);
    length.0
}

struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_value_matches_serdes_output() {
        let value = serde_json::json!({"text": "a \"quote\"\n and é 👋", "numbers": [1, 2.5, null]});
        assert_eq!(json_length(&value), value.to_string().len());
    }

    #[test]
    fn the_length_of_each_character_matches_serdes_output() {
        for character in ('\0'..='\u{2ff}').chain(['世', '👋', '\u{2028}', '\u{10ffff}']) {
            let written = serde_json::to_string(&character).unwrap().len() - 2;
            assert_eq!(json_bytes(character), written, "{character:?}");
        }
    }
}
