//! Responses as the servers in use write them, although no protocol says so: bytes in, deltas out.

use natter::conversation::Source;
use natter::llm::Delta;
use natter::turn::FinishReason::{Stop, ToolCalls};
use serde_json::{Value, json};

use super::responses_client::{ThisWire, end, event, read};
use super::wire::Wire;
use super::{call, counted, finish, input, text, thought};

#[tokio::test]
async fn one_odd_event_does_not_end_a_good_reply() {
    for odd in [
        r#"data: {"type":"response.something.new","error":{"message":"no"}}"#,
        r#"data: {"type":"response.mcp_call.failed","item_id":"mcp_1","output_index":0}"#,
        r#"data: {"type":"response.code_interpreter_call_code.delta","delta":"print(1)"}"#,
        r#"data: {"type":"response.output_item.added"}"#,
        r#"data: {"type":"response.output_item.added","item":7}"#,
        r#"data: {"type":"response.output_item.done","item":[{"type":"message"}]}"#,
        r#"data: {"type":"response.output_item.done","output_index":7,"item":{"type":"message","content":null}}"#,
        r#"data: {"type":"response.output_item.done","output_index":8,"item":{"type":"reasoning","summary":"x","content":{}}}"#,
        r#"data: {"type":"response.output_text.delta"}"#,
        r#"data: {"type":"response.output_text.delta","delta":null,"output_index":-1,"item_id":9}"#,
        r#"data: {"type":"response.output_text.annotation.added","annotation":[1,"x",null]}"#,
        r#"data: {"type":"response.function_call_arguments.done"}"#,
        r#"data: {"type":7}"#,
        r#"data: {"type":"codex.rate_limits","message":"7 of 10"}"#,
        "data: {}",
        "data: []",
        "data: null",
        "data: keep-alive",
        "event: ping\ndata: 2026-02-20",
        r#"data: {"type":"response.output_text.delta","type":"response.output_text.delta","delta":""}"#,
    ] {
        let (first, last) = (ThisWire::says("All is"), ThisWire::says(" well."));
        let stream = [ThisWire::beginning(), first, format!("{odd}\n\n").into(), last, ThisWire::end()].concat();
        let deltas: Vec<Delta> = read_bytes(&stream).await.into_iter().filter(|delta| *delta != thought("x")).collect();
        assert_eq!(deltas, [text("All is"), text(" well."), finish(Stop, None)], "{odd}");
    }
}

#[tokio::test]
async fn what_came_in_no_delta_is_taken_from_an_item_or_the_response() {
    let items = [reasoning("rs_1", "Hm."), message("msg_1", "Let me see."), function_call("1", "{\"a\":1}")];
    let expected =
        [thought("Hm."), text("Let me see."), call("look"), input("{\"a\":1}"), finish(ToolCalls, counted(5, 7))];
    let response = json!({"status": "completed", "output": items, "usage": {"input_tokens": 5, "output_tokens": 7}});
    let done = |with_index: bool| -> Vec<u8> {
        let done = items.iter().enumerate().flat_map(|(index, item)| {
            let index = if with_index { json!(index) } else { json!(null) };
            event(&json!({"type": "response.output_item.done", "output_index": index, "item": item}))
        });
        done.collect()
    };
    for (what, stream) in [
        ("the response alone", end("completed", &response)),
        ("items", [done(true), end("completed", &response)].concat()),
        ("items without a place", [done(false), end("completed", &response)].concat()),
        ("items twice", [done(true), done(false), end("completed", &response)].concat()),
        ("the response twice", [end("completed", &response), end("completed", &response)].concat()),
    ] {
        assert_eq!(read_bytes(&stream).await, expected, "{what}");
    }
    // A server that does not stream.
    let mut whole = response;
    whole["object"] = "response".into();
    assert_eq!(read(&whole.to_string()).await, expected);
}

#[tokio::test]
async fn the_rest_of_what_broke_off_is_taken_from_the_item() {
    let item = message("msg_0", "All is well.");
    let stream = [
        ThisWire::beginning(),
        ThisWire::says("All is"),
        event(&json!({"type": "response.output_item.done", "output_index": 0, "item": item})),
        end("completed", &json!({"output": [item]})),
    ];
    assert_eq!(read_bytes(&stream.concat()).await, [text("All is"), text(" well."), finish(Stop, None)]);
}

