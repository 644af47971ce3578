//! Usage limits and what counts against them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use futures::future::join_all;
use http::HeaderMap;
use natter::allowance::UsageLimits;
use natter::error::{ChatError, ErrorCode};
use natter::services::estimated_tokens;
use serde_json::json;
use tokio::sync::Barrier;

use crate::support::Step::{Finish, Hang, Say};
use crate::support::{Chat, HttpServer, LEASE, forward, send};

const NONE: UsageLimits = UsageLimits {
    messages_per_minute: None,
    concurrent_turns: None,
    daily_messages: None,
    daily_tokens: None,
    daily_dollars: None,
    daily_spend_cap: None,
};
const A_MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_rate_limited_client_gets_a_retry_time_and_nothing_is_stored() {
    let chat = talkative().await.with_limits(UsageLimits { messages_per_minute: Some(2), ..NONE });
    chat.says(send("r1", "c", "m1", "One")).await.unwrap();
    chat.says(send("r2", "c", "m2", "Two")).await.unwrap();
    let refused = chat.says(send("r3", "c", "m3", "Three")).await.unwrap_err();

    assert_eq!(refused.code, ErrorCode::RateLimited);
    assert!(refused.retry_after.is_some_and(|pause| pause > Duration::ZERO && pause <= A_MINUTE / 2));
    assert_eq!(json!(refused.details), json!({"kind": "messagesPerMinute", "limit": 2}));
    assert_eq!((chat.stored().await.len(), chat.model.prompts().len()), (4, 2));
}

#[tokio::test]
async fn a_message_that_is_delivered_or_sent_again_is_counted_once() {
    let chat = talkative().await.with_limits(UsageLimits { messages_per_minute: Some(1), ..NONE });
    chat.says(send("r1", "c", "m1", "One")).await.unwrap();
    chat.says(send("r1", "c", "m1", "One")).await.unwrap();
    chat.says(send("r2", "c", "m1", "One")).await.unwrap();
    assert_eq!(chat.sink.text("tab", "r2"), "Hello");
    assert_eq!(chat.allowance().await.messages, 1);
}

#[tokio::test]
async fn a_message_rejected_for_another_reason_is_not_counted() {
    let chat = Chat::with_model([Say("One moment"), Hang]).await;
    let chat = chat.with_limits(UsageLimits { messages_per_minute: Some(9), ..NONE });
    let running = chat.begins(send("r1", "c", "m1", "One")).await;
    let refused = chat.says(send("r2", "c", "m2", "Two")).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::ConversationBusy);
    assert_eq!(chat.allowance().await.messages, 1);
    running.abort();
}

#[tokio::test]
async fn users_do_not_share_their_limits() {
    let chat = talkative().await.with_limits(UsageLimits { daily_messages: Some(1), ..NONE });
    chat.says(send("r1", "c", "m1", "One")).await.unwrap();
    chat.as_user("bob").says(send("r1", "c", "m1", "One")).await.unwrap();
    is_refused(&chat, ErrorCode::QuotaExceeded, "dailyMessages").await;
    is_refused(&chat.as_user("bob"), ErrorCode::QuotaExceeded, "dailyMessages").await;
}

#[tokio::test]
async fn a_turn_beyond_the_concurrency_limit_starts_when_one_has_ended() {
    let chat = Chat::with_models([vec![Say("On and on"), Hang], vec![Say("Yes?"), Finish]]).await;
    let chat = chat.with_limits(UsageLimits { concurrent_turns: Some(1), ..NONE });
    let running = chat.begins(send("r1", "c", "m1", "Talk")).await;
    is_refused(&chat, ErrorCode::RateLimited, "concurrentTurns").await;

    chat.service.stop(&chat.caller, &"r1".parse().unwrap()).await.unwrap();
    running.await.unwrap();
    chat.says(send("r2", "another", "m2", "Now?")).await.unwrap();
    assert_eq!(chat.sink.text("tab", "r2"), "Yes?");
}

