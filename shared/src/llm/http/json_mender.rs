//! Repairs almost valid JSON, as some servers send it.

/// Repairs JSON that serde rejects: half of a surrogate pair, a line break in a string, an unknown escape, and invalid
/// numbers (`NaN`, `-Infinity`, `1e999`). Valid JSON stays as it is.
#[derive(Default)]
pub struct JsonMender {
    // The first half of a surrogate pair at the end of the last string. The second may begin the next.
    first_half: Option<u16>,
}

impl JsonMender {
    /// The JSON that `text` was meant to be.
    pub fn mend(&mut self, text: &str) -> String {
        let mut mended = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let Some(byte) = rest.first() {
            rest = match byte {
                b'"' => self.mend_text(&rest[1..], &mut mended),
                b'-' if rest.get(1).is_some_and(u8::is_ascii_alphabetic) => &rest[1..],
                b'-' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => mend_literal(rest, &mut mended),
                _ => {
                    mended.push(*byte);
                    &rest[1..]
                }
            };
        }
        String::from_utf8_lossy(&mended).into_owned()
    }

    // After the string's opening quotation mark.
    fn mend_text<'a>(&mut self, mut rest: &'a [u8], mended: &mut Vec<u8>) -> &'a [u8] {
        mended.push(b'"');
        let mut is_first = true;
        while let Some((byte, behind)) = rest.split_first() {
            rest = behind;
            match byte {
                b'"' => {
                    mended.push(b'"');
                    return rest;
                }
                b'\\' => rest = self.mend_escape(rest, is_first, mended),
                0..0x20 => push_unit(u16::from(*byte), mended),
                _ => mended.push(*byte),
            }
            is_first = false;
        }
        rest
    }

    // After the backslash.
    fn mend_escape<'a>(&mut self, rest: &'a [u8], is_first: bool, mended: &mut Vec<u8>) -> &'a [u8] {
        let Some(unit) = unit(rest) else {
            let is_escape = rest.first().is_some_and(|byte| b"\"\\/bfnrt".contains(byte));
            mended.extend_from_slice(if is_escape { b"\\" } else { b"\\\\" });
            // The escaped character may be a quotation mark.
            let (escaped, behind) = rest.split_at(usize::from(is_escape));
            mended.extend_from_slice(escaped);
            return behind;
        };
        let behind = &rest[5..];
        match unit {
            0xD800..0xDC00 => match behind.strip_prefix(b"\\").and_then(|next| Some((self::unit(next)?, next))) {
                Some((second @ 0xDC00..0xE000, next)) => {
                    push_unit(unit, mended);
                    push_unit(second, mended);
                    return &next[5..];
                }
                _ if behind.first() == Some(&b'"') => self.first_half = Some(unit),
                _ => push_unit(0xFFFD, mended),
            },
            0xDC00..0xE000 => match self.first_half.take().filter(|_| is_first) {
                Some(first) => {
                    push_unit(first, mended);
                    push_unit(unit, mended);
                }
                None => push_unit(0xFFFD, mended),
            },
            unit => push_unit(unit, mended),
        }
        behind
    }
}

// The number of `u0041`.
fn unit(escape: &[u8]) -> Option<u16> {
    let digits = escape.strip_prefix(b"u")?.get(..4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn push_unit(unit: u16, mended: &mut Vec<u8>) {
    mended.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
}

// A number or a word. What is neither a number nor one of JSON's words becomes null.
fn mend_literal<'a>(rest: &'a [u8], mended: &mut Vec<u8>) -> &'a [u8] {
    let is_literal = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let end = rest.iter().position(|byte| !is_literal(byte)).unwrap_or(rest.len());
    let (literal, rest) = rest.split_at(end);
    let number = || std::str::from_utf8(literal).ok()?.parse::<f64>().ok();
    let is_number = !literal[0].is_ascii_alphabetic() && number().is_some_and(f64::is_finite);
    // The last belongs to the end mark of a stream, `[DONE]`.
    let is_json = is_number || matches!(literal, b"true" | b"false" | b"null" | b"DONE");
    mended.extend_from_slice(if is_json { literal } else { b"null" });
    rest
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_not_json_becomes_what_it_was_meant_to_be() {
        for (text, meant) in [
            (
                r#"{"a":NaN,"b":-Infinity,"c":1e999,"d":[Infinity,-1.5e3]}"#,
                json!({"a":null,"b":null,"c":null,"d":[null,-1.5e3]}),
            ),
            (r#"{"a":None,"b":true}"#, json!({"a":null,"b":true})),
            ("\"two\nlines\tand a tab\"", json!("two\nlines\tand a tab")),
            (r#""\d \' \" \\ \/ \n \u00e9""#, json!("\\d \\' \" \\ / \n é")),
            (r#""half \ud83d of it""#, json!("half \u{fffd} of it")),
            (r#""\ude00""#, json!("\u{fffd}")),
            (r#""\ud83d\ude00 \ud83d\u0041""#, json!("😀 \u{fffd}A")),
            (r#"{"a":"NaN, \"1e999\""}"#, json!({"a":"NaN, \"1e999\""})),
        ] {
            let mended = JsonMender::default().mend(text);
            assert_eq!(serde_json::from_str::<Value>(&mended).ok(), Some(meant), "{text} became {mended}");
        }
    }

    #[test]
    fn json_stays_as_it_is() {
        let text = r#"{"a":[1,-2.5,1e3,true,false,null],"b":"é \" \\ 世界"}"#;
        assert_eq!(JsonMender::default().mend(text), text);
    }

    #[test]
    fn the_halves_of_a_character_in_two_texts_become_one() {
        let mut mender = JsonMender::default();
        assert_eq!(mender.mend(r#"["a\ud83d"]"#), r#"["a"]"#);
        assert_eq!(mender.mend(r#"["b"]"#), r#"["b"]"#);
        assert_eq!(mender.mend(r#"["\ude00c"]"#), r#"["\ud83d\ude00c"]"#);
    }

    #[test]
    fn what_ends_too_early_is_not_mended() {
        for text in ["{\"a\":\"b", "{\"a\":\"\\", "{\"a\":\"\\u00", "{\"a\":-", "\"\\ud83d"] {
            let mended = JsonMender::default().mend(text);
            assert!(serde_json::from_str::<Value>(&mended).is_err(), "{text} became {mended}");
        }
    }
}