#[tokio::test]
async fn names_of_items_that_change_or_lack_double_nothing() {
    let whole = [reasoning("rs_9", "Hm, hm."), message("msg_9", "All is well.")];
    let delta = |kind: &str, delta: &str, name: Value| {
        let mut data = json!({"type": format!("response.{kind}.delta"), "delta": delta});
        data.as_object_mut().unwrap().extend(name.as_object().unwrap().clone());
        event(&data)
    };
    let done = |name: Value, item: &Value| {
        let mut data = json!({"type": "response.output_item.done", "item": item});
        data.as_object_mut().unwrap().extend(name.as_object().unwrap().clone());
        event(&data)
    };
    let added = |item: Value| event(&json!({"type": "response.output_item.added", "item": item}));
    let begins = [added(json!({"type": "reasoning", "id": "rs_1"})), added(json!({"type": "message", "id": "msg_1"}))];
    for (what, names) in [
        ("none at all", [json!({}), json!({}), json!({}), json!({})]),
        ("another in each event", ["a", "b", "c", "d"].map(|id| json!({"item_id": id}))),
        ("the same place everywhere", [0, 0, 0, 0].map(|index| json!({"output_index": index}))),
        ("places that begin with one", [1, 1, 2, 2].map(|index| json!({"output_index": index}))),
    ] {
        for beginning in [vec![], begins.concat()] {
            let stream = [
                beginning,
                delta("reasoning_text", "Hm,", names[0].clone()),
                delta("reasoning_text", " hm.", names[1].clone()),
                done(names[0].clone(), &whole[0]),
                delta("output_text", "All is", names[2].clone()),
                delta("output_text", " well.", names[3].clone()),
                done(names[2].clone(), &whole[1]),
                end("completed", &json!({"output": whole})),
            ];
            let expected = [thought("Hm,"), thought(" hm."), text("All is"), text(" well."), finish(Stop, None)];
            assert_eq!(read_bytes(&stream.concat()).await, expected, "{what}");
        }
    }
}

#[tokio::test]
async fn several_messages_and_thoughts_stand_apart() {
    let items =
        [reasoning("rs_1", "One."), reasoning("rs_2", "Two."), message("msg_1", "First."), message("msg_2", "Second.")];
    let done = items.iter().enumerate().flat_map(|(index, item)| {
        event(&json!({"type": "response.output_item.done", "output_index": index, "item": item}))
    });
    let streamed: Vec<u8> = done.chain(end("completed", &json!({"output": items}))).collect();
    let expected = [thought("One."), thought("\n\nTwo."), text("First."), text("\n\nSecond."), finish(Stop, None)];
    assert_eq!(read_bytes(&streamed).await, expected);
    let whole = read_bytes(&end("completed", &json!({"output": items}))).await;
    assert_eq!(whole, [thought("One.\n\nTwo."), text("First.\n\nSecond."), finish(Stop, None)]);
}

#[tokio::test]
async fn a_models_own_words_and_their_summary_are_shown_once() {
    let delta = |kind: &str, words: &str| {
        event(&json!({"type": format!("response.{kind}.delta"), "item_id": "rs_1", "output_index": 0, "delta": words}))
    };
    let summary = json!([{"type": "summary_text", "text": "In short."}]);
    let content = json!([{"type": "reasoning_text", "text": "At length."}]);
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": summary, "content": content});
    for (kind, other, words) in
        [("reasoning_text", "reasoning_summary_text", "At length."), ("reasoning_summary", "reasoning", "In short.")]
    {
        let stream = [
            delta(kind, words),
            delta(other, "The same again."),
            event(&json!({"type": "response.output_item.done", "output_index": 0, "item": item})),
            ThisWire::says("4"),
            end("completed", &json!({"output": [item]})),
        ];
        assert_eq!(read_bytes(&stream.concat()).await, [thought(words), text("4"), finish(Stop, None)], "{kind}");
    }
}

