//! Lone surrogates, as a page sends them that cuts a text within an emoji: JSON can encode them, and UTF-8 cannot.

/// How long `\u0041` is.
const ESCAPE_BYTES: usize = 6;

/// The JSON `text` with each lone surrogate replaced by the replacement character, as browsers and databases do; `None`
/// if there is none.
pub(super) fn replace_lone_surrogates(text: &str) -> Option<String> {
    let mut replaced = String::with_capacity(text.len());
    let (mut rest, mut found) = (text, false);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        replaced.push_str(before);
        let behind = |bytes: usize| escape.get(bytes..).and_then(code_unit);
        let (taken, is_lone) = match (code_unit(escape), behind(ESCAPE_BYTES)) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => (2 * ESCAPE_BYTES, false),
            (Some(0xD800..0xE000), _) => (ESCAPE_BYTES, true),
            // The escaped character may be a backslash.
            _ => (escape.len().min(1 + escape[1..].chars().next().map_or(0, char::len_utf8)), false),
        };
        replaced.push_str(if is_lone { "\\ufffd" } else { &escape[..taken] });
        (rest, found) = (&escape[taken..], found | is_lone);
    }
    replaced.push_str(rest);
    found.then_some(replaced)
}

// The code unit of the escape with which `text` begins.
fn code_unit(text: &str) -> Option<u16> {
    let digits =
        text.strip_prefix("\\u")?.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_surrogate_becomes_the_replacement_character() {
        for (text, expected) in [
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""\ude00 \ud83d\ude00 \uD83Dx""#, r#""\ufffd \ud83d\ude00 \ufffdx""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
        ] {
            assert_eq!(replace_lone_surrogates(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn all_else_stays() {
        for text in [r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\u00e9 \n é""#, "\"\\", "\"\\u", "\"\\ud8", "\"\\é"] {
            assert_eq!(replace_lone_surrogates(text), None, "{text}");
        }
    }
}
