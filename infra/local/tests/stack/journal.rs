//! The journal: what happened, in order, and none of the secrets.

use std::time::Duration;

use natter_local::{Latencies, LocalStack};
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::{MESSAGE, builder, connect, http, soon, stack, try_connect, until};

/// The journal's entries from number `after` on.
async fn journal(stack: &LocalStack, after: u64) -> Vec<Value> {
    let answer = http().get(format!("{}/local/journal?after={after}", stack.http_url())).send().await.unwrap();
    answer.json::<Value>().await.unwrap()["entries"].as_array().unwrap().clone()
}

/// The entries of these kinds.
fn of<'a>(entries: &'a [Value], kinds: &[&str]) -> Vec<&'a Value> {
    entries.iter().filter(|entry| kinds.iter().any(|kind| entry["kind"] == *kind)).collect()
}

fn kinds(entries: &[Value]) -> Vec<&str> {
    entries.iter().filter_map(|entry| entry["kind"].as_str()).collect()
}

fn position(entries: &[Value], kind: &str) -> usize {
    kinds(entries).iter().position(|other| *other == kind).unwrap_or_else(|| panic!("no {kind} in {entries:?}"))
}

#[tokio::test]
async fn a_message_is_followed_from_its_frame_to_the_end_of_its_invocation() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    let before = journal(&stack, 0).await.len() as u64;
    client.send(json!({"do": "store", "key": "a"})).await;
    client.json().await;
    stack.settled().await;
    until(async || of(&journal(&stack, before).await, &["invocationEnded"]).len() == 1).await;

    let entries = journal(&stack, before).await;
    let order = ["frameIn", "invocationStarted", "database", "frameOut", "invocationAnswered", "invocationEnded"];
    let positions = order.map(|kind| position(&entries, kind));
    assert!(positions.is_sorted(), "{:?}", kinds(&entries));
    let post = &entries[position(&entries, "management")];
    assert_eq!((&post["method"], &post["status"]), (&json!("POST"), &json!(200)));

    let started = &entries[positions[1]];
    assert_eq!(
        (&started["function"], &started["cold"], &started["source"]),
        (&json!(MESSAGE), &json!(true), &json!("$default"))
    );
    assert_eq!(started["gatewayRequest"], entries[positions[0]]["gatewayRequest"]);
    for kind in ["database", "management", "invocationAnswered", "invocationEnded"] {
        assert_eq!(entries[position(&entries, kind)]["request"], started["request"], "{kind}");
    }
    for kind in ["frameIn", "invocationStarted", "management", "frameOut"] {
        assert_eq!(entries[position(&entries, kind)]["connection"], started["connection"], "{kind}");
    }
    let numbers: Vec<_> = entries.iter().map(|entry| entry["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (before + 1..=before + entries.len() as u64).collect::<Vec<_>>());
}

#[tokio::test]
async fn configured_latencies_are_added_to_the_database_and_clients() {
    let far = Duration::from_millis(50);
    let stack = builder().latencies(Latencies { database: far, post: far }).start().await.unwrap();
    let mut client = connect(&stack, "token=alice").await;
    client.send(json!({"do": "store", "key": "a"})).await;
    client.json().await;
    stack.settled().await;
    until(async || of(&stack.events(0), &["invocationEnded"]).iter().any(|entry| entry["function"] == MESSAGE)).await;

    let entries = stack.events(0);
    let took = |entry: &Value| entry["millis"].as_f64().unwrap();
    assert!(of(&entries, &["database"]).iter().all(|call| took(call) >= 50.0));
    let ended = of(&entries, &["invocationEnded"]).into_iter().find(|entry| entry["function"] == MESSAGE).unwrap();
    assert!(took(ended) >= 100.0, "it waits for the database and for its post: {ended}");
}

#[tokio::test]
async fn warm_and_failed_invocations_are_recorded_as_such() {
    let stack = stack().await;
    let mut client = connect(&stack, "token=alice").await;
    client.id().await;
    stack.settled().await;
    client.send(json!({"do": "fail"})).await;
    client.json().await;
    stack.settled().await;
    let all = journal(&stack, 0).await;
    let ended = of(&all, &["invocationEnded"]).into_iter().filter(|entry| entry["function"] == MESSAGE);
    let ended: Vec<_> = ended.collect();
    assert!(ended[0]["init"].is_number() && ended[0].get("error").is_none(), "{}", ended[0]);
    assert!(
        ended[1].get("init").is_none() && ended[1]["error"].as_str().unwrap().contains("out of order"),
        "{}",
        ended[1]
    );
}

#[tokio::test]
async fn a_connection_is_followed_from_its_handshake_to_its_end() {
    let stack = stack().await;
    let client = connect(&stack, "token=alice&room=7").await;
    let refused = try_connect(&stack, "token=deny").await.unwrap_err();
    client.close(Some((1000, "bye"))).await;
    until(async || !of(&journal(&stack, 0).await, &["connectionClosed"]).is_empty()).await;

    let entries = journal(&stack, 0).await;
    let connections = of(&entries, &["connectionOpened", "connectionRefused", "connectionClosed"]);
    let [opened, rejected, closed] = connections[..] else { panic!("{connections:?}") };
    assert_eq!(
        (&opened["handshake"]["principal"], &opened["handshake"]["query"]["room"]),
        (&json!("alice"), &json!("7"))
    );
    assert_eq!(rejected["status"], refused);
    assert_eq!((&closed["code"], &closed["reason"]), (&json!(1000), &json!("bye")));
    assert_eq!(closed["connection"], opened["connection"]);
}

#[tokio::test]
async fn a_token_is_nowhere_in_the_journal_however_it_came() {
    let stack = stack().await;
    let secret = "c2VjcmV0LXRva2Vu";
    let _by_query = connect(&stack, &format!("token={secret}")).await;
    let url = format!("{}?token=alice&connect=chat", stack.socket_url());
    let mut handshake = url.into_client_request().unwrap();
    for (name, value) in [("authorization", secret), ("sec-websocket-protocol", &format!("chat, bearer.{secret}"))] {
        handshake.headers_mut().insert(name, value.parse().unwrap());
    }
    let _by_header = soon(connect_async(handshake)).await.unwrap();
    stack.settled().await;

    let entries = journal(&stack, 0).await;
    assert_eq!(of(&entries, &["connectionOpened"])[1]["handshake"]["subprotocols"], json!(["chat", "bearer.•••"]));
    for mut entry in entries {
        // The probe's authorizer names the principal after the token, which a real one never does.
        entry["handshake"]["principal"].take();
        assert!(!entry.to_string().contains(secret), "{entry}");
    }
}

#[tokio::test]
async fn injected_faults_and_log_lines_are_recorded_with_their_function() {
    let stack = builder().faults("drop:1,seed=1").start().await.unwrap();
    let mut client = connect(&stack, "token=alice").await;
    client.send(json!({"do": "echo"})).await;
    until(async || !of(&journal(&stack, 0).await, &["fault"]).is_empty()).await;
    let entries = journal(&stack, 0).await;
    let fault = of(&entries, &["fault"])[0];
    assert_eq!((&fault["function"], &fault["call"]), (&json!(MESSAGE), &json!("post")));
    assert!(fault["request"].is_string() && fault["outcome"].as_str().unwrap().contains("lost"), "{fault}");
    let printed = |entry: &&&Value| entry["function"] == MESSAGE && entry["text"] == "probe begins as message";
    assert_eq!(of(&entries, &["log"]).iter().filter(printed).count(), 1);
}

#[tokio::test]
async fn the_journal_goes_on_as_a_stream_and_ends_with_the_stack() {
    let stack = stack().await;
    let _client = connect(&stack, "token=alice").await;
    let mut events = http().get(format!("{}/local/events", stack.http_url())).send().await.unwrap();
    let mut text = String::new();
    while !text.contains("connectionOpened") {
        text += std::str::from_utf8(&events.chunk().await.unwrap().unwrap()).unwrap();
    }
    stack.stop().await;
    while events.chunk().await.unwrap().is_some() {}
}

#[tokio::test]
async fn a_stack_without_a_journal_keeps_and_counts_nothing() {
    let stack = builder().journal(false).start().await.unwrap();
    let mut client = connect(&stack, "token=alice").await;
    client.id().await;
    assert!(journal(&stack, 0).await.is_empty());
    assert_eq!(stack.meter(), natter_local::Usage::default());
}
