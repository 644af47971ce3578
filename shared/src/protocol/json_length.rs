//! How long a text becomes as JSON.

/// The bytes that a character takes in a JSON string.
pub fn json_bytes(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        other => other.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_each_character_is_what_serde_writes() {
        for character in ('\0'..='\u{2ff}').chain(['世', '👋', '\u{2028}', '\u{10ffff}']) {
            let written = serde_json::to_string(&character).unwrap().len() - 2;
            assert_eq!(json_bytes(character), written, "{character:?}");
        }
    }
}
