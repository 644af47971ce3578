//! What is believed of the tokens that a server counts. What is not is unknown, so that an estimate counts in its place.

use natter::conversation::Usage;
use natter::llm::Delta;
use serde_json::{Value, json};

use super::{anthropic_client, counted, openai_client, responses_client, text};

#[tokio::test]
async fn a_count_that_cannot_be_one_is_unknown_and_the_reply_is_whole() {
    let plausible = counted(12, 5);
    for (input, output, expected) in [
        (json!(12), json!(5), plausible),
        (json!(1_000_000_000), json!(5), counted(1_000_000_000, 5)),
        (json!(1_000_000_001), json!(5), None),
        (json!(12), json!(u64::MAX), None),
        (json!(i64::MAX), json!(i64::MAX), None),
        (json!(12), json!(-35), None),
        (json!(12), json!(5.5), None),
        (json!(12), json!(1e30), None),
        (json!(12), json!("5"), None),
        (json!(12), json!(null), None),
        (json!(12), json!([5]), None),
        (json!(12), json!({"value": 5}), None),
        // A server that counts nothing where something was said does not count.
        (json!(12), json!(0), None),
        (json!(0), json!(0), None),
        (json!(0), json!(5), None),
    ] {
        let usage = json!({"prompt_tokens": input, "completion_tokens": output});
        assert_eq!(openai_counts(&usage).await, expected, "{usage}");
        let usage = json!({"input_tokens": input, "output_tokens": output});
        assert_eq!(anthropic_counts(&usage).await, expected, "{usage}");
        assert_eq!(responses_counts(&usage).await, expected, "{usage}");
    }
}

#[tokio::test]
async fn usage_that_is_something_else_is_unknown() {
    for usage in [json!(null), json!({}), json!([]), json!(""), json!(7), json!({"total_tokens": 0})] {
        assert_eq!(openai_counts(&usage).await, None, "{usage}");
        assert_eq!(anthropic_counts(&usage).await, None, "{usage}");
        assert_eq!(responses_counts(&usage).await, None, "{usage}");
    }
}

async fn openai_counts(usage: &Value) -> Option<Usage> {
    let chunk = json!({"choices": [{"delta": {"content": "Hello"}, "finish_reason": "stop"}], "usage": usage});
    counts_of(openai_client::read(&format!("data: {chunk}\n\ndata: [DONE]\n\n")).await)
}

async fn anthropic_counts(usage: &Value) -> Option<Usage> {
    let events = [
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}),
        json!({"type": "message_stop"}),
    ];
    counts_of(anthropic_client::read(&events.map(|event| format!("data: {event}\n\n")).concat()).await)
}

async fn responses_counts(usage: &Value) -> Option<Usage> {
    let events = [
        json!({"type": "response.output_text.delta", "delta": "Hello"}),
        json!({"type": "response.completed", "response": {"status": "completed", "usage": usage}}),
    ];
    counts_of(responses_client::read(&events.map(|event| format!("data: {event}\n\n")).concat()).await)
}

fn counts_of(deltas: Vec<Delta>) -> Option<Usage> {
    let [said, Delta::Finish { usage, .. }] = &deltas[..] else { panic!("a reply and its end: {deltas:?}") };
    assert_eq!(*said, text("Hello"));
    *usage
}