#[tokio::test]
async fn concurrent_turns_of_one_user_all_start_up_to_the_limit() {
    let chat = talkative().await.with_limits(UsageLimits { daily_messages: Some(6), ..NONE });
    let begin = |number: usize| {
        let frame = send(&format!("r{number}"), &format!("c{number}"), &format!("m{number}"), "Hello");
        chat.service.begin(&chat.caller, frame)
    };
    let begun = join_all((0..8).map(begin)).await;
    let refused: Vec<ErrorCode> =
        begun.iter().filter_map(|begun| begun.as_ref().err()).map(|error| error.code).collect();
    assert_eq!(refused, [ErrorCode::QuotaExceeded; 2]);
    assert_eq!(chat.allowance().await.messages, 6);
}

#[tokio::test]
async fn the_tokens_of_prompts_and_replies_are_used_up_until_the_next_day() {
    let taken =
        u64::try_from(["Be kind.", "One", "Hello"].map(|text| estimated_tokens(text.len())).iter().sum::<usize>())
            .unwrap();
    let chat = talkative().await.with_limits(UsageLimits { daily_tokens: Some(taken), ..NONE });
    chat.says(send("r1", "c", "m1", "One")).await.unwrap();
    assert_eq!(chat.allowance().await.tokens, taken);
    let refused = is_refused(&chat, ErrorCode::QuotaExceeded, "dailyTokens").await;
    assert!(refused.retry_after.is_some_and(|pause| pause <= Duration::from_secs(24 * 60 * 60)));
}

#[tokio::test]
async fn the_dollar_limit_of_a_user_applies_to_no_other() {
    let chat = talkative().await.with_limits(UsageLimits { daily_dollars: Some(0.000_001), ..NONE });
    chat.says(send("r1", "c", "m1", "One")).await.unwrap();
    is_refused(&chat, ErrorCode::QuotaExceeded, "dailyDollars").await;
    chat.as_user("bob").says(send("r2", "c", "m2", "Two")).await.unwrap();
}

#[tokio::test]
async fn the_spend_cap_of_all_users_rejects_everyone_once_reached() {
    let chat = talkative().await.with_limits(UsageLimits { daily_spend_cap: Some(0.000_001), ..NONE });
    chat.says(send("r1", "c", "m1", "One")).await.unwrap();
    let refused = is_refused(&chat.as_user("bob"), ErrorCode::QuotaExceeded, "dailySpendCap").await;
    assert_eq!(refused.details.get("limit"), None, "how much that is, is the operator's business");
}

#[tokio::test]
async fn a_rejected_concurrent_message_calls_the_model_at_most_once() {
    for (limits, admitted, asked) in [
        // Once for each, and once more for those that are admitted after their first try has lost.
        (UsageLimits { messages_per_minute: Some(5), ..NONE }, 5, 25),
        // Where one is all, the turn is stored before the model is asked.
        (UsageLimits { concurrent_turns: Some(1), ..NONE }, 1, 1),
    ] {
        let chat = Chat::with_model([Hang]).await.with_limits(limits);
        let begin = async |number: usize| {
            let (request, conversation) = (format!("r{number}"), format!("c{number}"));
            chat.service.begin(&chat.caller, send(&request, &conversation, "m", "Hello")).await
        };
        let begun = futures::future::join_all((0..20).map(begin)).await;
        assert_eq!(begun.iter().filter(|begun| begun.is_ok()).count(), admitted);
        let calls = chat.model.prompts().len();
        assert!((admitted..=asked).contains(&calls), "{calls} calls");
        let allowance = chat.allowance().await;
        assert_eq!(allowance.messages, admitted as u64);
        assert!(allowance.tokens > 0 || calls == admitted, "prompts of those that were refused are counted");
    }
}

#[tokio::test]
async fn a_turn_stopped_before_its_first_token_is_charged_its_prompt() {
    let chat = Chat::with_model([Hang]).await.with_limits(UsageLimits { daily_tokens: Some(1_000), ..NONE });
    let turn = chat.service.begin(&chat.caller, send("r1", "c", "m1", "Hello")).await.unwrap().unwrap();
    chat.service.stop(&chat.caller, &"r1".parse().unwrap()).await.unwrap();
    turn.run(A_MINUTE).await;
    let prompt: usize = ["Be kind.", "Hello"].into_iter().map(|text| estimated_tokens(text.len())).sum();
    assert_eq!(chat.allowance().await.tokens, prompt as u64);
}

