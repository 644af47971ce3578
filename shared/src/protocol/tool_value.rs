//! The arguments and outputs of tools, as clients get them.

use std::borrow::Cow;

use serde_json::Value;

use super::json_length::{json_bytes, json_length};
use crate::conversation::{Outcome, OutcomeKind};

/// The longest value in one frame, in bytes of JSON: a value cannot be split over frames. What is longer is shown as a
/// text that is cut, and can be read whole by the operation `messages.output`.
pub const MAX_SHOWN_BYTES: usize = 20 * 1024;

/// What is put behind a value that is cut.
const CUT: &str = " … [cut]";

/// The arguments of a call: what the model wrote, as JSON if it is JSON.
pub fn shown_input(input: &str) -> Value {
    shown(serde_json::from_str(input).unwrap_or_else(|_| Value::String(input.to_owned())), input)
}

/// The output of a call that has one.
pub fn shown_output(outcome: &Outcome) -> Value {
    if let Some(json) = &outcome.shown {
        return shown_input(json);
    }
    let text = || Value::String(outcome.text.clone());
    let value = match outcome.kind {
        OutcomeKind::Json | OutcomeKind::Parts => serde_json::from_str(&outcome.text).unwrap_or_else(|_| text()),
        OutcomeKind::Text | OutcomeKind::Error | OutcomeKind::Denied | OutcomeKind::Unknown => text(),
    };
    shown(value, &outcome.text)
}

/// A sentence, cut like a value.
pub fn shown_sentence(sentence: &str) -> Cow<'_, str> {
    if json_length(&sentence) > MAX_SHOWN_BYTES { Cow::Owned(cut(sentence)) } else { Cow::Borrowed(sentence) }
}

fn shown(value: Value, text: &str) -> Value {
    if json_length(&value) > MAX_SHOWN_BYTES { Value::String(cut(text)) } else { value }
}

fn cut(text: &str) -> String {
    let mut left = MAX_SHOWN_BYTES - 2 * CUT.len();
    let fits = |character: &char| {
        let bytes = json_bytes(*character);
        let fits = bytes <= left;
        left = left.saturating_sub(bytes);
        fits
    };
    text.chars().take_while(fits).chain(CUT.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arguments_are_json_if_the_model_wrote_json() {
        assert_eq!(shown_input(r#"{"at": 1}"#), json!({"at": 1}));
        assert_eq!(shown_input(r#"{"at": "#), json!(r#"{"at": "#));
    }

    #[test]
    fn what_does_not_fit_a_frame_is_cut_with_a_mark() {
        for text in ["x".repeat(100_000), "\u{1}é".repeat(30_000)] {
            let outcome = Outcome::new(OutcomeKind::Text, text);
            let shown = shown_output(&outcome);
            assert!(json_length(&shown) <= MAX_SHOWN_BYTES, "{}", json_length(&shown));
            assert!(shown.as_str().unwrap().ends_with("[cut]"));
        }
        let list = Outcome::new(OutcomeKind::Json, format!("[{}1]", "1,".repeat(20_000)));
        assert!(shown_output(&list).is_string());
    }
}
