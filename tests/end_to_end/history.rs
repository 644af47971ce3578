//! Conversations read back.

use natter_tests::{Client, Natter, Table};
use serde_json::{Value, json};

#[tokio::test]
async fn a_conversation_is_read_back_unchanged() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.say_as("m1", "c", "script:{\"text\":\"Hello.\"}").await;
    let answer = alice.answer(&request).await;
    let read = alice.result("conversations.get", json!({"id": "c"})).await;
    assert_eq!(read["conversation"]["id"], "c");
    assert_eq!(read.get("nextCursor"), None);
    let [question, reply] = &read["messages"].as_array().unwrap()[..] else { panic!("{read}") };
    assert_eq!((&question["role"], &question["metadata"]["clientId"]), (&json!("user"), &json!("m1")));
    assert_eq!(reply["id"], answer.message_id);
    assert_eq!(reply["parts"], json!([{"type": "text", "text": "Hello."}]));
    let metadata = &reply["metadata"];
    assert_eq!((&metadata["status"], &metadata["finishReason"]), (&json!("complete"), &json!("stop")));
    assert_eq!(metadata["parentId"], question["id"]);
    for known in ["model", "usage", "timings"] {
        assert_eq!(metadata[known], answer.metadata[known], "{known}");
    }
}

#[tokio::test]
async fn a_long_conversation_is_read_back_in_pages_without_gap_or_overlap() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    for number in 0..25 {
        let request = alice.script("c", json!({"text": format!("reply {number}"), "rate": 0})).await;
        alice.answer(&request).await;
    }
    let messages = alice.whole_history(json!({"id": "c", "limit": 7})).await;
    assert_eq!(messages.len(), 50);
    let replies: Vec<String> = messages.iter().skip(1).step_by(2).map(text).collect();
    assert_eq!(replies, (0..25).map(|number| format!("reply {number}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_message_larger_than_a_page_is_read_back_over_several() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"tokens": 60_000, "rate": 0, "chunk": 1000})).await;
    let answer = alice.answer(&request).await;
    assert!(answer.text.len() > 3 * 96 * 1024, "{} bytes", answer.text.len());
    let messages = alice.whole_history(json!({"id": "c"})).await;
    assert_eq!(messages.len(), 2);
    assert!(text(&messages[1]) == answer.text, "the reply is whole");
}

#[tokio::test]
async fn a_running_reply_is_read_back_as_far_as_it_is_stored() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"tokens": 40, "rate": 20})).await;
    alice.first_text(&request).await;
    let read = alice.result("conversations.get", json!({"id": "c"})).await;
    let reply = &read["messages"][1];
    assert_eq!(
        (&reply["metadata"]["status"], &reply["id"]),
        (&json!("streaming"), &read["conversation"]["runningMessageId"])
    );
    alice.answer(&request).await;
}

#[tokio::test]
async fn each_branch_is_read_back_with_the_siblings_of_its_messages() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    for name in ["one", "two", "three"] {
        say(&mut alice, name, name).await;
    }
    let first = texts(&alice.whole_history(json!({"id": "c"})).await);
    assert_eq!(first, ["one", "re: one", "two", "re: two", "three", "re: three"]);

    // The second message edited, and gone on from there; then its reply regenerated.
    edit(&mut alice, "two", "two!").await;
    say(&mut alice, "four", "four").await;
    let second = alice.whole_history(json!({"id": "c"})).await;
    assert_eq!(texts(&second), ["one", "re: one", "two!", "re: two!", "four", "re: four"]);
    regenerate(&mut alice, &second[3]["id"]).await;
    let third = alice.whole_history(json!({"id": "c"})).await;
    assert_eq!(texts(&third), ["one", "re: one", "two!", "re: two!"]);

    for limit in 1..=6 {
        let third = alice.whole_history(json!({"id": "c", "limit": limit})).await;
        let edited = &third[2]["metadata"]["siblings"];
        assert_eq!(edited[1], third[2]["id"], "pages of {limit}");
        let replies = &third[3]["metadata"]["siblings"];
        assert_eq!((&replies[0], &replies[1]), (&second[3]["id"], &third[3]["id"]), "pages of {limit}");
        let older = alice.whole_history(json!({"id": "c", "limit": limit, "branch": edited[0]})).await;
        assert_eq!(texts(&older), first, "pages of {limit}");
        assert_eq!(older[2]["metadata"]["siblings"], *edited);
        let newer = alice.whole_history(json!({"id": "c", "limit": limit, "branch": replies[0]})).await;
        assert_eq!(texts(&newer), texts(&second), "pages of {limit}");
    }
    let by_client = alice.whole_history(json!({"id": "c", "branch": "three"})).await;
    assert_eq!(texts(&by_client), first);
    assert_eq!(alice.ask("conversations.get", json!({"id": "c", "branch": "nothing"})).await["code"], "not_found");
}

