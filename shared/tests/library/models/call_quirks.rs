//! Calls as servers in use send them, although no protocol says so: bytes in, deltas out.

use natter::llm::Delta;
use natter::turn::FinishReason::{ContentFilter, Length, Stop, ToolCalls};
use serde_json::{Value, json};

use super::quirks::{DONE, event};
use super::{anthropic_client, call, counted, finish, input, openai_client, text, thought, with_cached};

const ROME: &str = r#"{"city":"Rome"}"#;

#[tokio::test]
async fn openai_tool_calls_are_read_in_every_known_form() {
    let function = |arguments: Value| json!({"name": "weather", "arguments": arguments});
    let whole = |message: Value| {
        let choices = json!([{"index": 0, "message": message, "finish_reason": "stop"}]);
        json!({"object": "chat.completion", "choices": choices}).to_string()
    };
    for (what, stream) in [
        ("in one piece", delta(json!({"tool_calls": [{"index": 0, "id": "a", "function": function(json!(ROME))}]}))),
        (
            "arguments that are an object",
            delta(json!({"tool_calls": [{"function": function(json!({"city": "Rome"}))}]})),
        ),
        ("not in a list", delta(json!({"tool_calls": {"function": function(json!(ROME))}}))),
        ("without an object for the function", delta(json!({"tool_calls": [function(json!(ROME))]}))),
        ("an index that is a text", delta(json!({"tool_calls": [{"index": "0", "function": function(json!(ROME))}]}))),
        ("by the older name", delta(json!({"function_call": function(json!(ROME))}))),
        (
            "by the older name, in pieces",
            delta(json!({"function_call": {"name": "weather", "arguments": ""}}))
                + &delta(json!({"function_call": {"arguments": "{\"city\":"}}))
                + &delta(json!({"function_call": {"arguments": "\"Rome\"}"}})),
        ),
        (
            "in an answer that is no stream",
            whole(json!({"content": null, "tool_calls": [{"id": "a", "function": function(json!(ROME))}]})),
        ),
        ("by the older name there", whole(json!({"content": null, "function_call": function(json!(ROME))}))),
        (
            "in the whole message again",
            delta(json!({"tool_calls": [{"index": 0, "id": "a", "function": function(json!(ROME))}]}))
                + &format!(
                    "data: {}\n\n",
                    whole(json!({"tool_calls": [{"id": "a", "function": function(json!(ROME))}]}))
                ),
        ),
    ] {
        let stream = if stream.starts_with("data:") { stream + &ends("stop") + DONE } else { stream };
        let deltas = openai_client::read(&stream).await;
        assert_eq!(joined(deltas), [call("weather"), input(ROME), finish(ToolCalls, None)], "{what}");
    }
}

#[tokio::test]
async fn calls_in_one_event_are_told_apart_without_index_and_id() {
    let function = |name: &str, arguments: Value| json!({"function": {"name": name, "arguments": arguments}});
    let calls = json!([function("time", json!("")), function("date", json!(null)), function("weather", json!(ROME))]);
    for stream in [
        delta(json!({"tool_calls": calls})) + &ends("tool_calls"),
        json!({"choices": [{"message": {"content": "", "tool_calls": calls}, "finish_reason": "tool_calls"}]})
            .to_string(),
    ] {
        let expected = [call("time"), input("{}"), call("date"), input("{}"), call("weather"), input(ROME)];
        assert_eq!(openai_client::read(&stream).await, [&expected[..], &[finish(ToolCalls, None)]].concat());
    }
}

#[tokio::test]
async fn malformed_tool_calls_are_ignored() {
    for (what, odd) in [
        ("null", json!({"tool_calls": null, "function_call": null})),
        ("an empty list", json!({"tool_calls": []})),
        ("a text", json!({"tool_calls": "none", "function_call": "none"})),
        ("an empty call", json!({"tool_calls": [{}, null, 7]})),
        (
            "an empty function",
            json!({"tool_calls": [{"index": 0, "id": "", "function": {"name": null, "arguments": ""}}]}),
        ),
    ] {
        let stream = delta(json!({"content": "4"})) + &delta(odd) + &ends("stop");
        assert_eq!(openai_client::read(&stream).await, [text("4"), finish(Stop, None)], "{what}");
    }
}

