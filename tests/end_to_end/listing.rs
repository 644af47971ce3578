//! A user's conversations: listed, named, described.

use natter_tests::{Client, Natter};
use serde_json::{Value, json};

#[tokio::test]
async fn conversations_are_listed_by_their_newest_activity() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    for conversation in ["a", "b", "c", "a"] {
        hello(&mut alice, conversation).await;
    }
    let first = alice.result("conversations.list", json!({"limit": 2})).await;
    assert_eq!(ids(&first), ["a", "c"]);
    let second = alice.result("conversations.list", json!({"limit": 2, "cursor": first["nextCursor"]})).await;
    assert_eq!(ids(&second), ["b"]);
    assert_eq!(second.get("nextCursor"), None);
    let conversation = &second["conversations"][0];
    assert!(conversation["createdAt"].as_u64() > Some(1_700_000_000_000), "{conversation}");
    assert_eq!(conversation.get("runningMessageId"), None);
}

#[tokio::test]
async fn a_list_names_the_running_reply() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"tokens": 40, "rate": 20})).await;
    alice.first_text(&request).await;
    let running = alice.result("conversations.list", json!({})).await;
    let answer = alice.answer(&request).await;
    assert_eq!(running["conversations"][0]["runningMessageId"], answer.message_id);
    let ended = alice.result("conversations.list", json!({})).await;
    assert_eq!(ended["conversations"][0].get("runningMessageId"), None);
}

#[tokio::test]
async fn a_new_title_is_returned_and_announced_to_all_the_users_devices() {
    let natter = Natter::start().await;
    let (mut alice, mut phone) = (natter.connect("alice").await, natter.connect("alice").await);
    hello(&mut alice, "c").await;
    let renamed = alice.result("conversations.rename", json!({"id": "c", "title": "  A good\n name "})).await;
    assert_eq!(renamed["conversation"]["title"], "A good name");
    let listed = alice.result("conversations.list", json!({})).await;
    assert_eq!(listed["conversations"][0]["title"], "A good name");
    for client in [&mut alice, &mut phone] {
        let notice = client.notice("title-changed").await;
        assert_eq!((&notice["id"], &notice["title"]), (&json!("c"), &json!("A good name")));
    }
}

#[tokio::test]
async fn a_user_cannot_read_or_change_another_users_conversations() {
    let natter = Natter::start().await;
    let (mut alice, mut bob) = (natter.connect("alice").await, natter.connect("bob").await);
    for conversation in ["a", "b", "c"] {
        hello(&mut alice, conversation).await;
    }
    assert_eq!(bob.result("conversations.list", json!({})).await, json!({"conversations": []}));
    let rename = json!({"id": "a", "title": "Bob was here"});
    assert_eq!(bob.ask("conversations.rename", rename).await["code"], "not_found");
    assert_eq!(bob.ask("conversations.get", json!({"id": "a"})).await["code"], "not_found");
    assert_eq!(bob.result("conversations.delete", json!({"id": "a"})).await, json!({}));
    let page = alice.result("conversations.list", json!({"limit": 1})).await;
    let refused = bob.ask("conversations.list", json!({"limit": 1, "cursor": page["nextCursor"]})).await;
    assert_eq!(refused["code"], "invalid_frame");
    assert_eq!(ids(&alice.result("conversations.list", json!({})).await), ["c", "b", "a"]);
}

#[tokio::test]
async fn an_invalid_operation_is_rejected_and_the_connection_stays_open() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    for (operation, fields) in [
        ("conversations.list", json!({"limit": 0})),
        ("conversations.list", json!({"limit": 51})),
        ("conversations.list", json!({"limit": 1e300})),
        ("conversations.list", json!({"limit": -1})),
        ("conversations.list", json!({"cursor": "x".repeat(20_000)})),
        ("conversations.list", json!({"cursor": "#1#c"})),
        ("conversations.list", json!({"cursor": 7})),
        ("conversations.get", json!({})),
        ("conversations.get", json!({"id": "USER#bob"})),
        ("conversations.get", json!({"id": "c", "limit": 101})),
        ("conversations.rename", json!({"id": "c", "title": " \n\u{0} "})),
        ("conversations.rename", json!({"id": "c", "title": "x".repeat(201)})),
        ("conversations.delete", json!({"id": ["c"]})),
        ("conversations.destroy", json!({})),
    ] {
        let answer = alice.ask(operation, fields.clone()).await;
        assert_eq!(answer["code"], "invalid_frame", "{operation} {fields:.100}");
    }
    assert_eq!(alice.ask("conversations.get", json!({"id": "none"})).await["code"], "not_found");
}

#[tokio::test]
async fn a_server_describes_its_models_and_agents() {
    let natter = Natter::start().await;
    let described = natter.connect("alice").await.result("server.describe", json!({})).await;
    assert_eq!(described["models"], json!([{"id": "demo", "name": "demo"}]));
    assert_eq!(described["agents"][0]["name"], "Assistant");
    assert_eq!(described["limits"], json!({"textBytes": 262_144, "textParts": 20, "frameBytes": 32_768}));
}

async fn hello(client: &mut Client, conversation: &str) {
    let request = client.script(conversation, json!({"text": "Hello."})).await;
    client.answer(&request).await;
}

fn ids(list: &Value) -> Vec<&str> {
    list["conversations"].as_array().unwrap().iter().map(|head| head["id"].as_str().unwrap()).collect()
}
