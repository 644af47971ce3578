//! Whatever its other fields hold, a frame that names a request is accepted, or answered with an error that names a field.

use natter::protocol::{ClientFrame, ServerFrame};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// What stands at a place of a frame: another value, or none at all.
type Change = (usize, Option<Value>);

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_in_any_field_of_any_frame_is_accepted_or_answered(
        frame in prop::sample::select(frames()),
        changes in vec((any::<usize>(), prop::option::of(values())), 1..4),
    ) {
        check(&changes.into_iter().fold(frame, changed));
    }
}

#[test]
fn a_list_is_never_taken_for_an_object() {
    for frame in frames().into_iter().filter(|frame| frame["type"] == "send") {
        let last = format!("/messages/{}", frame["messages"].as_array().unwrap().len() - 1);
        for place in ["/body".to_owned(), last.clone(), format!("{last}/parts/0")] {
            for list in [json!([]), json!(["m"]), json!(["m", "user", []])] {
                let mut frame = frame.clone();
                *frame.pointer_mut(&place).unwrap() = list;
                assert!(ClientFrame::decode(&frame.to_string()).is_err(), "{place} of {frame}");
                check(&frame);
            }
        }
    }
    for list in ["[]", "[\"ping\"]", "[\"ping\",\"r1\"]"] {
        assert!(ClientFrame::decode(list).is_err(), "{list}");
    }
}

#[test]
fn the_field_that_is_wrong_is_named() {
    let mut send = frames().into_iter().find(|frame| frame["type"] == "send").unwrap();
    let last = send["messages"].as_array().unwrap().len() - 1;
    send["messages"][last]["parts"] = json!([{"type": "text", "text": 5}]);
    assert_eq!(field(&send), format!("messages[{last}].parts[0].text"));
    send["messages"][last]["parts"] = json!([{"text": "hi"}]);
    assert_eq!(field(&send), format!("messages[{last}].parts[0].type"));
    send["body"] = json!({"parentId": {}});
    assert_eq!(field(&send), "body.parentId");
    send["body"] = json!([]);
    assert_eq!(field(&send), "body");
    send.as_object_mut().unwrap().remove("id");
    assert_eq!(field(&json!({"type": "resume", "requestId": "r1"})), "id");
    assert_eq!(field(&json!({"type": "resume", "requestId": "a b", "id": "c"})), "requestId");
    assert_eq!(field(&json!({"type": "conversations.list", "requestId": "r1", "limit": 0})), "limit");
}

fn check(frame: &Value) {
    let text = frame.to_string();
    let refused = match ClientFrame::decode(&text) {
        Ok(read) => return assert_eq!(frame["requestId"], read.request_id().as_str()),
        Err(refused) => refused,
    };
    let named = frame["requestId"].as_str().filter(|request| request.len() <= 255);
    assert_eq!(refused.request_id.as_deref(), named, "{text}");
    let field = refused.error.details.get("field").and_then(Value::as_str).unwrap_or_default();
    assert!(!field.is_empty(), "no field is named: {} {text}", refused.error.sentence);
    let answer = ServerFrame::error(named, &refused.error).encode();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((&answer["type"], &answer["requestId"]), (&json!("error"), &json!(named.unwrap_or("-"))));
}

fn field(frame: &Value) -> String {
    let refused = ClientFrame::decode(&frame.to_string()).unwrap_err();
    refused.error.details["field"].as_str().unwrap().to_owned()
}

/// One good frame of each kind.
fn frames() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/frames/client");
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap()).collect()
}

fn changed(mut frame: Value, (number, value): Change) -> Value {
    let places = places(&frame);
    let Some(place) = places.get(number % places.len().max(1)) else { return frame };
    let (parent, name) = place.rsplit_once('/').unwrap();
    match (frame.pointer_mut(parent).unwrap(), value) {
        (Value::Object(fields), None) => drop(fields.remove(name)),
        (Value::Array(items), None) => drop(items.remove(name.parse().unwrap())),
        (_, value) => *frame.pointer_mut(place).unwrap() = value.unwrap_or_default(),
    }
    frame
}

/// The JSON pointers of all that stands in a value, at any depth.
fn places(value: &Value) -> Vec<String> {
    let within: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(number, value)| (number.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let deeper = |(name, value): (String, &Value)| {
        let below = places(value).into_iter().map({
            let name = name.clone();
            move |place| format!("/{name}{place}")
        });
        std::iter::once(format!("/{name}")).chain(below).collect::<Vec<_>>()
    };
    // Names with `/` and `~` would have to be escaped: those that chance makes are left alone.
    within.into_iter().filter(|(name, _)| !name.contains(['/', '~'])).flat_map(deeper).collect()
}

fn values() -> impl Strategy<Value = Value> {
    let texts = prop_oneof![
        Just(String::new()),
        Just("r1".to_owned()),
        Just("a#b".to_owned()),
        Just("user".to_owned()),
        Just("submit-message".to_owned()),
        Just("x".repeat(300)),
        any::<String>(),
    ];
    let leaves = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts.prop_map(Value::from),
    ];
    leaves.prop_recursive(4, 24, 5, |inner| {
        let names =
            prop_oneof![Just("type".to_owned()), Just("text".to_owned()), Just("id".to_owned()), any::<String>()];
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((names, inner), 0..5).prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}