#[tokio::test]
async fn a_truncated_or_filtered_reply_keeps_its_finish_reason() {
    for (reason, expected) in [("length", Length), ("content_filter", ContentFilter), ("something_new", ToolCalls)] {
        let called =
            delta(json!({"tool_calls": [{"index": 0, "function": {"name": "weather", "arguments": "{\"ci"}}]}));
        let deltas = openai_client::read(&(called + &ends(reason))).await;
        assert_eq!(deltas, [call("weather"), input("{\"ci"), finish(expected, None)], "{reason}");
    }
    // Without a reason the mark of the end is one.
    let called = delta(json!({"tool_calls": [{"index": 0, "function": {"name": "weather", "arguments": "{}"}}]}));
    assert_eq!(openai_client::read(&(called + DONE)).await, [call("weather"), input("{}"), finish(ToolCalls, None)]);
}

#[tokio::test]
async fn unclosed_reasoning_ends_at_the_tool_call() {
    let stream = delta(json!({"content": "<think>Hm."}))
        + &delta(json!({"tool_calls": [{"index": 0, "function": {"name": "weather", "arguments": ROME}}]}))
        + &ends("tool_calls");
    let expected = [thought("Hm."), call("weather"), input(ROME), finish(ToolCalls, None)];
    assert_eq!(openai_client::read(&stream).await, expected);
}

#[tokio::test]
async fn anthropic_tool_use_is_read_in_every_known_form() {
    let start = |block: Value| event(&json!({"type": "content_block_start", "index": 1, "content_block": block}));
    let tool = |arguments: Value| json!({"type": "tool_use", "id": "a", "name": "weather", "input": arguments});
    let more = |json: &str| {
        let delta = json!({"type": "input_json_delta", "partial_json": json});
        event(&json!({"type": "content_block_delta", "index": 1, "delta": delta}))
    };
    let stop = || event(&json!({"type": "content_block_stop", "index": 1}));
    let end = || event(&json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}));
    let whole = json!({"type": "message", "content": [tool(json!({"city": "Rome"}))], "stop_reason": "tool_use"});
    for (what, stream) in [
        ("in pieces", [start(tool(json!({}))), more("{\"city\":"), more("\"Rome\"}"), stop(), end()].concat()),
        ("at the start", [start(tool(json!({"city": "Rome"}))), stop(), end()].concat()),
        (
            "at the start, and again",
            [start(tool(json!({"city": "Rome"}))), more("{\"city\":"), more("\"Rome\"}"), stop(), end()].concat(),
        ),
        ("at the start, without a stop", [start(tool(json!({"city": "Rome"}))), end()].concat()),
        ("without input and stop", [start(json!({"type": "tool_use", "name": "weather"})), more(ROME), end()].concat()),
        ("in an answer that is no stream", whole.to_string()),
        (
            "behind a call that the server answers itself",
            [
                start(json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}})),
                more("{\"query\":\"Rome\"}"),
                stop(),
                start(json!({"type": "web_search_tool_result", "tool_use_id": "s", "content": []})),
                stop(),
                event(
                    &json!({"type": "content_block_start", "index": 2, "content_block": tool(json!({"city": "Rome"}))}),
                ),
                event(&json!({"type": "content_block_stop", "index": 2})),
                end(),
            ]
            .concat(),
        ),
    ] {
        let deltas = anthropic_client::read(&stream).await;
        assert_eq!(joined(deltas), [call("weather"), input(ROME), finish(ToolCalls, None)], "{what}");
    }
}

#[tokio::test]
async fn cached_tokens_are_counted() {
    for (usage, cached) in [
        (json!({"prompt_tokens": 12, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 8}}), 8),
        (json!({"prompt_tokens": 12, "completion_tokens": 7, "prompt_cache_hit_tokens": 8}), 8),
        (json!({"prompt_tokens": 12, "completion_tokens": 7, "prompt_tokens_details": null}), 0),
        (json!({"prompt_tokens": 12, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": "8"}}), 0),
        // More than the prompt cannot be cached.
        (json!({"prompt_tokens": 12, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 99}}), 12),
    ] {
        let last = json!({"choices": [{"delta": {"content": "4"}, "finish_reason": "stop"}], "usage": usage});
        let expected = [text("4"), finish(Stop, with_cached(counted(12, 7), cached))];
        assert_eq!(openai_client::read(&event(&last)).await, expected, "{usage}");
    }
}

fn delta(delta: Value) -> String {
    event(&json!({"choices": [{"index": 0, "delta": delta}]}))
}

fn ends(reason: &str) -> String {
    event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
}

// With the arguments of each call in one piece.
fn joined(deltas: Vec<Delta>) -> Vec<Delta> {
    let mut joined: Vec<Delta> = Vec::new();
    for delta in deltas {
        match (joined.last_mut(), delta) {
            (Some(Delta::ToolInput(before)), Delta::ToolInput(more)) => before.push_str(&more),
            (_, delta) => joined.push(delta),
        }
    }
    joined
}
