//! Turns whose agent has tools: model calls, tool calls between them, and what of it survives the death of an owner.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use natter::agents::StepLimits;
use natter::allowance::UsageLimits;
use natter::conversation::{CallId, ConversationId, Entry, OutcomeKind, Status, Usage};
use natter::db::TurnStore;
use natter::llm::{ModelError, PromptPart, PromptRole, ToolChoice, ToolResultContent};
use natter::protocol::{ExportConversation, ExportFormat, GetOutput, Operation, ResumeFrame};
use natter::services::Resumed;
use natter::tools::{Output, ToolError, Toolbox};
use natter::turn::Ending;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::Step::{Call, Cite, Fail, Finish, FinishWith, Hang, Say, Think};
use crate::support::{Chat, CountingTool, LEASE, Step, conversation_id, history, send};

async fn chat(scripts: impl IntoIterator<Item = Vec<Step>>, tools: Toolbox) -> Chat {
    Chat::with_models(scripts).await.with_tools(tools, StepLimits::default())
}

fn one_tool(tool: &CountingTool) -> Toolbox {
    Toolbox::new([tool.named("look")])
}

/// What became of the calls of the last reply.
async fn outcomes(chat: &Chat) -> Vec<(OutcomeKind, String)> {
    let reply = chat.stored().await.pop().unwrap();
    let outcome = |entry: Entry| match entry {
        Entry::ToolOutput { outcome, .. } => Some((outcome.kind, outcome.text)),
        _ => None,
    };
    reply.message.entries.into_iter().filter_map(outcome).collect()
}

