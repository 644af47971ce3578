//! What is published of the wire is what the code says. `make types` writes it anew.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "tests")]
#![allow(dead_code, unused_imports, reason = "the library's tests use more of what tests are made of")]

mod files;
#[path = "../library/support/mod.rs"]
mod support;

use serde_json::{Map, Value, json};

use support::Chat;
use support::Step::{Fail, Finish, Say, Think};
use support::send;

#[test]
fn the_published_schema_matches_the_code() {
    for (path, expected) in files::published() {
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == expected, "{} is not what the code says: run `make types`", path.display());
    }
}

#[test]
fn every_example_is_valid_and_each_kind_of_frame_has_one() {
    let document = Document::published();
    let mut kinds: std::collections::BTreeSet<String> =
        document.0["components"]["messages"].as_object().unwrap().keys().cloned().collect();
    for (name, frame) in files::fixtures("client").into_iter().chain(files::fixtures("server")) {
        document.check(&frame).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        kinds.remove(frame["type"].as_str().unwrap());
    }
    assert!(kinds.is_empty(), "without an example: {kinds:?}");
}

#[test]
fn an_invalid_frame_is_invalid_in_the_document() {
    let document = Document::published();
    for frame in [
        json!({"type": "end"}),
        json!({"type": "chunk", "requestId": "r", "sequence": 0, "chunk": {"type": "shout"}}),
        json!({"type": "conversations.get", "requestId": "r"}),
        json!({"type": "error", "requestId": "r", "code": "odd", "errorText": "…"}),
    ] {
        assert!(document.check(&frame).is_err(), "{frame}");
    }
}

#[tokio::test]
async fn every_frame_that_a_turn_posts_is_valid_in_the_document() {
    let document = Document::published();
    for script in [vec![Think("Hm."), Say("Hello."), Finish], vec![Say("Hel"), Fail(|| natter::llm::ModelError::Fault)]]
    {
        let chat = Chat::with_model(script).await;
        chat.connects("alice", "tab").await;
        chat.connects("alice", "phone").await;
        chat.says(send("r1", "c", "m1", "Hi")).await.unwrap();
        let frames: Vec<Value> = ["tab", "phone"].iter().flat_map(|connection| chat.sink.frames(connection)).collect();
        assert!(frames.len() > 4);
        for frame in frames {
            document.check(&frame).unwrap_or_else(|problem| panic!("{frame}: {problem}"));
        }
    }
}

struct Document(Value);

impl Document {
    fn published() -> Self {
        Self(serde_json::from_str(&files::published()[1].1).unwrap())
    }

    fn check(&self, frame: &Value) -> Result<(), String> {
        let kind = frame["type"].as_str().unwrap_or_default();
        let payload = &self.0["components"]["messages"][kind]["payload"];
        let mut schema: Map<String, Value> = payload.as_object().ok_or("no such message")?.clone();
        schema.insert("components".to_owned(), self.0["components"].clone());
        jsonschema::draft7::validate(&Value::Object(schema), frame).map_err(|error| error.to_string())
    }
}
