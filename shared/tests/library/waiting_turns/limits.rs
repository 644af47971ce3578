//! What a turn uses before its wait and behind it, and the limits that hold for it.

use std::time::Duration;

use natter::allowance::UsageLimits;
use natter::conversation::Status;
use natter::error::ErrorCode;
use natter::protocol::{AnswerFrame, ClientFrame};
use serde_json::Value;

use super::{PAY, agent, answer, approval, reply};
use crate::support::Step::{Finish, Hang, Say};
use crate::support::{Chat, CountingTool, LEASE, Step, send};

const LIMITS: UsageLimits = UsageLimits {
    messages_per_minute: Some(1),
    concurrent_turns: Some(1),
    daily_messages: Some(1),
    daily_tokens: Some(10_000),
    daily_dollars: None,
    daily_spend_cap: None,
};

/// A turn within these limits that waits, and the frame that lets it go on.
async fn waiting(limits: UsageLimits, behind: Vec<Vec<Step>>) -> (Chat, Value) {
    let scripts = std::iter::once(vec![PAY, Finish]).chain(behind);
    let chat = agent(scripts, &CountingTool::answering("paid")).await.with_limits(limits);
    chat.says(send("r1", "c", "m1", "Pay")).await.unwrap();
    let frame = answer(&chat, "r2", vec![approval(&chat, 1, true).await]).await;
    (chat, frame)
}

fn decoded(frame: &Value) -> AnswerFrame {
    match ClientFrame::decode(&frame.to_string()) {
        Ok(ClientFrame::Answer(frame)) => frame,
        _ => panic!("an answer"),
    }
}

#[tokio::test]
async fn a_turn_that_goes_on_is_no_new_message_and_what_it_uses_is_added() {
    let (chat, frame) = waiting(LIMITS, vec![vec![Say("Done."), Finish]]).await;
    let before = chat.allowance().await;
    assert_eq!((before.messages, before.unsettled.len()), (1, 0));
    chat.answers(&frame).await.unwrap();
    chat.answers(&frame).await.unwrap();
    let after = chat.allowance().await;
    assert_eq!((after.messages, after.unsettled.len()), (1, 0));
    assert!(after.tokens > before.tokens && after.tokens < 3 * before.tokens, "{} {}", before.tokens, after.tokens);
}

#[tokio::test]
async fn what_a_turn_uses_behind_its_wait_is_settled_by_whoever_takes_it_over() {
    let (chat, frame) = waiting(LIMITS, vec![vec![Say("Half a"), Hang], vec![Say("Done."), Finish]]).await;
    let before = chat.allowance().await.tokens;
    let turn = chat.service.answer(&chat.caller, &decoded(&frame)).await.unwrap().unwrap();
    let dying = tokio::spawn(turn.run(Duration::from_secs(60)));
    while chat.model.prompts().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    dying.abort();
    assert_eq!(chat.allowance().await.unsettled.len(), 1, "the run behind the wait");
    tokio::time::sleep(LEASE).await;
    for turn in chat.service.sweep().await.unwrap() {
        turn.run(Duration::from_secs(60)).await;
    }
    assert_eq!(reply(&chat).await.message.status, Status::Complete);
    let after = chat.allowance().await;
    assert_eq!(after.unsettled.len(), 0);
    assert!(after.tokens > before, "{before} and {}", after.tokens);
}

#[tokio::test]
async fn a_turn_does_not_go_on_without_tokens_that_are_left() {
    let limits = UsageLimits { daily_tokens: Some(1), ..LIMITS };
    let (chat, frame) = waiting(limits, vec![vec![Say("Done."), Finish]]).await;
    assert_eq!(chat.answers(&frame).await.unwrap_err().code, ErrorCode::QuotaExceeded);
    let reply = reply(&chat).await;
    assert_eq!((reply.message.status, reply.lease.unwrap().attempt), (Status::Waiting, 1));
}