#[tokio::test]
async fn an_abandoned_turn_is_settled_once_by_its_recovery() {
    let chat = Chat::with_models([vec![Say("Half a"), Hang], vec![Say("A whole reply"), Finish]]).await;
    let chat = chat.with_limits(UsageLimits { concurrent_turns: Some(1), ..NONE });
    chat.begins(send("r1", "c", "m1", "Hello")).await.abort();
    tokio::time::sleep(LEASE).await;
    for _ in 0..2 {
        for turn in chat.service.sweep().await.unwrap() {
            turn.run(A_MINUTE).await;
        }
    }
    // The function that died had sent the prompt, too.
    let texts = ["Be kind.", "Hello", "Be kind.", "Hello", "A whole reply"];
    let taken: usize = texts.into_iter().map(|text| estimated_tokens(text.len())).sum();
    let allowance = chat.allowance().await;
    assert_eq!((allowance.messages, allowance.tokens, allowance.unsettled.len()), (1, taken.try_into().unwrap(), 0));
}

#[tokio::test]
async fn an_abandoned_turn_does_not_count_against_the_message_that_closes_it() {
    let chat = Chat::with_models([vec![Say("Half a"), Hang], vec![Say("Of course."), Finish]]).await;
    let chat = chat.with_limits(UsageLimits { concurrent_turns: Some(1), ..NONE });
    chat.begins(send("r1", "c", "m1", "Hello")).await.abort();
    tokio::time::sleep(LEASE).await;
    chat.says(send("r2", "c", "m2", "Forget it.")).await.unwrap();
    assert_eq!(chat.sink.text("tab", "r2"), "Of course.");
    assert_eq!(chat.allowance().await.unsettled.len(), 0);
}

/// A database on whose way each read waits until so many are under way: reads that wait for one another never get there.
struct Watched {
    url: String,
    reads: Barrier,
    calls: Mutex<Vec<String>>,
}

fn is_read(operation: &str) -> bool {
    matches!(operation, "GetItem" | "BatchGetItem" | "Query")
}

async fn watch(State(watched): State<Arc<Watched>>, headers: HeaderMap, body: Bytes) -> Bytes {
    let target = headers["x-amz-target"].to_str().unwrap();
    let operation = target.rsplit('.').next().unwrap().to_owned();
    if is_read(&operation) {
        tokio::time::timeout(Duration::from_secs(5), watched.reads.wait()).await.expect("the other reads come too");
    }
    watched.calls.lock().unwrap().push(operation);
    forward(&watched.url, headers, body).await.1
}

#[tokio::test]
async fn limits_cost_a_turn_no_round_trip_at_its_start_and_one_at_its_end() {
    let user =
        UsageLimits { messages_per_minute: Some(9), concurrent_turns: Some(9), daily_tokens: Some(9_999), ..NONE };
    let all = UsageLimits { daily_spend_cap: Some(9_999.0), ..user };
    for (limits, reads, writes_behind) in [(NONE, 2, 2), (user, 3, 3), (all, 4, 4)] {
        let chat = talkative().await;
        let watched = Arc::new(Watched {
            url: chat.database_url().to_owned(),
            reads: Barrier::new(reads),
            calls: Mutex::default(),
        });
        let proxy = HttpServer::start(Router::new().route("/", post(watch)).with_state(Arc::clone(&watched))).await;
        chat.with_limits_at(&proxy.url, limits).says(send("r1", "c", "m1", "Hello")).await.unwrap();

        let calls = watched.calls.lock().unwrap().clone();
        let (before, behind) = calls.split_at(reads);
        assert!(before.iter().all(|call| is_read(call)), "{calls:?}");
        assert_eq!(behind[0], "TransactWriteItems", "{calls:?}");
        assert_eq!(behind[1..], vec!["UpdateItem"; writes_behind], "{calls:?}");
    }
}

async fn talkative() -> Chat {
    Chat::with_model([Say("Hello"), Finish]).await
}

/// Nothing of a message that is refused in a conversation of its own is stored.
async fn is_refused(chat: &Chat, code: ErrorCode, kind: &str) -> ChatError {
    let refused = chat.says(send("refused", "of-its-own", "m", "And now?")).await.unwrap_err();
    assert_eq!((refused.code, &refused.details["kind"]), (code, &json!(kind)));
    refused
}
