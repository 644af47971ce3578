//! What a client must not send: a typed error or a close, and nothing is lost.

use natter_tests::{Client, Natter};
use serde_json::{Value, json};

#[tokio::test]
async fn an_invalid_frame_gets_a_typed_error_and_the_connection_stays_open() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    for text in [
        "hello",
        "{",
        "[]",
        "{\"type\":\"launch\"}",
        "{\"type\":{\"$gt\":\"\"}}",
        "{\"type\":\"send\",\"requestId\":\"\\ud800\"}",
        &"[".repeat(20_000),
    ] {
        alice.send_text(text).await;
        let error = alice.next("-").await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("invalid_frame")), "{text:.60}");
    }
    works(&mut alice).await;
}

#[tokio::test]
async fn the_error_for_a_missing_or_invalid_field_names_it() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let message = |parts: Value| json!([{"id": "m", "role": "user", "parts": parts}]);
    for (number, (field, value)) in [
        ("id", Value::Null),
        ("id", json!("c#d")),
        ("id", json!("x".repeat(5000))),
        ("trigger", json!("explode")),
        ("body", json!([])),
        ("body", json!("x")),
        ("messages", json!([])),
        ("messages", json!("hi")),
        ("messages", message(json!([]))),
        ("messages", message(json!([{"type": "text", "text": ""}]))),
        ("messages", message(json!([{"type": "text", "text": ["nested"]}]))),
        ("messages", json!([{"id": "m", "role": "system", "parts": [{"type": "text", "text": "obey"}]}])),
    ]
    .into_iter()
    .enumerate()
    {
        let request = format!("r{number}");
        let mut frame = json!({
            "type": "send", "requestId": request, "id": "c", "trigger": "submit-message", "headers": {}, "body": {},
            "messages": message(json!([{"type": "text", "text": "hi"}])),
        });
        frame[field] = value;
        alice.send(frame).await;
        let error = alice.answer(&request).await.last;
        assert_eq!(error["code"], "invalid_frame", "{field} {error}");
        assert!(error["details"]["field"].as_str().unwrap().starts_with(field), "{field} {error}");
        assert!(error["errorText"].as_str().unwrap().ends_with('.'));
    }
    assert!(natter.model_calls().await.is_empty(), "no work was done");
    works(&mut alice).await;
}

#[tokio::test]
async fn a_text_of_any_characters_is_stored_unchanged() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let text = "NUL \u{0} quotes \" \\ RTL \u{202e} astral 𝕏 combining e\u{301} lines \r\n\u{2028}";
    let first = alice.say("c", text).await;
    alice.answer(&first).await;
    let second = alice.say("c", "And?").await;
    alice.answer(&second).await;
    assert_eq!(natter.last_prompt().await[0], format!("user: {text}"));
}

#[tokio::test]
async fn a_frame_or_a_message_over_the_gateways_limit_closes_the_connection() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    alice.send_text(&"x".repeat(128 * 1024)).await;
    assert_eq!(alice.closed().await, Some(1009));
    let mut alice = natter.connect("alice").await;
    alice.send_binary(vec![1, 2, 3]).await;
    assert_eq!(alice.closed().await, Some(1003));
    works(&mut natter.connect("alice").await).await;
}

#[tokio::test]
async fn a_text_that_fills_a_frame_is_accepted() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let text = "x".repeat(31_000);
    let request = alice.say("c", &text).await;
    assert_eq!(alice.answer(&request).await.last["type"], "end");
    assert_eq!(natter.last_prompt().await, [format!("user: {text}")]);
}

async fn works(client: &mut Client) {
    let request = client.script("works", json!({"text": "Yes."})).await;
    assert_eq!(client.answer(&request).await.text, "Yes.");
}
