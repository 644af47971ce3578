//! A message goes in, a streamed reply comes out, and both are remembered.

use natter_tests::{Natter, NatterBuilder};
use serde_json::json;

#[tokio::test]
async fn a_message_is_answered_as_the_model_writes() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"text": "Hello, 世界 👩‍👩‍👧!", "chunk": 1, "rate": 100})).await;
    let answer = alice.answer(&request).await;
    assert_eq!(answer.text, "Hello, 世界 👩‍👩‍👧!");
    assert_eq!(answer.last, json!({"type": "end", "requestId": request}));
    assert_eq!(answer.metadata["model"], "demo");
    assert!(answer.metadata["usage"]["outputTokens"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn without_a_model_the_demo_explains_how_to_connect_one() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.say("c", "Hello").await;
    let answer = alice.answer(&request).await;
    assert!(answer.text.contains("demo") && answer.text.contains("OPENAI_BASE_URL"), "{}", answer.text);
}

#[tokio::test]
async fn a_turn_has_the_history_of_its_conversation() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let first = alice.script("c", json!({"text": "Hello Ada."})).await;
    alice.answer(&first).await;
    let second = alice.say("c", "Who am I?").await;
    alice.answer(&second).await;
    assert_eq!(
        natter.last_prompt().await,
        ["user: script:{\"text\":\"Hello Ada.\"}", "assistant: Hello Ada.", "user: Who am I?"]
    );
}

#[tokio::test]
async fn a_conversation_survives_a_restart() {
    let folder = std::env::temp_dir().join(format!("natter-{}", uuid::Uuid::new_v4()));
    let natter = NatterBuilder::default().data(&folder).start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"text": "I shall remember."})).await;
    alice.answer(&request).await;
    natter.stack.stop().await;

    let natter = NatterBuilder::default().data(&folder).start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.say("c", "Do you?").await;
    alice.answer(&request).await;
    assert_eq!(natter.last_prompt().await[1..], ["assistant: I shall remember.", "user: Do you?"]);
    natter.stack.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn two_users_with_one_conversation_name_do_not_see_each_other() {
    let natter = Natter::start().await;
    let (mut alice, mut bob) = (natter.connect("alice").await, natter.connect("bob").await);
    let request = alice.script("c", json!({"text": "The code is 1234."})).await;
    alice.answer(&request).await;
    let request = bob.say("c", "What is the code?").await;
    bob.answer(&request).await;
    assert_eq!(natter.last_prompt().await, ["user: What is the code?"]);
}

#[tokio::test]
async fn one_connection_carries_several_replies_at_once() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let slow = alice.script("slow", json!({"tokens": 40, "rate": 20})).await;
    alice.first_text(&slow).await;
    let quick = alice.script("quick", json!({"text": "Quick."})).await;
    assert_eq!(alice.answer(&quick).await.text, "Quick.");
    assert!(alice.answer(&slow).await.text.ends_with("w39"));
    assert_eq!(natter.stack.environments("MessageFunction").len(), 2, "each reply was written by a separate function");
}

#[tokio::test]
async fn fast_tokens_are_batched_into_few_frames() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"tokens": 200, "rate": 100})).await;
    let answer = alice.answer(&request).await;
    assert!(answer.text.ends_with("w199"));
    assert!(answer.frames < 60, "200 tokens in 2 s took {} frames", answer.frames);
}

#[tokio::test]
async fn a_long_reply_is_split_into_frames_within_the_gateways_limit() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"tokens": 20_000, "rate": 0})).await;
    let answer = alice.answer(&request).await;
    assert!(answer.text.len() > 4 * 28 * 1024 - 1024 && answer.text.ends_with("w19999"), "{} bytes", answer.text.len());
}

#[tokio::test]
async fn a_message_sent_twice_is_stored_once_and_answered_once() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let first = alice.say_as("m1", "c", "script:{\"text\":\"Once.\"}").await;
    let first = alice.answer(&first).await;
    let again = alice.say_as("m1", "c", "script:{\"text\":\"Once.\"}").await;
    let again = alice.answer(&again).await;
    assert_eq!((again.text, again.message_id), (first.text, first.message_id));
    assert_eq!(natter.model_calls().await.len(), 1);
}

#[tokio::test]
async fn a_message_whose_reply_exceeds_the_window_is_stored_once() {
    // What a turn reads are 3 items then, and the reply alone is more.
    let little = NatterBuilder::default().environment("HISTORY_MESSAGES", "1").environment("HISTORY_TOKENS", "1");
    let natter = little.start().await;
    let mut alice = natter.connect("alice").await;
    let long = r#"script:{"tokens": 5000, "rate": 2000}"#;
    let first = alice.say_as("m1", "c", long).await;
    let first = alice.answer(&first).await;
    let again = alice.say_as("m1", "c", long).await;
    let again = alice.answer(&again).await;
    assert_eq!(again.message_id, first.message_id);
    assert!(again.text == first.text, "{} bytes are not the {} of the first", again.text.len(), first.text.len());
    assert_eq!(natter.model_calls().await.len(), 1);
}

#[tokio::test]
async fn a_second_message_during_a_reply_is_rejected() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let running = alice.script("c", json!({"tokens": 30, "rate": 20})).await;
    alice.first_text(&running).await;
    let refused = alice.say("c", "And another thing").await;
    assert_eq!(alice.answer(&refused).await.last["code"], "conversation_busy");
    assert!(alice.answer(&running).await.text.ends_with("w29"));
}

#[tokio::test]
async fn a_reply_goes_on_when_its_connection_is_lost() {
    let natter = Natter::start().await;
    let mut alice = natter.connect("alice").await;
    let request = alice.script("c", json!({"tokens": 30, "rate": 30})).await;
    alice.first_text(&request).await;
    alice.vanish().await;
    natter.model_call_becomes("finished").await;

    let mut alice = natter.connect("alice").await;
    let answer = loop {
        let request = alice.script("c", json!({"text": "Still here."})).await;
        let answer = alice.answer(&request).await;
        // The end of the first reply may be on its way to the table yet.
        if answer.last["code"] != "conversation_busy" {
            break answer;
        }
    };
    assert_eq!(answer.text, "Still here.");
    assert!(natter.last_prompt().await[1].ends_with(" w29"));
}
