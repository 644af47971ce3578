//! When a person must approve a call.

use serde_json::{Number, Value};

/// When a person must approve a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Approval {
    /// Never.
    Never,
    /// Once in a conversation.
    Once,
    /// Each call.
    Always,
    /// Calls of which the condition holds.
    If(Condition),
}

/// When the arguments of a call need approval: where any of the rules asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The rules.
    pub rules: Vec<Rule>,
}

/// A rule about one argument.
///
/// What it cannot judge needs approval: an argument that is missing or of another type than the test's, and an empty list.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Where the argument is: a JSON Pointer.
    pub pointer: String,
    /// Whether approval is needed if the test holds, or unless it holds.
    pub word: Word,
    /// The test. Of a list it is made of each element: `if` asks whether any passes, `unless` whether all do.
    pub test: Test,
}

/// How a test is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Approval is needed if it holds.
    If,
    /// Approval is needed unless it holds.
    Unless,
}

/// A test of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It is this text, number or truth value.
    Is(Value),
    /// It is one of these.
    OneOf(Vec<Value>),
    /// It is a number above this.
    Over(Number),
    /// It is a number below this.
    Under(Number),
    /// It is a text that begins so.
    StartsWith(String),
    /// It is a text that ends so.
    EndsWith(String),
}

impl Condition {
    /// Whether a call with this input must be approved.
    pub fn is_required(&self, input: &Value) -> bool {
        self.rules.iter().any(|rule| rule.is_required(input))
    }
}

impl Rule {
    fn is_required(&self, input: &Value) -> bool {
        let Some(value) = input.pointer(&self.pointer) else { return true };
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        // `None`: the test cannot judge the value.
        let passes: Option<Vec<bool>> = values.iter().map(|value| self.test.passes(value)).collect();
        match (passes.as_deref(), self.word) {
            (None | Some([]), _) => true,
            (Some(passes), Word::If) => passes.contains(&true),
            (Some(passes), Word::Unless) => passes.contains(&false),
        }
    }
}

impl Test {
    fn passes(&self, value: &Value) -> Option<bool> {
        match self {
            Test::Is(expected) => equals(value, expected),
            Test::OneOf(allowed) => {
                let mut same = allowed.iter().filter_map(|allowed| equals(value, allowed)).peekable();
                same.peek().is_some().then(|| same.any(|same| same))
            }
            Test::Over(bound) => Some(compare(value.as_number()?, bound)?.is_gt()),
            Test::Under(bound) => Some(compare(value.as_number()?, bound)?.is_lt()),
            Test::StartsWith(start) => Some(value.as_str()?.starts_with(start.as_str())),
            Test::EndsWith(end) => Some(value.as_str()?.ends_with(end.as_str())),
        }
    }
}

// `None` if the two are of different types.
fn equals(value: &Value, expected: &Value) -> Option<bool> {
    match (value, expected) {
        (Value::String(value), Value::String(expected)) => Some(value == expected),
        (Value::Bool(value), Value::Bool(expected)) => Some(value == expected),
        (Value::Number(value), Value::Number(expected)) => Some(compare(value, expected)?.is_eq()),
        _ => None,
    }
}

// Whole numbers exactly: as a float, 2^53 + 1 would be 2^53.
fn compare(value: &Number, bound: &Number) -> Option<std::cmp::Ordering> {
    match (value.as_i128(), bound.as_i128()) {
        (Some(value), Some(bound)) => Some(value.cmp(&bound)),
        _ => value.as_f64()?.partial_cmp(&bound.as_f64()?),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn required(word: Word, pointer: &str, test: Test, input: Value) -> bool {
        Condition { rules: vec![Rule { pointer: pointer.to_owned(), word, test }] }.is_required(&input)
    }

    fn over(bound: i64) -> Test {
        Test::Over(bound.into())
    }

    #[test]
    fn a_call_needs_approval_where_its_argument_passes_the_test_of_an_if() {
        let cases = [
            (over(100), json!(101), true),
            (over(100), json!(100), false),
            (over(100), json!(100.5), true),
            (over(i64::MAX - 1), json!(i64::MAX), true),
            (over(100), json!(u64::MAX), true),
            (over(100), json!(1e300), true),
            (Test::Under(0.into()), json!(-1), true),
            (Test::Under(0.into()), json!(0), false),
            (Test::Is(json!("prod")), json!("prod"), true),
            (Test::Is(json!("prod")), json!("test"), false),
            (Test::Is(json!(1)), json!(1.0), true),
            (Test::Is(json!(true)), json!(false), false),
            (Test::OneOf(vec![json!("EUR"), json!("USD")]), json!("USD"), true),
            (Test::OneOf(vec![json!("EUR"), json!("USD")]), json!("GBP"), false),
            (Test::OneOf(vec![json!("none"), json!(0)]), json!(1), false),
            (Test::StartsWith("/etc/".to_owned()), json!("/etc/hosts"), true),
            (Test::StartsWith("/etc/".to_owned()), json!("/tmp"), false),
        ];
        for (test, value, expected) in cases {
            let shown = format!("{test:?} of {value}");
            assert_eq!(required(Word::If, "/a/b", test, json!({"a": {"b": value}})), expected, "{shown}");
        }
    }

    #[test]
    fn unless_turns_a_test_around() {
        let ours = || Test::EndsWith("@example.com".to_owned());
        assert!(!required(Word::Unless, "/to", ours(), json!({"to": "a@example.com"})));
        assert!(required(Word::Unless, "/to", ours(), json!({"to": "a@example.org"})));
    }

    #[test]
    fn what_cannot_be_judged_needs_approval() {
        for word in [Word::If, Word::Unless] {
            for input in
                [json!({}), json!({"n": null}), json!({"n": "101"}), json!({"n": {}}), json!({"n": []}), json!(7)]
            {
                assert!(required(word, "/n", over(100), input.clone()), "{word:?} {input}");
            }
            assert!(required(word, "/n", Test::OneOf(vec![json!("a")]), json!({"n": 1})));
        }
    }

    #[test]
    fn each_element_of_a_list_is_tested() {
        let ours = || Test::EndsWith("@example.com".to_owned());
        let to = |list: &[&str]| json!({ "to": list });
        assert!(!required(Word::Unless, "/to", ours(), to(&["a@example.com", "b@example.com"])));
        assert!(required(Word::Unless, "/to", ours(), to(&["a@example.com", "b@example.org"])));
        assert!(required(Word::If, "/to", ours(), to(&["b@example.org", "a@example.com"])));
        assert!(!required(Word::If, "/to", ours(), to(&["b@example.org"])));
        assert!(required(Word::If, "/to", ours(), json!({"to": ["b@example.org", 7]})), "one cannot be judged");
    }

    #[test]
    fn one_rule_that_asks_is_enough() {
        let rule = |pointer: &str| Rule { pointer: pointer.to_owned(), word: Word::If, test: over(100) };
        let condition = Condition { rules: vec![rule("/a"), rule("/b")] };
        assert!(condition.is_required(&json!({"a": 1, "b": 101})));
        assert!(!condition.is_required(&json!({"a": 1, "b": 1})));
    }
}
