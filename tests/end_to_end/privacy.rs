//! What the log must not contain: messages and replies, tokens, tickets, and the names of users.

use natter_tests::{Client, NatterBuilder};
use serde_json::{Value, json};

#[tokio::test]
async fn no_content_and_no_token_is_logged_at_any_level_on_any_failure() {
    let natter = NatterBuilder::default().log_level("TRACE").parameter("Tickets", "true").start().await;
    let token = natter.token("marker-user", 60).await;
    let (_, ticket) = natter.ticket(&token, &[]).await;
    let ticket = ticket["ticket"].as_str().unwrap();
    let mut client = natter.try_ticket(ticket, &[]).await.unwrap();
    for refused in [token.replace('.', ".marker"), "marker.token.here".to_owned()] {
        assert!(natter.try_connect(Some(&refused), &[]).await.is_err());
        assert_eq!(natter.ticket(&refused, &[]).await.0, 401);
    }

    for (conversation, script) in [
        ("whole", json!({"text": "marker-replied and more", "reasoning": "marker-thought"})),
        ("refused", json!({"status": 401, "body": {"error": {"message": "marker-quoted", "code": "invalid_api_key"}}})),
        ("broken", json!({"status": 400, "body": {"error": {"message": "marker-quoted", "code": 7}}})),
        ("cut", json!({"text": "marker-replied and more", "chunk": 3, "cutAfter": 2})),
        ("fault", json!({"text": "marker-replied and more", "chunk": 3, "errorAfter": 2})),
        ("odd", json!({"text": "marker-replied", "garbage": "data: {\"marker-odd\": marker-odd}\n\n"})),
    ] {
        let request = client.script(conversation, script).await;
        client.answer(&request).await;
    }
    let request = client.say("said", "marker-said").await;
    client.answer(&request).await;
    operations(&mut client).await;
    for frame in [
        "marker-frame",
        "{\"type\":\"marker-type\"}",
        "{\"type\":\"send\",\"requestId\":\"r\",\"id\":\"marker words\"}",
    ] {
        client.send_text(frame).await;
    }
    client.result("server.describe", json!({})).await;
    natter.stack.settled().await;

    let logged = natter.printed();
    assert!(logged.len() > 20, "the functions have logged: {logged:?}");
    for secret in ["marker", token.as_str(), ticket] {
        let lines: Vec<_> = logged.iter().filter(|line| line.contains(secret)).collect();
        assert!(lines.is_empty(), "{lines:#?}");
    }
}

async fn operations(client: &mut Client) {
    let read = client.result("conversations.get", json!({"id": "whole"})).await;
    let reply = read["messages"].as_array().unwrap().last().unwrap()["id"].clone();
    for (operation, fields) in [
        ("conversations.list", json!({})),
        ("conversations.search", json!({"query": "marker-sought"})),
        ("conversations.list", json!({"cursor": "marker-cursor"})),
        ("conversations.export", json!({"id": "whole", "format": "markdown"})),
        ("conversations.rename", json!({"id": "whole", "title": "marker-titled"})),
        ("messages.feedback", json!({"id": "whole", "messageId": reply, "rating": "up", "comment": "marker-judged"})),
        ("conversations.delete", json!({"id": "whole"})),
    ] {
        let answer: Value = client.ask(operation, fields).await;
        assert!(["result", "error"].contains(&answer["type"].as_str().unwrap()));
    }
}
