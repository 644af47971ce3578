//! Streams as servers in use write them, although no protocol says so: bytes in, deltas out.

use natter::error::ErrorCode;
use natter::llm::{Delta, ModelError};
use natter::turn::FinishReason::{self, ContentFilter, Length, Stop, ToolCalls};
use serde_json::{Value, json};

use super::{anthropic_client, counted, finish, openai_client, text, thought};

pub const DONE: &str = "data: [DONE]\n\n";

#[tokio::test]
async fn one_odd_event_does_not_end_a_good_reply() {
    let picture = "A".repeat(1_500_000);
    for (what, odd) in [
        (
            "a key twice",
            r#"data: {"choices":[{"delta":{"reasoning_content":"","content":"","reasoning_content":""}}]}"#,
        ),
        ("a foreign event", "event: ping\ndata: 2026-02-20 08:40:33.556053"),
        ("a foreign event without a name", "data: keep-alive"),
        ("a foreign event with a message", "event: status\ndata: {\"message\":\"searching\"}"),
        ("a foreign object", r#"data: {"type":"status","message":"searching"}"#),
        ("an empty object", "data: {}"),
        ("an empty list", "data: []"),
        ("null", "data: null"),
        ("a number", "data: 7"),
        ("choices that are null", r#"data: {"choices":null,"usage":null}"#),
        ("choices that are a text", r#"data: {"choices":"none"}"#),
        ("a choice that is none", r#"data: {"choices":[null]}"#),
        ("a delta that is a text", r#"data: {"choices":[{"delta":"none","finish_reason":""}]}"#),
        ("content that is a number", r#"data: {"choices":[{"delta":{"content":7}}]}"#),
        ("an error that is null", r#"data: {"choices":[{"delta":{}}],"error":null}"#),
        ("numbers that are none", r#"data: {"choices":[{"delta":{},"logprobs":[NaN,-Infinity,1e999]}]}"#),
        ("a line end in a text", "data: {\"choices\":[{\"delta\":{}}],\"note\":\"a\tb\"}"),
        ("chunks of a filter", r#"data: {"choices":[],"prompt_filter_results":[{"prompt_index":0}]}"#),
        ("a picture", &format!(r#"data: {{"choices":[{{"delta":{{"content":"","images":["{picture}"]}}}}]}}"#)),
    ] {
        let stream = [said("All is"), format!("{odd}\n\n"), said(" well."), ends("stop"), DONE.to_owned()].concat();
        assert_eq!(whole(&stream).await, [text("All is"), text(" well."), finish(Stop, None)], "{what}");
    }
}

#[tokio::test]
async fn events_without_an_empty_line_between_them_are_several() {
    let close = |stream: String| stream.trim_end().to_owned() + "\n";
    let stream =
        [close(said("All")), close(said(" is")), said(" well."), close(ends("stop")), DONE.to_owned()].concat();
    assert_eq!(whole(&stream).await, [text("All"), text(" is"), text(" well."), finish(Stop, None)]);
}

#[tokio::test]
async fn the_halves_of_a_character_in_two_events_are_one() {
    let half = |half: &str| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{half}\"}}}}]}}\n\n");
    let stream = [half("a \\ud83d"), half("\\ude00 b"), ends("stop")].concat();
    assert_eq!(joined(&whole(&stream).await), "a 😀 b");
}

#[tokio::test]
async fn text_that_a_server_repeats_is_delivered_once() {
    let pieces = [said("All"), said(" is"), said(" well.")].concat();
    let message = json!({"role": "assistant", "content": "All is well."});
    let completion = json!({"object": "chat.completion", "choices": [{"message": message, "finish_reason": "stop"}]});
    let beside = json!({"choices": [{"delta": {"content": ""}, "message": message, "finish_reason": "stop"}]});
    let again = json!({"choices": [{"delta": {"content": "All is well."}, "finish_reason": "stop"}]});
    for (what, last) in [("the whole answer", completion), ("beside a delta", beside), ("in a delta", again)] {
        let stream = format!("{pieces}{}{DONE}", event(&last));
        assert_eq!(joined(&whole(&stream).await), "All is well.", "{what}");
    }
    let cumulative = ["All", "All is", "All is well."].map(|so_far| {
        let message = json!({"content": so_far});
        event(&json!({"object": "chat.completion", "choices": [{"message": message}]}))
    });
    assert_eq!(joined(&whole(&format!("{}{DONE}", cumulative.concat())).await), "All is well.");
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_read_all_the_same() {
    let message = json!({"role": "assistant", "reasoning_content": "Hm.", "content": "All is well."});
    let completion = json!({
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5},
    });
    let expected = [thought("Hm."), text("All is well."), finish(Length, counted(10, 5))];
    assert_eq!(whole(&completion.to_string()).await, expected);
    let content = json!([{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "All is well."}]);
    let usage = json!({"input_tokens": 10, "output_tokens": 5});
    let message = json!({"type": "message", "content": content, "stop_reason": "max_tokens", "usage": usage});
    assert_eq!(anthropic_client::read(&message.to_string()).await, expected);
}

#[tokio::test]
async fn a_body_that_is_neither_a_stream_nor_json_is_reported() {
    for body in ["<html>Welcome to the proxy</html>", "{\"choices\": [broken", "[{]"] {
        let (deltas, error) = failed(body).await;
        assert_eq!(deltas, [], "{body}");
        assert!(matches!(error, ModelError::Malformed(_)), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn an_early_finish_reason_is_no_end() {
    let early = event(&json!({"choices": [{"delta": {"reasoning_content": "Hm."}, "finish_reason": "stop"}]}));
    let stream = [early, said("4"), ends("stop"), DONE.to_owned()].concat();
    assert_eq!(whole(&stream).await, [thought("Hm."), text("4"), finish(Stop, None)]);
    let stream =
        [said("Half"), ends("stop"), said(" and half"), event(&json!({"error": {"message": "gone"}}))].concat();
    let (deltas, error) = failed(&stream).await;
    assert_eq!(deltas, [text("Half"), text(" and half")], "{error}");
}

#[tokio::test]
async fn a_failure_after_the_end_of_a_reply_is_ignored() {
    for odd in [event(&json!({"error": {"message": "usage is gone"}})), "data: {\"choices\":\n\n".to_owned()] {
        let stream = [said("All is well."), ends("stop"), odd].concat();
        assert_eq!(whole(&stream).await, [text("All is well."), finish(Stop, None)]);
    }
}

#[tokio::test]
async fn a_failure_or_a_cut_is_never_a_whole_reply() {
    let beside =
        json!({"choices": [{"delta": {"content": ""}, "finish_reason": "error"}], "error": {"code": "server_error"}});
    for (what, last, code) in [
        ("an error object", event(&json!({"error": {"message": "gone"}})), ErrorCode::ModelUnavailable),
        ("an error that is a text", event(&json!({"error": "unexpected EOF"})), ErrorCode::ModelUnavailable),
        (
            "a bare error",
            event(&json!({"object": "error", "message": "gone", "code": 500})),
            ErrorCode::ModelUnavailable,
        ),
        (
            "a bare message",
            event(&json!({"code": 20015, "message": "gone", "data": null})),
            ErrorCode::ModelUnavailable,
        ),
        ("a detail", event(&json!({"detail": "gone"})), ErrorCode::ModelUnavailable),
        ("an error beside a choice", event(&beside), ErrorCode::ModelUnavailable),
        ("an error in a choice", event(&json!({"choices": [{"error": {"code": 502}}]})), ErrorCode::ModelUnavailable),
        ("an error event of words", "event: error\ndata: it broke\n\n".to_owned(), ErrorCode::ModelUnavailable),
        ("a reason that is an error", ends("error"), ErrorCode::ModelUnavailable),
        ("want of resources", ends("insufficient_system_resource"), ErrorCode::Interrupted),
        ("words that may be an error", "data: Internal Server Error\n\n".to_owned(), ErrorCode::Interrupted),
        ("a piece that is cut", "data: {\"choices\":[{\"del\n\n".to_owned(), ErrorCode::ModelUnavailable),
        ("nothing", String::new(), ErrorCode::Interrupted),
    ] {
        // The last has no mark of the end: it is a cut.
        let done = if last.is_empty() { "" } else { DONE };
        let (deltas, error) = failed(&format!("{}{last}{done}", said("The first half"))).await;
        assert_eq!((deltas, error.code()), (vec![text("The first half")], code), "{what}");
    }
    let (deltas, error) = failed(DONE).await;
    assert_eq!((deltas, error.code()), (vec![], ErrorCode::ModelUnavailable), "nothing but the mark of the end");
}

#[tokio::test]
async fn a_refusal_in_its_own_field_is_the_reply() {
    let refusal = |words: Value| event(&json!({"choices": [{"delta": {"content": null, "refusal": words}}]}));
    let stream =
        [refusal(json!("")), refusal(json!("I cannot")), refusal(json!(" help.")), ends("stop"), DONE.to_owned()];
    assert_eq!(joined(&whole(&stream.concat()).await), "I cannot help.");
}

#[tokio::test]
async fn reasons_are_known_by_the_names_of_all_servers() {
    for (name, reason) in [
        ("STOP", Stop),
        ("eos", Stop),
        ("MAX_TOKENS", Length),
        ("model_length", Length),
        ("SAFETY", ContentFilter),
        ("sensitive", ContentFilter),
        ("function_call", ToolCalls),
        ("something_new", FinishReason::Other),
    ] {
        assert_eq!(whole(&(said("4") + &ends(name))).await, [text("4"), finish(reason, None)], "{name}");
    }
}

#[tokio::test]
async fn reasoning_is_separated_wherever_it_stands() {
    let pieces = |pieces: Value| json!({"content": pieces});
    for (what, delta) in [
        ("in two fields", json!({"reasoning": "Hm.", "reasoning_content": "Hm."})),
        ("beside an empty field", json!({"reasoning_content": "", "reasoning": "Hm."})),
        ("in details", json!({"reasoning": null, "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]})),
        (
            "as details, too",
            json!({"reasoning": "Hm.", "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]}),
        ),
        ("as Mistral has it", pieces(json!([{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]))),
        ("as a text in a piece", pieces(json!([{"type": "thinking", "thinking": "Hm."}]))),
        (
            "as Databricks has it",
            pieces(json!([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}])),
        ),
        ("in marks", json!({"content": "<think>\nHm.\n</think>\n\n"})),
        ("in marks and in a field", json!({"reasoning_content": "Hm.", "content": "<think>\nHm.\n</think>\n\n"})),
        ("in the answer, too", json!({"reasoning_content": "Hm.", "content": "Hm."})),
    ] {
        let stream = [event(&json!({"choices": [{"delta": delta}]})), said("4"), ends("stop")].concat();
        assert_eq!(whole(&stream).await, [thought("Hm."), text("4"), finish(Stop, None)], "{what}");
    }
}

#[tokio::test]
async fn an_answer_that_is_also_in_the_field_of_thoughts_is_not_lost() {
    let both = |words: &str| event(&json!({"choices": [{"delta": {"reasoning": words, "content": words}}]}));
    let stream = [both("All is"), both(" well."), ends("stop"), DONE.to_owned()].concat();
    assert_eq!(joined(&whole(&stream).await), "All is well.");
}

#[tokio::test]
async fn usage_is_found_wherever_it_stands() {
    for (what, last) in [
        (
            "beside the choice",
            json!({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 12, "completion_tokens": 7}}),
        ),
        (
            "in the choice",
            json!({"choices": [{"delta": {}, "finish_reason": "stop", "usage": {"prompt_tokens": 12, "completion_tokens": 7}}]}),
        ),
        (
            "by other names",
            json!({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"input_tokens": 12, "output_tokens": 7}}),
        ),
    ] {
        let before =
            json!({"choices": [{"delta": {"content": "4"}}], "usage": {"prompt_tokens": 12, "completion_tokens": 3}});
        let empty = json!({"choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": 0}});
        let stream = [event(&before), event(&last), event(&empty), DONE.to_owned()].concat();
        assert_eq!(whole(&stream).await, [text("4"), finish(Stop, counted(12, 7))], "{what}");
    }
}

pub fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn said(words: &str) -> String {
    event(&json!({"choices": [{"index": 0, "delta": {"content": words}, "finish_reason": null}]}))
}

fn ends(reason: &str) -> String {
    event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
}

async fn whole(stream: &str) -> Vec<Delta> {
    openai_client::read(stream).await
}

async fn failed(stream: &str) -> (Vec<Delta>, ModelError) {
    super::failed(openai_client::hear(stream).await)
}

pub fn joined(deltas: &[Delta]) -> String {
    let words = deltas.iter().filter_map(|delta| match delta {
        Delta::Text(text) => Some(text.as_str()),
        _ => None,
    });
    words.collect()
}
