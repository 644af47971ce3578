use serde_json::{Value, json};

use super::*;
use crate::conversation::{CallId, Execution, Outcome, OutcomeKind};

fn log() -> Vec<Entry> {
    let (call, tool) = (CallId::named("m-1"), "pay".to_owned());
    let input = r#"{"amount":5}"#.to_owned();
    vec![
        Entry::StepStart,
        Entry::Text { text: "Paying.".to_owned() },
        Entry::ToolStart { call: call.clone(), tool: tool.clone() },
        Entry::ToolCall { call: call.clone(), tool: tool.clone(), input, execution: Execution::Approval },
        Entry::StepEnd { model: None, usage: None },
        Entry::ApprovalRequest { call: call.clone() },
        Entry::ApprovalResponse { call: call.clone(), approved: true, reason: None },
        Entry::CallStarted { call: call.clone() },
        Entry::ToolOutput { call, tool, outcome: Outcome::new(OutcomeKind::Json, r#"{"paid":true}"#.to_owned()) },
    ]
}

fn last_part(entries: Vec<Entry>, has_ended: bool) -> Value {
    serde_json::to_value(fold(entries, has_ended).pop()).unwrap()
}

#[test]
fn the_entries_of_a_call_become_one_part_in_its_latest_state() {
    let states = (3..=log().len()).map(|entries| last_part(log()[..entries].to_vec(), false)["state"].clone());
    let states: Vec<Value> = states.collect();
    let expected = [
        "input-streaming",
        "input-available",
        "input-available",
        "approval-requested",
        "approval-responded",
        "approval-responded",
        "output-available",
    ];
    assert_eq!(states, expected);
    let whole = json!({
        "type": "tool-pay", "toolCallId": "m-1", "state": "output-available", "input": {"amount": 5},
        "output": {"paid": true}, "approval": {"id": "m-1", "approved": true}, "providerExecuted": true
    });
    assert_eq!(last_part(log(), true), whole);
    assert_eq!(fold(log(), true).len(), 3);
}

#[test]
fn a_call_without_an_outcome_was_broken_off_if_the_message_has_ended() {
    let part = last_part(log()[..5].to_vec(), true);
    assert_eq!((&part["state"], &part["errorText"]), (&json!("output-error"), &json!("The call was broken off.")));
}

#[test]
fn sources_are_parts_beside_the_text() {
    let source = |title| Entry::Source { source: Source::new("https://example.com/a", title).unwrap() };
    let parts = fold([Entry::Text { text: "So.".to_owned() }, source(Some("A page")), source(None)], true);
    let expected = json!([
        {"type": "text", "text": "So."},
        {"type": "source-url", "sourceId": "https://example.com/a", "url": "https://example.com/a", "title": "A page"},
        {"type": "source-url", "sourceId": "https://example.com/a", "url": "https://example.com/a"},
    ]);
    assert_eq!(serde_json::to_value(parts).unwrap(), expected);
}

#[test]
fn a_page_that_begins_within_a_call_has_what_came_later() {
    let part = last_part(log()[8..].to_vec(), true);
    assert_eq!((&part["type"], &part["output"]), (&json!("tool-pay"), &json!({"paid": true})));
}
