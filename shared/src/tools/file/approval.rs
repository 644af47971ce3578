//! When a call needs approval, as a file says it: `"always"`, or `{ if = "amount", over = 100 }`.

use serde_json::Value;
use toml::de::DeValue;

use crate::toml_file::{Collector, Fields, Placed, json};
use crate::tools::approval::{Approval, Condition, Rule, Test, Word};

const EXPECTED: &str =
    r#"must be "never", "once", "always", a rule such as { if = "amount", over = 100 }, or a list of rules"#;
const TESTS: &str = "is, one_of, over, under, starts_with, ends_with";

/// Reads it. Of a mistaken value it is always needed.
pub(super) fn approval(value: Option<&Placed<'_>>, mistakes: &mut Collector<'_>) -> Approval {
    let Some(value) = value else { return Approval::Never };
    let rules: Vec<&Placed<'_>> = match value.get_ref() {
        DeValue::String(word) => match word.as_ref() {
            "never" => return Approval::Never,
            "once" => return Approval::Once,
            "always" => return Approval::Always,
            _ => Vec::new(),
        },
        DeValue::Table(_) => vec![value],
        DeValue::Array(rules) => rules.iter().collect(),
        _ => Vec::new(),
    };
    if rules.is_empty() {
        mistakes.add(value.span(), format!("approval {EXPECTED}"));
        return Approval::Always;
    }
    let rules: Option<Vec<Rule>> = rules.into_iter().map(|value| rule(value, mistakes)).collect();
    rules.map_or(Approval::Always, |rules| Approval::If(Condition { rules }))
}

fn rule(value: &Placed<'_>, mistakes: &mut Collector<'_>) -> Option<Rule> {
    let Some(table) = value.get_ref().as_table() else {
        mistakes.add(value.span(), format!("approval {EXPECTED}"));
        return None;
    };
    let mut fields = Fields::new(table, value.span());
    let words = [("if", Word::If), ("unless", Word::Unless)];
    let given: Vec<_> = words.into_iter().filter_map(|(name, word)| Some((word, fields.optional(name)?))).collect();
    let rule = match &given[..] {
        [(word, argument)] => match argument.get_ref().as_str().and_then(pointer) {
            None => {
                mistakes.add(argument.span(), "an approval's argument must be a name such as amount or order.amount");
                None
            }
            Some(pointer) => test(&mut fields, mistakes).map(|test| Rule { pointer, word: *word, test }),
        },
        _ => {
            mistakes.add(value.span(), "an approval's rule must have either if or unless, which names an argument");
            None
        }
    };
    // All tests are known, also of a rule that is wrong otherwise.
    for name in TESTS.split(", ") {
        fields.optional(name);
    }
    fields.finish("an approval's rule", mistakes);
    rule
}

/// The JSON Pointer of an argument: names with dots between, or the pointer itself.
fn pointer(argument: &str) -> Option<String> {
    if argument.starts_with('/') {
        return Some(argument.to_owned());
    }
    let names: Vec<_> = argument.split('.').map(|name| name.replace('~', "~0").replace('/', "~1")).collect();
    (!names.iter().any(String::is_empty)).then(|| format!("/{}", names.join("/")))
}

fn test(fields: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Option<Test> {
    let given: Vec<_> = TESTS.split(", ").filter_map(|name| Some((name, fields.optional(name)?))).collect();
    let [(name, value)] = given[..] else {
        mistakes.add(fields.place(), format!("an approval's rule must have one test: {TESTS}"));
        return None;
    };
    let is_scalar = |value: &Value| matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_));
    let (test, expected) = match (name, json(value.get_ref())) {
        ("is", value) => (value.filter(is_scalar).map(Test::Is), "a text, a number, true or false"),
        ("one_of", Some(Value::Array(values))) if !values.is_empty() && values.iter().all(is_scalar) => {
            (Some(Test::OneOf(values)), "")
        }
        ("one_of", _) => (None, "a list of texts, numbers, true or false"),
        ("over", Some(Value::Number(bound))) => (Some(Test::Over(bound)), ""),
        ("under", Some(Value::Number(bound))) => (Some(Test::Under(bound)), ""),
        ("over" | "under", _) => (None, "a number"),
        ("starts_with", Some(Value::String(start))) => (Some(Test::StartsWith(start)), ""),
        ("ends_with", Some(Value::String(end))) => (Some(Test::EndsWith(end)), ""),
        _ => (None, "a text"),
    };
    if test.is_none() {
        mistakes.add(value.span(), format!("{name} must be {expected}"));
    }
    test
}
