//! Turns that wait for the user: for approvals, and outputs of tools that the client executes.

mod limits;
mod stopping;
mod undelivered;

use std::sync::Arc;
use std::time::Duration;

use natter::agents::StepLimits;
use natter::conversation::{Entry, OutcomeKind, Status, Timestamp};
use natter::error::ErrorCode;
use natter::llm::PromptPart;
use natter::protocol::ResumeFrame;
use natter::services::Resumed;
use natter::tools::{Approval, Toolbox};
use natter::turn::{Ending, MAX_WAIT};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::Step::{Call, Cut, Finish, Say};
use crate::support::{Chat, CountingTool, LEASE, Step, client_tool, conversation_id, send, until};

const PAY: Step = Call("pay", r#"{"n":1}"#);
const SHOW: Step = Call("show", r#"{"n":2}"#);

/// An agent that asks before it pays, and lets the client show things.
async fn asking(first: Vec<Step>, tool: &CountingTool) -> Chat {
    let chat = agent([first, vec![Say("Done."), Finish]], tool).await;
    chat.says(send("r1", "c", "m1", "Pay")).await.unwrap();
    chat
}

/// The same, before it is asked for anything.
async fn agent(scripts: impl IntoIterator<Item = Vec<Step>>, tool: &CountingTool) -> Chat {
    let mut pay = tool.named("pay");
    pay.approval = Approval::Always;
    let tools = Toolbox::new([pay, client_tool("show")]);
    Chat::with_models(scripts).await.with_tools(tools, StepLimits::default())
}

async fn reply(chat: &Chat) -> natter::db::StoredMessage {
    chat.stored().await.pop().unwrap()
}

/// The frame by which a stock client answers: with its whole message.
async fn answer(chat: &Chat, request: &str, parts: Vec<Value>) -> Value {
    let id = reply(chat).await.message.id;
    let message = json!({"id": id, "role": "assistant", "parts": parts});
    json!({"type": "send", "requestId": request, "id": "c", "trigger": "submit-message", "messageId": id,
        "messages": [message]})
}

async fn call(chat: &Chat, number: usize) -> String {
    format!("{}-{number}", reply(chat).await.message.id)
}

async fn approval(chat: &Chat, number: usize, approved: bool) -> Value {
    let call = call(chat, number).await;
    json!({"type": "tool-pay", "toolCallId": call, "state": "approval-responded", "input": {"n": 1},
        "approval": {"id": call, "approved": approved, "reason": "as you like"}})
}

async fn output(chat: &Chat, number: usize) -> Value {
    json!({"type": "tool-show", "toolCallId": call(chat, number).await, "state": "output-available", "output": {"shown": true}})
}

fn types_after(chat: &Chat, seen: usize) -> Vec<String> {
    chat.sink.types("tab")[seen..].iter().map(|name| name.replace("chunk/", "")).collect()
}

fn outcomes(entries: &[Entry]) -> Vec<(OutcomeKind, &str)> {
    let outcome = |entry: &'_ Entry| match entry {
        Entry::ToolOutput { outcome, .. } => Some((outcome.kind, outcome.text.clone())),
        _ => None,
    };
    entries.iter().filter_map(outcome).map(|(kind, text)| (kind, &*Box::leak(text.into_boxed_str()))).collect()
}

#[tokio::test]
async fn a_call_that_needs_approval_waits_without_a_function() {
    let tool = CountingTool::answering("paid");
    let chat = asking(vec![PAY, Finish], &tool).await;
    assert_eq!(tool.count(), 0);
    let reply = reply(&chat).await;
    assert_eq!((reply.message.status, reply.ending, reply.is_due), (Status::Waiting, Some(Ending::Waiting), false));
    assert!(reply.waits_until.unwrap() > Timestamp::now());
    let types = types_after(&chat, 0);
    assert_eq!(types[types.len() - 4..], ["finish-step", "tool-approval-request", "finish", "end"]);
    let finish = chat.sink.frames("tab").into_iter().rev().nth(1).unwrap();
    assert_eq!(finish["chunk"]["finishReason"], "tool-calls");
}

#[tokio::test]
async fn an_approved_call_is_executed_and_only_what_is_new_is_streamed() {
    let tool = CountingTool::answering("paid");
    let chat = asking(vec![Say("Paying."), PAY, Finish], &tool).await;
    let seen = chat.sink.types("tab").len();
    let frame = answer(&chat, "r2", vec![approval(&chat, 1, true).await]).await;
    chat.answers(&frame).await.unwrap();
    assert_eq!(tool.count(), 1);
    let expected = [
        "start",
        "tool-approval-response",
        "tool-output-available",
        "start-step",
        "text-start",
        "text-delta",
        "text-end",
        "finish-step",
        "finish",
        "end",
    ];
    assert_eq!(types_after(&chat, seen), expected);
    let reply = reply(&chat).await;
    assert_eq!((reply.message.status, reply.message.content()), (Status::Complete, "Paying.\n\nDone.".to_owned()));
    assert_eq!(chat.model.prompts().len(), 2);
}

#[tokio::test]
async fn a_denied_call_is_told_to_the_model_with_the_users_reason() {
    let tool = CountingTool::answering("paid");
    let chat = asking(vec![PAY, Finish], &tool).await;
    let frame = answer(&chat, "r2", vec![approval(&chat, 1, false).await]).await;
    chat.answers(&frame).await.unwrap();
    assert_eq!(tool.count(), 0);
    let reply = reply(&chat).await;
    assert_eq!(outcomes(&reply.message.entries), [(OutcomeKind::Denied, "as you like")]);
    let told = chat.model.last_prompt().messages.pop().unwrap().parts.pop().unwrap();
    assert!(matches!(told, PromptPart::ToolResult { is_error: true, .. }));
    assert!(types_after(&chat, 0).contains(&"tool-output-denied".to_owned()));
}

#[tokio::test]
async fn several_answers_may_come_one_by_one_from_any_device() {
    let tool = CountingTool::answering("paid");
    let chat = asking(vec![PAY, SHOW, Finish], &tool).await;
    let frame = answer(&chat, "r2", vec![output(&chat, 2).await]).await;
    chat.answers(&frame).await.unwrap();
    assert_eq!(reply(&chat).await.message.status, Status::Waiting);
    assert_eq!(chat.model.prompts().len(), 1);
    let frame = answer(&chat, "r3", vec![approval(&chat, 1, true).await]).await;
    chat.answers(&frame).await.unwrap();
    let reply = reply(&chat).await;
    assert_eq!(reply.message.status, Status::Complete);
    assert_eq!(
        outcomes(&reply.message.entries),
        [(OutcomeKind::Json, r#"{"shown":true}"#), (OutcomeKind::Text, "paid")]
    );
}

#[tokio::test]
async fn a_tool_of_the_client_may_return_nothing() {
    let chat = asking(vec![SHOW, Finish], &CountingTool::answering("paid")).await;
    for nothing in [json!({"output": null}), json!({})] {
        let mut part = json!({"type": "tool-show", "toolCallId": call(&chat, 1).await, "state": "output-available"});
        part.as_object_mut().unwrap().extend(nothing.as_object().unwrap().clone());
        let frame = answer(&chat, &format!("r{}", chat.sink.types("tab").len()), vec![part]).await;
        chat.answers(&frame).await.unwrap();
    }
    let reply = reply(&chat).await;
    assert_eq!(
        (reply.message.status, outcomes(&reply.message.entries)),
        (Status::Complete, vec![(OutcomeKind::Json, "null")])
    );
}

#[tokio::test]
async fn a_reply_that_is_cut_behind_a_call_of_the_client_does_not_make_a_stock_client_send() {
    let chat = asking(vec![SHOW, Cut], &CountingTool::answering("paid")).await;
    let finish = chat.sink.frames("tab").into_iter().rev().nth(1).unwrap();
    assert_eq!((&finish["chunk"]["type"], &finish["chunk"]["finishReason"]), (&json!("finish"), &json!("interrupted")));
}

#[tokio::test]
async fn an_answer_that_comes_twice_acts_once() {
    let tool = CountingTool::answering("paid");
    let chat = asking(vec![PAY, Finish], &tool).await;
    let parts = vec![approval(&chat, 1, true).await];
    let frame = answer(&chat, "r2", parts.clone()).await;
    chat.answers(&frame).await.unwrap();
    chat.answers(&frame).await.unwrap();
    let seen = chat.sink.types("tab").len();
    let again = answer(&chat, "r3", parts).await;
    chat.answers(&again).await.unwrap();
    assert_eq!((tool.count(), chat.model.prompts().len()), (1, 2));
    let types = types_after(&chat, seen);
    assert_eq!((types[0].as_str(), types.last().unwrap().as_str()), ("start", "end"), "what is stored is shown");
}

#[tokio::test]
async fn nobody_answers_for_another_user_or_a_call_that_is_not_asked() {
    let tool = CountingTool::answering("paid");
    let chat = asking(vec![PAY, Finish], &tool).await;
    let frame = answer(&chat, "r2", vec![approval(&chat, 1, true).await]).await;
    let mallory = chat.as_user("mallory").answers(&frame).await.unwrap_err();
    assert_eq!(mallory.code, ErrorCode::NotFound);
    let made_up = json!({"type": "tool-pay", "toolCallId": "x", "state": "output-available", "output": 1});
    let frame = answer(&chat, "r3", vec![made_up]).await;
    assert_eq!(chat.answers(&frame).await.unwrap_err().code, ErrorCode::InvalidFrame);
    // An output of a tool that is the server's is no answer.
    let forged =
        json!({"type": "tool-pay", "toolCallId": call(&chat, 1).await, "state": "output-available", "output": 1});
    let frame = answer(&chat, "r4", vec![forged]).await;
    chat.answers(&frame).await.unwrap();
    assert_eq!((reply(&chat).await.message.status, tool.count()), (Status::Waiting, 0));
}

#[tokio::test]
async fn a_new_message_denies_what_was_asked() {
    let tool = CountingTool::answering("paid");
    let chat = asking(vec![PAY, SHOW, Finish], &tool).await;
    let old = answer(&chat, "r3", vec![approval(&chat, 1, true).await]).await;
    chat.says(send("r2", "c", "m2", "Never mind")).await.unwrap();
    let stored = chat.stored().await;
    assert_eq!(stored[1].ending, Some(Ending::Stopped));
    let kinds: Vec<OutcomeKind> = outcomes(&stored[1].message.entries).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [OutcomeKind::Denied, OutcomeKind::Error]);
    assert_eq!(stored[3].message.content(), "Done.");
    let seen = chat.sink.types("tab").len();
    chat.answers(&old).await.unwrap();
    assert_eq!(tool.count(), 0);
    assert!(types_after(&chat, seen).contains(&"tool-output-denied".to_owned()));
}

#[tokio::test]
async fn the_same_message_again_does_not_ask_the_model_again() {
    let chat = asking(vec![PAY, Finish], &CountingTool::answering("paid")).await;
    chat.says(send("r2", "c", "m1", "Pay")).await.unwrap();
    assert_eq!(chat.model.prompts().len(), 1);
    assert_eq!(chat.sink.types("tab").last().unwrap(), "end");
    assert_eq!(reply(&chat).await.message.status, Status::Waiting);
}

#[tokio::test]
async fn what_is_allowed_in_the_conversation_is_not_asked_again() {
    let tool = CountingTool::answering("paid");
    let chat = asking(vec![PAY, Finish], &tool).await;
    let mut frame = answer(&chat, "r2", vec![approval(&chat, 1, true).await]).await;
    frame["body"] = json!({"alwaysAllow": [call(&chat, 1).await]});
    chat.answers(&frame).await.unwrap();
    let mut pay = tool.named("pay");
    pay.approval = Approval::Always;
    let next = chat.with_next_model([PAY, Finish]).with_tools(Toolbox::new([pay]), StepLimits { steps: 2, calls: 4 });
    next.says(send("r3", "c", "m2", "Pay again")).await.unwrap();
    assert_eq!(tool.count(), 2);
}

#[tokio::test]
async fn a_resume_of_a_waiting_turn_finds_nothing_active() {
    let chat = asking(vec![PAY, Finish], &CountingTool::answering("paid")).await;
    let frame = ResumeFrame { request_id: "r2".parse().unwrap(), conversation_id: conversation_id("c") };
    assert!(matches!(chat.service.resume(&chat.caller, &frame).await.unwrap(), Resumed::Nothing));
}

#[tokio::test]
async fn a_wait_that_another_owner_has_begun_is_shown_to_whom_the_first_one_left() {
    let tool = CountingTool::silent();
    let mut pay = tool.named("pay");
    pay.approval = Approval::Always;
    let chat = Chat::with_models([vec![PAY, Call("look", r#"{"n":1}"#), Finish]]).await;
    let chat = chat.with_tools(Toolbox::new([pay, tool.named("look")]), StepLimits::default());
    let turn = chat.service.begin(&chat.caller, send("r1", "c", "m1", "Pay")).await.unwrap().unwrap();
    let running = tokio::spawn(turn.run(Duration::from_secs(60)));
    until(|| tool.count() == 1).await;
    running.abort();
    tokio::time::sleep(LEASE + Duration::from_millis(100)).await;
    for turn in chat.service.sweep().await.unwrap() {
        turn.run(Duration::from_secs(60)).await;
    }
    assert_eq!(reply(&chat).await.message.status, Status::Waiting);
    assert_eq!(chat.sink.frames("tab").last().unwrap()["code"], "interrupted");
    let seen = chat.sink.types("tab").len();
    let frame = ResumeFrame { request_id: "r2".parse().unwrap(), conversation_id: conversation_id("c") };
    let Resumed::Here(turn) = chat.service.resume(&chat.caller, &frame).await.unwrap() else { panic!("it is shown") };
    turn.run(Duration::from_secs(60)).await;
    assert!(types_after(&chat, seen).contains(&"tool-approval-request".to_owned()));
}

#[tokio::test]
async fn what_nobody_answers_for_a_week_is_closed() {
    let tool = CountingTool::answering("paid");
    let chat = asking(vec![PAY, Finish], &tool).await;
    assert!(chat.service.sweep().await.unwrap().is_empty());
    assert_eq!(reply(&chat).await.message.status, Status::Waiting);
    let chat = chat.with_clock(|| Timestamp::now() + MAX_WAIT + Duration::from_secs(60));
    chat.service.sweep().await.unwrap();
    let reply = reply(&chat).await;
    assert_eq!(reply.ending, Some(Ending::Stopped));
    assert_eq!(outcomes(&reply.message.entries), [(OutcomeKind::Denied, "Nobody answered in time.")]);
}

#[tokio::test]
async fn a_request_id_is_not_used_for_other_answers() {
    let tool = CountingTool::answering("paid");
    let chat = asking(vec![PAY, SHOW, Finish], &tool).await;
    let frame = answer(&chat, "r2", vec![output(&chat, 2).await]).await;
    chat.answers(&frame).await.unwrap();
    let other = answer(&chat, "r2", vec![approval(&chat, 1, true).await]).await;
    assert_eq!(chat.answers(&other).await.unwrap_err().code, ErrorCode::InvalidFrame);
    assert_eq!((reply(&chat).await.message.status, tool.count()), (Status::Waiting, 0));
}

#[tokio::test]
async fn an_answer_that_comes_while_other_calls_are_executed_is_taken_once_they_have_ended() {
    let (tool, ended) = (CountingTool::answering("paid"), Arc::new(Notify::new()));
    let look = CountingTool::answering_when(&ended, "seen");
    let mut pay = tool.named("pay");
    pay.approval = Approval::Always;
    let scripts = [vec![PAY, Call("look", r#"{"n":2}"#), Finish], vec![Say("Done."), Finish]];
    let tools = Toolbox::new([pay, look.named("look")]);
    let chat = Chat::with_models(scripts).await.with_tools(tools, StepLimits::default());
    let turn = chat.service.begin(&chat.caller, send("r1", "c", "m1", "Pay")).await.unwrap().unwrap();
    let running = tokio::spawn(turn.run(Duration::from_secs(60)));
    while look.count() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let frame = answer(&chat, "r2", vec![approval(&chat, 1, true).await]).await;
    let answering = chat.answers(&frame);
    let ending = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        ended.notify_one();
        running.await.unwrap();
    };
    let (answered, ()) = tokio::join!(answering, ending);
    answered.unwrap();
    assert_eq!((reply(&chat).await.message.status, tool.count()), (Status::Complete, 1));
}

#[tokio::test]
async fn a_turn_that_goes_on_has_the_messages_that_it_began_with() {
    let tool = CountingTool::answering("paid");
    let long: &'static str = "A long reply. ".repeat(10_000).leak();
    let scripts = [vec![Say("Hi."), Finish], vec![Say(long), PAY, Finish], vec![Say("Done."), Finish]];
    let chat = agent(scripts, &tool).await;
    chat.says(send("r1", "c", "m1", "Hello")).await.unwrap();
    chat.says(send("r2", "c", "m2", "Pay")).await.unwrap();
    let frame = answer(&chat, "r3", vec![approval(&chat, 1, true).await]).await;
    chat.answers(&frame).await.unwrap();
    let prompts = chat.model.prompts();
    assert_eq!(prompts.len(), 3);
    assert!(prompts[2].starts_with(&prompts[1]), "{}", &prompts[2][..80]);
}
