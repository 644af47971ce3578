//! Provisional titles.

/// The longest title that is made from a message.
const MAX_CHARACTERS: usize = 60;

/// The first words of a message, on one line: a conversation's name until it has a title. `None` if there are none.
pub fn first_words(text: &str) -> Option<String> {
    let mut words = String::new();
    let mut characters = 0;
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if word.is_empty() {
            continue;
        }
        let with_word = characters + usize::from(characters > 0) + word.chars().count();
        if with_word > MAX_CHARACTERS {
            if words.is_empty() {
                words.extend(word.chars().take(MAX_CHARACTERS));
            }
            return Some(words + "…");
        }
        if characters > 0 {
            words.push(' ');
        }
        words.push_str(word);
        characters = with_word;
    }
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_named_by_the_first_words_of_a_message() {
        assert_eq!(first_words("  Hello,\n 世界! ").as_deref(), Some("Hello, 世界!"));
        assert_eq!(first_words(" \n\u{0}"), None);
        let long = first_words(&"word ".repeat(100)).unwrap();
        assert_eq!(long, format!("{}word…", "word ".repeat(11)));
        assert_eq!(first_words(&"長".repeat(100)).unwrap(), format!("{}…", "長".repeat(60)));
    }
}