#[tokio::test]
async fn a_cursor_of_another_request_is_rejected() {
    let natter = Natter::start().await;
    let (mut alice, mut bob) = (natter.connect("alice").await, natter.connect("bob").await);
    for client in [&mut alice, &mut bob] {
        for conversation in ["c", "other"] {
            let request = client.script(conversation, json!({"text": "Hello."})).await;
            client.answer(&request).await;
        }
    }
    let page = alice.result("conversations.get", json!({"id": "c", "limit": 1})).await;
    let cursor = page["nextCursor"].as_str().unwrap();
    for (client, id, cursor) in [(&mut bob, "c", cursor.to_owned()), (&mut alice, "other", cursor.to_owned())] {
        let refused = client.ask("conversations.get", json!({"id": id, "cursor": cursor})).await;
        assert_eq!(refused["code"], "invalid_frame", "{cursor}");
    }
    // What is left of a cursor when any of its parts is something else leads nowhere else, or is refused.
    let parts: Vec<&str> = cursor.split('#').collect();
    for number in 0..parts.len() {
        for forged in ["", "0", "-1", "..", "=", "=x", "<x", "/x", "[", "newer", &u64::MAX.to_string()] {
            let mut parts = parts.clone();
            parts[number] = forged;
            let answer = alice.ask("conversations.get", json!({"id": "c", "cursor": parts.join("#")})).await;
            let messages = answer["data"]["messages"].as_array().map_or(0, Vec::len);
            assert!(answer["code"] == "invalid_frame" || messages <= 2, "{parts:?}: {answer}");
        }
    }
}

#[tokio::test]
async fn history_and_export_are_complete_over_any_number_of_pages() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"text": "A \"reply\"\nof é and 👋."})).await;
    alice.answer(&request).await;
    natter.put_past("alice", "c", 250).await;
    for script in
        [json!({"tokens": 30_000, "rate": 0, "chunk": 1000}), json!({"text": ""}), json!({"text": "The end."})]
    {
        let request = alice.script("c", script).await;
        alice.answer(&request).await;
    }
    natter.stack.settled().await;
    let messages = alice.check_whole(&Table::read(&natter).await, "alice", "c").await;
    assert_eq!(messages.len(), 2 * 254);
    regenerate(&mut alice, &messages[1]["id"]).await;
    natter.stack.settled().await;
    assert_eq!(alice.check_whole(&Table::read(&natter).await, "alice", "c").await.len(), 2);
}

#[tokio::test]
async fn a_conversation_is_opened_at_a_message_that_was_found_on_any_branch() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    for name in ["one", "two", "three", "four"] {
        say(&mut alice, name, name).await;
    }
    edit(&mut alice, "two", "two!").await;
    let first = alice.whole_history(json!({"id": "c", "branch": "three"})).await;

    let hits = alice.all_hits("RE: three").await;
    let found = hits.iter().find(|hit| hit["messageId"] == first[5]["id"]).unwrap();
    let request = json!({"id": "c", "limit": 2, "at": found["messageId"]});
    let opened = alice.result("conversations.get", request.clone()).await;
    assert_eq!(opened["messages"], json!(first[5..7]));
    let newer = alice.pages("conversations.get", request, "newerCursor").await;
    let newer: Vec<Value> = newer.iter().flat_map(|page| page["messages"].as_array().unwrap()).cloned().collect();
    assert_eq!(newer, first[5..]);
    let older = alice.whole_history(json!({"id": "c", "limit": 2, "cursor": opened["nextCursor"]})).await;
    assert_eq!(older, first[..5]);
    assert_eq!(alice.ask("conversations.get", json!({"id": "c", "at": "nothing"})).await["code"], "not_found");
}

async fn say(client: &mut Client, message: &str, text: &str) {
    send(client, json!({}), message, text).await;
}

/// Sends another text in place of a message.
async fn edit(client: &mut Client, message: &str, text: &str) {
    send(client, json!({"messageId": message}), message, text).await;
}

async fn send(client: &mut Client, mut frame: Value, message: &str, text: &str) {
    let script = json!({"text": format!("re: {text}"), "rate": 0});
    let parts = json!([{"type": "text", "text": format!("script:{script}")}]);
    let request = uuid::Uuid::new_v4().to_string();
    let fields = json!({
        "type": "send", "requestId": request, "id": "c", "trigger": "submit-message", "headers": {}, "body": {},
        "messages": [{"id": message, "role": "user", "parts": parts}],
    });
    frame.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    client.send(frame).await;
    client.answer(&request).await;
}

async fn regenerate(client: &mut Client, reply: &Value) {
    let request = uuid::Uuid::new_v4().to_string();
    client
        .send(json!({
            "type": "send", "requestId": request, "id": "c", "trigger": "regenerate-message", "messageId": reply,
            "headers": {}, "body": {},
            "messages": [{"id": "m", "role": "user", "parts": [{"type": "text", "text": "two!"}]}],
        }))
        .await;
    client.answer(&request).await;
}

fn text(message: &Value) -> String {
    message["parts"].as_array().unwrap().iter().map(|part| part["text"].as_str().unwrap()).collect()
}

/// What was said in short: of a script, what it was to make the model say again.
fn texts(messages: &[Value]) -> Vec<String> {
    let short = |message: &Value| match text(message).strip_prefix("script:") {
        Some(script) => {
            let script: Value = serde_json::from_str(script).unwrap();
            script["text"].as_str().unwrap().replace("re: ", "")
        }
        None => text(message),
    };
    messages.iter().map(short).collect()
}
