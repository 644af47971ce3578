//! Frames that are made to hurt: whatever they hold, they are refused or read, on a small stack and without following them.

use natter::error::ErrorCode;
use natter::protocol::{ClientFrame, ServerFrame};
use serde_json::{Value, json};

/// What API Gateway lets a client send at once, in bytes.
const MAX_BYTES: usize = 128 * 1024;

#[test]
fn unbounded_depth_is_rejected_or_skipped_on_a_small_stack() {
    let deep = |open: &str, close: &str, depth: usize| format!("{}0{}", open.repeat(depth), close.repeat(depth));
    let lists = deep("[", "]", 50_000);
    let objects = deep("{\"a\":", "}", 15_000);
    let ping = |field: &str, value: &str| format!("{{\"type\":\"ping\",\"requestId\":\"r\",\"{field}\":{value}}}");
    on_a_small_stack(move || {
        for frame in [
            "[".repeat(MAX_BYTES),
            "{\"a\":".repeat(MAX_BYTES / 5),
            lists.clone(),
            format!("{{\"type\":{lists}}}"),
            send("id", &lists),
            send("body", &lists),
            send("body", &format!("{{\"parentId\":{objects}}}")),
            send("messages", &lists),
            send("messages", &objects),
            send("messages", &format!("[{lists}]")),
            send("messages", &format!("[{{\"id\":\"m\",\"role\":\"user\",\"parts\":{lists}}}]")),
            ping("x", &"[".repeat(100_000)),
        ] {
            assert_eq!(refusal(&frame), ErrorCode::InvalidFrame, "{frame:.60}");
        }
        // What is not of the protocol is not looked into.
        for frame in [ping("x", &lists), ping("x", &objects), send("headers", &lists), send("metadata", &objects)] {
            assert!(ClientFrame::decode(&frame).is_ok(), "{frame:.60}");
        }
        let older = send("messages", &format!("[{objects},{}]", message("hi")));
        assert!(ClientFrame::decode(&older).is_ok(), "only the last message is read");
    });
}

#[test]
fn a_frame_longer_than_the_gateways_limit_is_rejected() {
    let frame = |length: usize| {
        let (begin, end) = ("{\"type\":\"ping\",\"requestId\":\"r\",\"x\":\"", "\"}");
        format!("{begin}{}{end}", "x".repeat(length - begin.len() - end.len()))
    };
    assert!(ClientFrame::decode(&frame(MAX_BYTES)).is_ok());
    assert_eq!(refusal(&frame(MAX_BYTES + 1)), ErrorCode::MessageTooLarge);
}

#[test]
fn many_elements_are_accepted_and_a_duplicate_type_is_rejected() {
    let keys: String = (0..14_000).map(|key| format!("\"{key}\":0,")).collect();
    let crowd = format!("{{{keys}\"type\":\"ping\",\"requestId\":\"r\"}}");
    assert!(ClientFrame::decode(&crowd).is_ok());
    let nulls = format!("[{}{}]", "0,".repeat(60_000), message("hi"));
    assert!(ClientFrame::decode(&send("messages", &nulls)).is_ok());
    let parts = format!("[{}{{\"type\":\"text\",\"text\":\"hi\"}}]", "{\"type\":\"\"},".repeat(9_000));
    assert!(
        ClientFrame::decode(&send("messages", &format!("[{{\"id\":\"m\",\"role\":\"user\",\"parts\":{parts}}}]")))
            .is_ok()
    );
    let twice = "{\"type\":\"ping\",\"type\":\"send\",\"requestId\":\"r\"}";
    let refused = ClientFrame::decode(twice).unwrap_err();
    assert_eq!(refused.error.details["field"], "type", "which of the two counts is not guessed");
    assert_eq!(refused.error.code, ErrorCode::InvalidFrame);
}

