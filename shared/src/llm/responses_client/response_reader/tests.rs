use serde_json::json;

use super::*;

const STREAMS: [&str; 3] = [
    include_str!("../../../../tests/fixtures/responses/text.sse"),
    include_str!("../../../../tests/fixtures/responses/reasoning-and-tools.sse"),
    include_str!("../../../../tests/fixtures/responses/web-search.sse"),
];

#[test]
fn an_event_that_is_changed_anywhere_breaks_nothing() {
    for stream in STREAMS {
        let events: Vec<&str> = stream.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
        for (number, event) in events.iter().enumerate() {
            for place in (0..event.len()).filter(|place| event.is_char_boundary(*place)) {
                for more in ["", "7", "\"", "null", "{"] {
                    let rest = event.get(place + 1..).unwrap_or_default();
                    let changed = format!("{}{more}{rest}", &event[..place]);
                    let mut reader = ResponseReader::default();
                    let before = events[number.saturating_sub(2)..number].iter().copied();
                    let after = events[number + 1..].iter().copied().take(1);
                    for event in before.chain([changed.as_str()]).chain(after) {
                        let _ = reader.read(event);
                    }
                }
            }
        }
    }
}

#[test]
fn an_item_of_another_kind_than_its_events_breaks_nothing() {
    let kinds = ["message", "reasoning", "function_call", "web_search_call", ""];
    let events = ["output_item.added", "output_item.done", "output_text.delta", "function_call_arguments.delta"];
    for (first, second) in kinds.iter().flat_map(|kind| kinds.map(|other| (kind, other))) {
        let mut reader = ResponseReader::default();
        for kind in events.into_iter().chain(["reasoning_text.delta", "function_call_arguments.done", "completed"]) {
            for item in [first, &second] {
                let item = json!({ "type": item, "id": "x", "content": "a", "arguments": "{}", "name": "b" });
                let data = json!({ "type": format!("response.{kind}"), "item": item, "delta": "c", "output_index": 0,
                    "response": { "output": [item] } });
                assert!(reader.read(&data.to_string()).is_ok());
            }
        }
    }
}