#[tokio::test]
async fn arguments_are_those_of_their_call_wherever_they_stand() {
    let whole = function_call("1", "{\"a\":1}");
    let with = |fields: Value| {
        let mut item = whole.clone();
        item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        item
    };
    let added = |item: &Value| event(&json!({"type": "response.output_item.added", "output_index": 0, "item": item}));
    let done = |item: &Value| event(&json!({"type": "response.output_item.done", "output_index": 0, "item": item}));
    let arguments = |kind: &str, field: &str, json: &str| {
        let kind = format!("response.function_call_arguments.{kind}");
        event(&json!({"type": kind, "item_id": "fc_1", "output_index": 0, field: json}))
    };
    let empty = with(json!({"arguments": ""}));
    let pieces = [arguments("delta", "delta", "{\"a\""), arguments("delta", "delta", ":1}")].concat();
    let complete = arguments("done", "arguments", "{\"a\":1}");
    let end = || end("completed", &json!({"output": [whole]}));
    for (what, stream) in [
        ("at the beginning, and in pieces", [added(&whole), pieces.clone(), done(&whole), end()]),
        ("at the beginning alone", [added(&whole), ThisWire::end(), vec![], vec![]]),
        ("at the end alone", [added(&empty), done(&whole), end(), vec![]]),
        ("once complete", [added(&empty), complete.clone(), done(&empty), end()]),
        ("in the response", [added(&empty), end(), vec![], vec![]]),
        ("as an object", [done(&with(json!({"arguments": {"a": 1}}))), end(), vec![], vec![]]),
        (
            "before the name",
            [added(&with(json!({"name": null, "arguments": ""}))), pieces.clone(), done(&whole), end()],
        ),
        ("without a beginning", [pieces, complete, done(&whole), end()]),
    ] {
        let deltas = read_bytes(&stream.concat()).await;
        let joined: String = deltas
            .iter()
            .filter_map(|delta| match delta {
                Delta::ToolInput(json) => Some(json.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!((&deltas[0], joined.as_str()), (&call("look"), "{\"a\":1}"), "{what}");
        assert_eq!(deltas.iter().filter(|delta| matches!(delta, Delta::ToolStart { .. })).count(), 1, "{what}");
        assert_eq!(deltas.last(), Some(&finish(ToolCalls, None)), "{what}");
    }
}

#[tokio::test]
async fn pages_that_were_read_are_sources_if_none_is_cited_and_only_web_pages_are() {
    let search = json!({"type": "web_search_call", "id": "ws_1", "action": {"sources": [
        {"type": "url", "url": "https://example.com/read"}, {"type": "url", "url": "javascript:alert(1)"}, 7,
    ]}});
    let searched = event(&json!({"type": "response.output_item.done", "output_index": 0, "item": search}));
    let stream = [searched, ThisWire::says("4"), ThisWire::end()].concat();
    let source = Delta::Source(Source::new("https://example.com/read", None).unwrap());
    assert_eq!(read_bytes(&stream).await, [text("4"), source.clone(), finish(Stop, None)]);
    let whole = end("completed", &json!({"output": [search, message("msg_1", "4")]}));
    assert_eq!(read_bytes(&whole).await, [text("4"), source, finish(Stop, None)]);

    let many = (0..150).map(|page| json!({"type": "url_citation", "url": format!("https://example.com/{page}")}));
    let content = json!([{"type": "output_text", "text": "4", "annotations": many.collect::<Vec<_>>()}]);
    let item = json!({"type": "message", "id": "msg_0", "content": content});
    let deltas = read_bytes(&end("completed", &json!({"output": [item]}))).await;
    assert_eq!(deltas.iter().filter(|delta| matches!(delta, Delta::Source(_))).count(), 100);
}

async fn read_bytes(stream: &[u8]) -> Vec<Delta> {
    read(std::str::from_utf8(stream).unwrap()).await
}

fn message(id: &str, words: &str) -> Value {
    let content = json!([{"type": "output_text", "text": words, "annotations": []}]);
    json!({"type": "message", "id": id, "role": "assistant", "status": "completed", "content": content})
}

fn reasoning(id: &str, words: &str) -> Value {
    json!({"type": "reasoning", "id": id, "summary": [{"type": "summary_text", "text": words}]})
}

fn function_call(id: &str, arguments: &str) -> Value {
    let (id, call_id) = (format!("fc_{id}"), format!("call_{id}"));
    json!({"type": "function_call", "id": id, "call_id": call_id, "name": "look", "arguments": arguments})
}
