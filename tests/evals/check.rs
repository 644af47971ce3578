//! What a conversation is not as it was expected.

use serde_json::Value;

use crate::case::{Expectations, ExpectedCall};
use crate::conversation::Conversation;

/// All that is not as expected, but for what a judge says.
pub fn check(expected: &Expectations, held: &Conversation) -> Vec<String> {
    let mut failures = Vec::new();
    if let Some(calls) = &expected.calls {
        failures.extend(check_calls(calls, &held.calls));
    }
    if !expected.failed_calls {
        failures.extend(held.failed.iter().cloned());
    }
    let said = held.text.to_lowercase();
    let says = |text: &String| said.contains(&text.to_lowercase());
    failures
        .extend(expected.text.iter().filter(|text| !says(text)).map(|text| format!("the reply does not say {text:?}")));
    failures.extend(expected.not_text.iter().filter(|text| says(text)).map(|text| format!("the reply says {text:?}")));
    match (expected.max_cost, held.cost) {
        (Some(most), Some(cost)) if cost > most => failures.push(format!("it cost ${cost}, more than ${most}")),
        (Some(_), None) => failures.push("its cost is not known: MODEL_PRICES has no price of the model".to_owned()),
        _ => {}
    }
    if let Some(most) = expected.max_tokens.filter(|most| held.tokens > *most) {
        failures.push(format!("it used {} tokens, more than {most}", held.tokens));
    }
    failures
}

fn check_calls(expected: &[ExpectedCall], made: &[(String, Value)]) -> Vec<String> {
    let names = |names: Vec<&str>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let (wanted, called): (Vec<&str>, Vec<&str>) =
        (expected.iter().map(ExpectedCall::tool).collect(), made.iter().map(|(tool, _)| tool.as_str()).collect());
    if wanted != called {
        return vec![format!("the calls were {}, and not {}", names(called), names(wanted))];
    }
    let differing = expected.iter().zip(made).filter_map(|(call, (tool, input))| match call {
        ExpectedCall::With { input: wanted, .. } if !contains(input, wanted) => {
            Some(format!("{tool} was called with {input}, and not with {wanted}"))
        }
        _ => None,
    });
    differing.collect()
}

// Whether a value has all that is wanted; objects may have more.
fn contains(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Object(fields), Value::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| fields.get(name).is_some_and(|value| contains(value, wanted)))
        }
        _ => value == wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn held() -> Conversation {
        Conversation {
            calls: vec![("order".to_owned(), json!({"item": "Tea", "count": 2}))],
            text: "Two teas are Ordered.".to_owned(),
            cost: Some(0.02),
            tokens: 300,
            ..Conversation::default()
        }
    }

    fn failures(expected: Value) -> Vec<String> {
        check(&serde_json::from_value(expected).unwrap(), &held())
    }

    #[test]
    fn what_is_as_expected_has_no_failures() {
        assert_eq!(failures(json!({})), [""; 0]);
        let all = json!({"calls": [{"tool": "order", "input": {"item": "Tea"}}], "text": ["ordered"], "not_text": ["sorry"],
            "max_cost": 0.02, "max_tokens": 300});
        assert_eq!(failures(all), [""; 0]);
    }

    #[test]
    fn each_difference_is_a_failure_that_says_what_was_and_what_was_expected() {
        for (expected, said) in [
            (json!({"calls": []}), "the calls were order, and not none"),
            (json!({"calls": ["order", "order"]}), "the calls were order, and not order, order"),
            (
                json!({"calls": [{"tool": "order", "input": {"item": "Cake"}}]}),
                r#"order was called with {"count":2,"item":"Tea"}, and not with {"item":"Cake"}"#,
            ),
            (json!({"text": ["three"]}), "the reply does not say \"three\""),
            (json!({"not_text": ["TEAS"]}), "the reply says \"TEAS\""),
            (json!({"max_cost": 0.01}), "it cost $0.02, more than $0.01"),
            (json!({"max_tokens": 299}), "it used 300 tokens, more than 299"),
        ] {
            assert_eq!(failures(expected), [said]);
        }
    }

    #[test]
    fn a_call_that_fails_is_a_failure_unless_it_may() {
        let held = Conversation { failed: vec!["order failed: gone".to_owned()], ..held() };
        assert_eq!(check(&Expectations::default(), &held), ["order failed: gone"]);
        assert_eq!(check(&Expectations { failed_calls: true, ..Expectations::default() }, &held), [""; 0]);
    }

    #[test]
    fn a_limit_of_cost_needs_a_price() {
        let free = Conversation { cost: None, ..held() };
        let expected = Expectations { max_cost: Some(1.0), ..Expectations::default() };
        assert_eq!(check(&expected, &free), ["its cost is not known: MODEL_PRICES has no price of the model"]);
    }
}
