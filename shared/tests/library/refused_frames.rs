//! What is no frame, or too long for one, is refused, and says what is wrong.

use natter::error::ErrorCode;
use natter::protocol::{ClientFrame, MAX_TEXT_BYTES, MAX_TEXT_PARTS, ServerFrame};
use serde_json::{Value, json};

#[test]
fn an_invalid_frame_is_rejected_with_a_reason() {
    let deep = format!("{}{}", "[".repeat(60_000), "]".repeat(60_000));
    let send = |field: &str, value: Value| {
        let mut frame: Value = serde_json::from_str(include_str!("../fixtures/frames/client/send.json")).unwrap();
        frame[field] = value;
        frame.to_string()
    };
    let message = |message: Value| send("messages", json!([message]));
    let text_part = |index: Value, text: &str| {
        json!({"type": "text-part", "requestId": "r1", "index": index, "text": text}).to_string()
    };
    for frame in [
        String::new(),
        "hello".to_owned(),
        "null".to_owned(),
        "{".to_owned(),
        "{\"type\":\"send\"}".to_owned(),
        "{\"type\":7,\"requestId\":\"r1\"}".to_owned(),
        "{\"type\":\"shutdown\",\"requestId\":\"r1\"}".to_owned(),
        "{\"type\":\"abort\"}".to_owned(),
        "{\"type\":\"abort\",\"requestId\":\"\\ud800\"}".to_owned(),
        deep.clone(),
        format!("{{\"type\":\"abort\",\"requestId\":{deep}}}"),
        send("requestId", json!("")),
        send("requestId", json!("a#b")),
        send("requestId", json!("x".repeat(1000))),
        send("id", json!("no spaces")),
        send("id", json!(["c"])),
        send("trigger", json!("something-else")),
        send("messages", json!([])),
        send("messages", json!({})),
        send("body", json!({"parentId": 5})),
        send("body", json!({"textParts": MAX_TEXT_PARTS + 1})),
        send("body", json!({"textParts": -1})),
        text_part(json!(MAX_TEXT_PARTS), "a"),
        text_part(json!(-1), "a"),
        "{\"type\":\"conversations.list\",\"requestId\":\"r1\",\"limit\":0}".to_owned(),
        "{\"type\":\"conversations.get\",\"requestId\":\"r1\",\"id\":\"c\",\"limit\":101}".to_owned(),
        "{\"type\":\"conversations.rename\",\"requestId\":\"r1\",\"id\":\"c\",\"title\":\" \"}".to_owned(),
        message(json!("text")),
        message(json!({"id": "m", "role": "assistant", "parts": [{"type": "text", "text": "hi"}]})),
        message(json!({"id": "m", "role": "user", "parts": [{"type": "text", "text": "  \n "}]})),
        message(json!({"id": "m", "role": "user", "parts": []})),
        message(json!({"id": "m", "role": "user", "parts": [{"type": "text", "text": 5}]})),
        message(
            json!({"id": "m", "role": "user", "parts": [{"type": "file", "url": "data:,"}, {"type": "text", "text": "hi"}]}),
        ),
    ] {
        let refused = ClientFrame::decode(&frame).unwrap_err();
        assert_eq!(refused.error.code, ErrorCode::InvalidFrame, "{frame:.80}");
    }
}

#[test]
fn an_error_names_the_request_if_it_is_readable() {
    let named = |frame: &str| ClientFrame::decode(frame).unwrap_err().request_id;
    assert_eq!(named("{\"type\":\"shutdown\",\"requestId\":\"r1\"}"), Some("r1".to_owned()));
    assert_eq!(named("{\"type\":\"send\",\"requestId\":\"r1\"}"), Some("r1".to_owned()));
    assert_eq!(named("{\"type\":\"send\",\"requestId\":5}"), None);
    assert_eq!(named("nonsense"), None);
}

#[test]
fn an_error_quotes_nothing_that_the_client_sent() {
    let refused =
        ClientFrame::decode("{\"type\":\"send\",\"requestId\":\"r1\",\"id\":\"my secret words\"}").unwrap_err();
    let sent = String::from_utf8(ServerFrame::error(Some("r1"), &refused.error).encode().to_vec()).unwrap();
    assert!(!sent.contains("secret"), "{sent}");
    assert!(!refused.error.to_string().contains("secret"));
}

#[test]
fn a_text_is_its_parts_and_the_rest_up_to_the_limit() {
    let frame = |rest: &str| {
        let body = json!({"textParts": 2});
        let message = json!({"id": "m", "role": "user", "parts": [{"type": "text", "text": rest}]});
        let frame = json!({
            "type": "send", "requestId": "r1", "id": "c", "trigger": "submit-message", "headers": {}, "body": body,
            "messages": [message],
        });
        let ClientFrame::Send(send) = ClientFrame::decode(&frame.to_string()).unwrap() else { panic!("a send") };
        send
    };
    let long = |rest: &str, bytes: usize| frame(rest).behind(&["x".repeat(bytes - rest.len()), String::new()]);
    let whole = frame("c").behind(&["a".to_owned(), "b".to_owned()]).unwrap();
    assert_eq!((whole.opening.text.as_str(), whole.text_parts), ("abc", 0));
    assert_eq!(long("", 1).unwrap().opening.text, "x", "all of it may have come before");
    assert_eq!(long("y", MAX_TEXT_BYTES).unwrap().opening.text.len(), MAX_TEXT_BYTES);
    let refused = long("y", MAX_TEXT_BYTES + 1).unwrap_err();
    assert_eq!((refused.code, &refused.details["limit"]), (ErrorCode::MessageTooLarge, &json!(MAX_TEXT_BYTES)));
    let blank = frame("\n").behind(&[" ".to_owned(), " ".to_owned()]).unwrap_err();
    assert_eq!((blank.code, &blank.details["field"]), (ErrorCode::InvalidFrame, &json!("messages")));
}

#[test]
fn a_text_part_is_no_longer_than_a_frame() {
    let part = |bytes: usize| {
        let frame = json!({"type": "text-part", "requestId": "r1", "index": 0, "text": "x".repeat(bytes)});
        ClientFrame::decode(&frame.to_string())
    };
    assert!(part(32 * 1024).is_ok());
    let refused = part(32 * 1024 + 1).unwrap_err();
    assert_eq!((refused.error.code, refused.request_id.as_deref()), (ErrorCode::MessageTooLarge, Some("r1")));
}