#[test]
fn numbers_and_characters_out_of_range_are_rejected() {
    let get =
        |limit: &str| format!("{{\"type\":\"conversations.get\",\"requestId\":\"r\",\"id\":\"c\",\"limit\":{limit}}}");
    for limit in ["-1", "1e400", "1.5", "18446744073709551616", &"9".repeat(100_000), "NaN", "\"1\"", "null"] {
        assert_eq!(refusal(&get(limit)), ErrorCode::InvalidFrame, "{limit:.30}");
    }
    for id in
        ["\\u0000", "\\ud800", "\\udc00\\ud800", "\u{202e}", "é", " ", "#", &"x".repeat(256), &"x".repeat(100_000)]
    {
        for field in ["requestId", "id", "messageId"] {
            assert_eq!(refusal(&send(field, &format!("\"{id}\""))), ErrorCode::InvalidFrame, "{field} {id:.30}");
        }
    }
    let saying = |text: &str| {
        let message =
            format!("[{{\"id\":\"m\",\"role\":\"user\",\"parts\":[{{\"type\":\"text\",\"text\":\"{text}\"}}]}}]");
        send("messages", &message)
    };
    for text in ["a\u{0}b", "\\x"] {
        assert_eq!(refusal(&saying(text)), ErrorCode::InvalidFrame, "{text}");
    }
    let Ok(ClientFrame::Send(sent)) = ClientFrame::decode(&saying("a \\ud83d")) else {
        panic!("half an emoji is taken")
    };
    assert_eq!(sent.opening.text, "a \u{fffd}");
}

#[test]
fn client_metadata_is_bounded() {
    let with = |length: usize| {
        let metadata = json!({"note": "x".repeat(length), "siblings": vec!["m"; 1000]});
        let message =
            json!([{"id": "m", "role": "user", "parts": [{"type": "text", "text": "hi"}], "metadata": metadata}]);
        send("messages", &message.to_string())
    };
    assert!(ClientFrame::decode(&with(4_000)).is_ok(), "what the server says itself does not count");
    assert_eq!(refusal(&with(4_100)), ErrorCode::InvalidFrame);
    // The error is short, also where the name is not.
    let name = "n".repeat(60_000);
    let broken = format!("[{{\"id\":\"m\",\"role\":\"user\",\"parts\":[],\"metadata\":{{\"{name}\":1e400}}}}]");
    assert_eq!(refusal(&send("messages", &broken)), ErrorCode::InvalidFrame);
}

#[test]
fn every_text_of_an_operation_has_a_bound() {
    let operation = |kind: &str, fields: Value| {
        let mut frame = json!({"type": kind, "requestId": "r", "id": "c"});
        frame.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        frame.to_string()
    };
    let long = "x".repeat(100_000);
    for (kind, fields) in [
        ("conversations.list", json!({"cursor": long})),
        ("conversations.get", json!({"cursor": long})),
        ("conversations.get", json!({"branch": long})),
        ("conversations.rename", json!({"title": long})),
        ("conversations.search", json!({"query": long})),
        ("conversations.search", json!({"query": "x", "cursor": long})),
        ("conversations.export", json!({"format": "json", "cursor": long})),
        ("conversations.export", json!({"format": long})),
        ("messages.feedback", json!({"messageId": long, "rating": "up"})),
        ("messages.feedback", json!({"messageId": "m", "rating": "up", "comment": long})),
    ] {
        assert_eq!(refusal(&operation(kind, fields.clone())), ErrorCode::InvalidFrame, "{kind} {fields:.40}");
    }
}

/// The code of the error, which is short for any frame.
fn refusal(frame: &str) -> ErrorCode {
    let refused = ClientFrame::decode(frame).unwrap_err();
    let request = refused.request_id;
    let error = ServerFrame::error(request.as_deref(), &refused.error).encode();
    assert!(error.len() < 1000, "{} bytes for {frame:.60}", error.len());
    refused.error.code
}

fn message(text: &str) -> Value {
    json!({"id": "m", "role": "user", "parts": [{"type": "text", "text": text}]})
}

/// A good `send`, but for one field, which is the given JSON.
fn send(field: &str, json: &str) -> String {
    let mut frame = json!({
        "type": "send", "requestId": "r", "id": "c", "trigger": "submit-message", "headers": {}, "body": {},
        "messages": [message("hi")],
    });
    frame.as_object_mut().unwrap().remove(field);
    format!("{{\"{field}\":{json},{}", &frame.to_string()[1..])
}

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(512 * 1024).spawn(test).unwrap().join().unwrap();
}