async fn asks_and_looks(tool: &CountingTool) -> Chat {
    let looks = vec![Say("Looking."), Call("look", r#"{"n":1}"#), Call("look", r#"{"n":2}"#), Finish];
    let chat = chat([looks, vec![Say("There."), Finish]], one_tool(tool)).await;
    chat.says(send("r1", "c", "m1", "Look")).await.unwrap();
    chat
}

#[tokio::test]
async fn a_model_calls_tools_and_answers_with_what_they_return() {
    let tool = CountingTool::answering("a cat");
    let chat = asks_and_looks(&tool).await;
    assert_eq!(tool.count(), 2);
    let reply = chat.stored().await.pop().unwrap();
    assert_eq!((reply.message.status, reply.message.content()), (Status::Complete, "Looking.\n\nThere.".to_owned()));
    assert_eq!(outcomes(&chat).await, vec![(OutcomeKind::Text, "a cat".to_owned()); 2]);
    let id = |number| CallId::new(&reply.message.id, number).to_string();
    assert_eq!(tool.keys(), [id(1), id(2)]);
}

#[tokio::test]
async fn a_page_that_several_steps_cite_is_a_source_once() {
    let (page, other) = ("https://example.com/a", "https://example.com/b");
    let looks = vec![Say("Looking."), Call("look", r#"{"n":1}"#), Cite(page), Finish];
    let there = vec![Say("There."), Cite(page), Cite(other), Finish];
    let tool = CountingTool::answering("a cat");
    let chat = chat([looks, there], one_tool(&tool)).await;
    chat.says(send("r1", "c", "m1", "Look")).await.unwrap();

    assert_eq!(tool.count(), 1);
    let reply = chat.stored().await.pop().unwrap();
    let sources = reply.message.entries.iter().filter_map(|entry| match entry {
        Entry::Source { source } => Some(source.url()),
        _ => None,
    });
    assert_eq!(sources.collect::<Vec<_>>(), [page, other]);
    assert_eq!(reply.message.status, Status::Complete);
}

#[tokio::test]
async fn the_frames_of_calls_are_those_of_the_stock_client_three_for_each_at_most() {
    let chat = asks_and_looks(&CountingTool::answering("a cat")).await;
    let types: Vec<String> = chat.sink.types("tab").iter().map(|name| name.replace("chunk/", "")).collect();
    let tools = types.iter().filter(|name| name.starts_with("tool-")).count();
    assert!((4..=6).contains(&tools), "{types:?}");
    let without_start: Vec<&str> =
        types.iter().map(String::as_str).filter(|name| *name != "tool-input-start").collect();
    let expected = [
        "start",
        "start-step",
        "text-start",
        "text-delta",
        "text-end",
        "tool-input-available",
        "tool-input-available",
        "finish-step",
        "tool-output-available",
        "tool-output-available",
        "start-step",
        "text-start",
        "text-delta",
        "text-end",
        "finish-step",
        "finish",
        "end",
    ];
    assert_eq!(without_start, expected);
    let frames = chat.sink.frames("tab");
    let available = frames.iter().find(|frame| frame["chunk"]["type"] == "tool-input-available").unwrap();
    assert_eq!(
        (&available["chunk"]["input"], &available["chunk"]["providerExecuted"]),
        (&json!({"n": 1}), &json!(true))
    );
}

#[tokio::test]
async fn the_model_is_told_its_calls_and_their_outcomes() {
    let chat = asks_and_looks(&CountingTool::answering("a cat")).await;
    let prompt = chat.model.last_prompt();
    let roles: Vec<PromptRole> = prompt.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [PromptRole::System, PromptRole::User, PromptRole::Assistant, PromptRole::User]);
    assert_eq!(prompt.messages[2].parts.len(), 3);
    assert!(prompt.messages[3].parts.iter().all(|part| matches!(part, PromptPart::ToolResult { is_error: false, .. })));
    assert_eq!((prompt.tools.len(), prompt.tool_choice), (1, ToolChoice::Auto));
}

#[tokio::test]
async fn a_call_is_stored_as_started_before_it_is_executed() {
    let chat = Chat::with_models([vec![Call("look", r#"{"n":1}"#), Finish], vec![Say("There."), Finish]]).await;
    let (store, user) = (Arc::new(chat.store()), chat.caller.user.clone());
    let tool = CountingTool::with(Box::new(move || {
        let (store, user, conversation): (_, _, ConversationId) =
            (Arc::clone(&store), user.clone(), conversation_id("c"));
        async move {
            let opened = store.open(&user, &conversation, None, 10).await.unwrap();
            let entries = &opened.head().unwrap().message.entries;
            let is_started = entries.iter().any(|entry| matches!(entry, Entry::CallStarted { .. }));
            Ok(Output::Json(json!(is_started)))
        }
        .boxed()
    }));
    let chat = chat.with_tools(one_tool(&tool), StepLimits::default());
    chat.says(send("r1", "c", "m1", "Look")).await.unwrap();
    assert_eq!(outcomes(&chat).await, [(OutcomeKind::Json, "true".to_owned())]);
}

#[tokio::test]
async fn what_cannot_be_executed_is_told_to_the_model_and_the_turn_goes_on() {
    let tool = CountingTool::with(Box::new(|| async { Err(ToolError::unknown("It broke off.")) }.boxed()));
    let asks =
        vec![Call("fly", "{}"), Call("look", "{"), Call("look", r#"{"n":"x"}"#), Call("look", r#"{"n":1}"#), Finish];
    let chat = chat([asks, vec![Say("Sorry."), Finish]], one_tool(&tool)).await;
    chat.says(send("r1", "c", "m1", "Look")).await.unwrap();
    let kinds: Vec<OutcomeKind> = outcomes(&chat).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [OutcomeKind::Error, OutcomeKind::Error, OutcomeKind::Error, OutcomeKind::Unknown]);
    assert_eq!(tool.count(), 1);
    assert!(chat.sink.text("tab", "r1").ends_with("Sorry."));
}

#[tokio::test]
async fn a_model_that_calls_tools_for_ever_answers_in_the_end_without_tools() {
    let tool = CountingTool::answering("a cat");
    let looks = |n: &'static str| vec![Call("look", n), Finish];
    let scripts = [looks(r#"{"n":1}"#), looks(r#"{"n":2}"#), looks(r#"{"n":3}"#), vec![Say("Enough."), Finish]];
    let chat = Chat::with_models(scripts).await.with_tools(one_tool(&tool), StepLimits { steps: 3, calls: 16 });
    chat.says(send("r1", "c", "m1", "Look")).await.unwrap();
    assert_eq!(chat.model.last_prompt().tool_choice, ToolChoice::None);
    assert_eq!((tool.count(), chat.model.prompts().len()), (2, 3));
    // It called one nevertheless: that call is not executed.
    assert_eq!(outcomes(&chat).await[2].0, OutcomeKind::Error);
    assert_eq!(chat.stored().await.pop().unwrap().message.status, Status::Complete);
}

#[tokio::test]
async fn the_same_call_is_made_twice_and_then_refused() {
    let tool = CountingTool::answering("a cat");
    let look = || vec![Call("look", r#"{"n":1}"#), Finish];
    let chat = chat([look(), look(), look(), vec![Say("Enough."), Finish]], one_tool(&tool)).await;
    chat.says(send("r1", "c", "m1", "Look")).await.unwrap();
    assert_eq!((tool.count(), outcomes(&chat).await.len()), (2, 3));
    assert_eq!(chat.model.last_prompt().tool_choice, ToolChoice::None);
}

#[tokio::test]
async fn a_stop_gives_up_the_calls_and_every_call_has_an_end() {
    let tool = CountingTool::silent();
    let chat = chat([vec![Call("look", r#"{"n":1}"#), Finish]], one_tool(&tool)).await;
    let turn = chat.service.begin(&chat.caller, send("r1", "c", "m1", "Look")).await.unwrap().unwrap();
    let running = tokio::spawn(turn.run(Duration::from_secs(60)));
    wait_until(|| tool.count() == 1).await;
    chat.service.stop(&chat.caller, &"r1".parse().unwrap()).await.unwrap();
    running.await.unwrap();
    assert_eq!(tool.dropped(), 1);
    let reply = chat.stored().await.pop().unwrap();
    assert_eq!(reply.ending, Some(Ending::Stopped));
    assert_eq!(outcomes(&chat).await[0].0, OutcomeKind::Unknown);
    assert_eq!(chat.sink.types("tab").last().unwrap(), "end");
}

#[tokio::test]
async fn tokens_of_all_model_calls_are_counted() {
    let usage = |input_tokens, output_tokens| FinishWith(Usage { input_tokens, output_tokens, ..Usage::default() });
    let scripts = [vec![Call("look", r#"{"n":1}"#), usage(10, 5)], vec![Say("There."), usage(20, 7)]];
    let chat = chat(scripts, one_tool(&CountingTool::answering("a cat"))).await;
    chat.says(send("r1", "c", "m1", "Look")).await.unwrap();
    let usage = chat.stored().await.pop().unwrap().message.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (30, 12));
}

#[tokio::test]
async fn a_user_whose_tokens_are_used_up_gets_an_answer_without_more_tools() {
    let usage = Usage { input_tokens: 90, output_tokens: 20, ..Usage::default() };
    let scripts = [vec![Call("look", r#"{"n":1}"#), FinishWith(usage)], vec![Say("There."), Finish]];
    let limits = UsageLimits { daily_tokens: Some(100), ..UsageLimits::default() };
    let chat = Chat::with_models(scripts).await.with_limits(limits);
    let chat = chat.with_tools(one_tool(&CountingTool::answering("a cat")), StepLimits::default());
    chat.says(send("r1", "c", "m1", "Look")).await.unwrap();
    assert_eq!(chat.model.last_prompt().tool_choice, ToolChoice::None);
    assert!(chat.sink.text("tab", "r1").ends_with("There."));
}

#[tokio::test]
async fn a_model_gets_its_reasoning_back_within_the_turn_and_no_other() {
    let scripts = [vec![Think("Hm."), Call("look", r#"{"n":1}"#), Finish], vec![Say("There."), Finish]];
    let chat = chat(scripts, one_tool(&CountingTool::answering("a cat"))).await;
    let reasoning = |chat: &Chat| {
        let parts = chat.model.last_prompt().messages.into_iter().flat_map(|message| message.parts);
        parts.filter(|part| matches!(part, PromptPart::Reasoning { .. })).count()
    };
    chat.says(send("r1", "c", "m1", "Look")).await.unwrap();
    assert_eq!(reasoning(&chat), 1);
    chat.says(send("r2", "c", "m2", "Thanks")).await.unwrap();
    assert_eq!(reasoning(&chat), 0);
}

/// A turn whose function dies while its second model call writes.
async fn dies_in_the_second_step(tool: &CountingTool) -> Chat {
    let first = vec![Say("Looking."), Call("look", r#"{"n":1}"#), Finish];
    let scripts = [first, vec![Say("There is"), Hang], vec![Say("There."), Finish]];
    let chat = chat(scripts, one_tool(tool)).await;
    let turn = chat.service.begin(&chat.caller, send("r1", "c", "m1", "Look")).await.unwrap().unwrap();
    let running = tokio::spawn(turn.run(Duration::from_secs(60)));
    chat.sink.wait_for("tab", |frame| frame["chunk"]["delta"] == "There is").await;
    running.abort();
    tokio::time::sleep(LEASE + Duration::from_millis(100)).await;
    chat
}

#[tokio::test]
async fn a_takeover_goes_on_behind_the_last_model_call_that_ended() {
    let tool = CountingTool::answering("a cat");
    let chat = dies_in_the_second_step(&tool).await;
    resume(&chat, "r2").await;
    assert_eq!((tool.count(), chat.model.prompts().len()), (1, 3));
    let reply = chat.stored().await.pop().unwrap();
    assert_eq!((reply.message.content(), reply.message.status), ("Looking.\n\nThere.".to_owned(), Status::Complete));
    assert_eq!(chat.sink.text("tab", "r2"), "Looking.There.");
}

/// A turn whose function dies while a tool runs.
async fn dies_in_a_call(tools: Toolbox, tool: &CountingTool) -> Chat {
    let chat = chat([vec![Call("look", r#"{"n":1}"#), Finish], vec![Say("There."), Finish]], tools).await;
    let turn = chat.service.begin(&chat.caller, send("r1", "c", "m1", "Look")).await.unwrap().unwrap();
    let running = tokio::spawn(turn.run(Duration::from_secs(60)));
    wait_until(|| tool.count() == 1).await;
    running.abort();
    tokio::time::sleep(LEASE + Duration::from_millis(100)).await;
    chat
}

#[tokio::test]
async fn a_call_that_may_have_acted_is_not_made_again() {
    let tool = CountingTool::silent();
    let chat = dies_in_a_call(one_tool(&tool), &tool).await;
    resume(&chat, "r2").await;
    assert_eq!(tool.count(), 1);
    assert_eq!(outcomes(&chat).await[0].0, OutcomeKind::Unknown);
    assert_eq!(chat.stored().await.pop().unwrap().message.status, Status::Complete);
}

#[tokio::test]
async fn a_message_after_a_crash_in_a_call_ends_it_as_unknown_and_the_model_hears_so() {
    let tool = CountingTool::silent();
    let chat = dies_in_a_call(one_tool(&tool), &tool).await;
    chat.says(send("r2", "c", "m2", "And now?")).await.unwrap();
    let stored = chat.stored().await;
    let unknown =
        |entry: &Entry| matches!(entry, Entry::ToolOutput { outcome, .. } if outcome.kind == OutcomeKind::Unknown);
    assert!(stored[1].message.entries.iter().any(unknown));
    let told = chat.model.last_prompt().messages.into_iter().flat_map(|message| message.parts);
    let told: Vec<PromptPart> = told.filter(|part| matches!(part, PromptPart::ToolResult { .. })).collect();
    assert!(
        matches!(&told[0], PromptPart::ToolResult { output: ToolResultContent::Text(text), .. } if text.contains("not known"))
    );
    assert_eq!(tool.count(), 1);
}

#[tokio::test]
async fn the_same_message_again_does_not_repeat_what_its_tools_have_done() {
    let tool = CountingTool::answering("a cat");
    let fails = vec![Fail(|| ModelError::Fault)];
    let chat = chat([vec![Call("look", r#"{"n":1}"#), Finish], fails], one_tool(&tool)).await;
    chat.says(send("r1", "c", "m1", "Look")).await.unwrap();
    assert_eq!(chat.stored().await.pop().unwrap().message.status, Status::Failed);
    chat.says(send("r2", "c", "m1", "Look")).await.unwrap();
    assert_eq!((tool.count(), chat.model.prompts().len(), chat.stored().await.len()), (1, 2, 2));
}

#[tokio::test]
async fn a_call_of_an_idempotent_tool_is_made_again_with_the_same_key() {
    let answered = Arc::new(Notify::new());
    let tool = CountingTool::answering_when(&answered, "a cat");
    let mut look = tool.named("look");
    look.is_idempotent = true;
    let chat = dies_in_a_call(Toolbox::new([look]), &tool).await;
    answered.notify_one();
    resume(&chat, "r2").await;
    let keys = tool.keys();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));
    assert_eq!(outcomes(&chat).await, [(OutcomeKind::Text, "a cat".to_owned())]);
}

#[tokio::test]
async fn a_call_that_an_earlier_owner_made_is_unknown_if_a_stop_keeps_it_from_being_made_again() {
    let tool = CountingTool::silent();
    let mut look = tool.named("look");
    look.is_idempotent = true;
    let chat = dies_in_a_call(Toolbox::new([look]), &tool).await;
    chat.service.stop(&chat.caller, &"r1".parse().unwrap()).await.unwrap();
    resume(&chat, "r2").await;
    assert_eq!(tool.count(), 1);
    let outcomes = outcomes(&chat).await;
    assert!(matches!(outcomes[..], [(OutcomeKind::Unknown, _)]), "{outcomes:?}");
}

#[tokio::test]
async fn the_file_of_a_conversation_has_its_calls_as_the_history_has_them() {
    let chat = asks_and_looks(&CountingTool::answering("a cat")).await;
    let export = ExportConversation { id: conversation_id("c"), format: ExportFormat::Json, cursor: None };
    let page = chat.asks(Operation::Export(export)).await.unwrap();
    let file: Value = serde_json::from_str(page["text"].as_str().unwrap()).unwrap();
    let messages = history(&chat, "c", 10).await;
    assert_eq!(file["messages"][1]["parts"], messages[1]["parts"]);
}

#[tokio::test]
async fn a_page_that_loads_the_conversation_sees_calls_as_parts() {
    let chat = asks_and_looks(&CountingTool::answering("a cat")).await;
    let messages = history(&chat, "c", 10).await;
    let parts: Vec<&Value> = messages[1]["parts"].as_array().unwrap().iter().collect();
    let types: Vec<&str> = parts.iter().map(|part| part["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["step-start", "text", "tool-look", "tool-look", "step-start", "text"]);
    assert_eq!((&parts[2]["state"], &parts[2]["output"]), (&json!("output-available"), &json!("a cat")));
}

#[tokio::test]
async fn an_output_that_a_frame_cuts_is_read_whole() {
    for bytes in [30_000, 300_000] {
        let output = "0123456789".repeat(bytes / 10);
        let returned = output.clone();
        let tool = CountingTool::with(Box::new(move || {
            let returned = returned.clone();
            async move { Ok(Output::Text(returned)) }.boxed()
        }));
        let mut look = tool.named("look");
        look.max_output_bytes = 1_000_000;
        let scripts = [vec![Call("look", r#"{"n":1}"#), Finish], vec![Say("There."), Finish]];
        let chat = chat(scripts, Toolbox::new([look])).await;
        chat.says(send("r1", "c", "m1", "Look")).await.unwrap();
        let reply = chat.stored().await.pop().unwrap().message;
        let page = |cursor| {
            let tool_call_id = CallId::new(&reply.id, 1).to_string();
            Operation::Output(GetOutput {
                id: conversation_id("c"),
                message_id: reply.id.clone(),
                tool_call_id,
                cursor,
            })
        };
        assert_eq!(whole(&chat, page).await, output);
        assert!(chat.as_user("mallory").asks(page(None)).await.is_err());
    }
}

/// All pages of an output.
async fn whole(chat: &Chat, page: impl Fn(Option<String>) -> Operation) -> String {
    let (mut output, mut cursor) = (String::new(), None);
    loop {
        let answer = chat.asks(page(cursor)).await.unwrap();
        output.push_str(answer["output"].as_str().unwrap());
        cursor = answer["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return output;
        }
    }
}

async fn resume(chat: &Chat, request: &str) {
    let frame = ResumeFrame { request_id: request.parse().unwrap(), conversation_id: conversation_id("c") };
    match chat.service.resume(&chat.caller, &frame).await.unwrap() {
        Resumed::Here(turn) => turn.run(Duration::from_secs(60)).await,
        _ => panic!("the turn is taken over"),
    }
}

async fn wait_until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("it happens");
}
