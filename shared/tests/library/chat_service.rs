//! One turn from start to finish: a scripted model, a real store, a gateway that keeps what is posted.

use std::time::Duration;

use natter::caller::Caller;
use natter::conversation::{Entry, Source, Status};
use natter::error::ErrorCode;
use natter::gateway::PostError;
use natter::llm::ModelError;
use natter::protocol::ResumeFrame;
use natter::services::Resumed;
use natter::turn::Intent;
use serde_json::json;

use crate::support::Step::{AnswerAs, Cite, Fail, Finish, Hang, Say, Think, Wait};
use crate::support::{Chat, RecordingSink, Step, conversation_id, edit, send};

const PAUSE: Step = Wait(Duration::from_millis(120));

#[tokio::test]
async fn a_message_is_answered_and_both_are_stored() {
    let chat = Chat::with_model([Say("Hello"), Say(" there"), Finish]).await;
    chat.says(send("r1", "c", "m1", "Hi")).await.unwrap();

    assert_eq!(chat.sink.text("tab", "r1"), "Hello there");
    let [question, reply] = chat.stored().await.try_into().unwrap();
    assert_eq!((question.message.content(), question.message.status), ("Hi".to_owned(), Status::Complete));
    assert_eq!((reply.message.content(), reply.message.status), ("Hello there".to_owned(), Status::Complete));
    assert_eq!(reply.message.parent_id, Some(question.message.id));
}

#[tokio::test]
async fn the_frames_of_a_reply_are_in_the_order_of_the_stock_client() {
    let chat = Chat::with_model([Think("Hm."), Say("Yes."), Finish]).await;
    chat.says(send("r1", "c", "m1", "Really?")).await.unwrap();
    assert_eq!(
        chat.sink.types("tab"),
        [
            "chunk/start",
            "chunk/reasoning-start",
            "chunk/reasoning-delta",
            "chunk/reasoning-end",
            "chunk/text-start",
            "chunk/text-delta",
            "chunk/text-end",
            "chunk/finish",
            "end"
        ]
    );
}

#[tokio::test]
async fn without_reasoning_the_text_part_starts_before_the_first_token() {
    let chat = Chat::with_models([vec![Say("One."), Finish], vec![PAUSE, Fail(fail_unreachable)]]).await;
    chat.says(send("r1", "c", "m1", "Say one.")).await.unwrap();
    let seen = chat.sink.types("tab").len();
    chat.says(send("r2", "c", "m2", "Say two.")).await.unwrap();
    assert_eq!(chat.sink.types("tab")[seen..], ["chunk/start", "chunk/text-start", "chunk/text-end", "error"]);
}

#[tokio::test]
async fn unexpected_reasoning_is_streamed_and_stored_before_the_answer() {
    let thinking = vec![Think("Hm."), Say("Two."), Finish];
    let chat = Chat::with_models([vec![Say("One."), Finish], thinking]).await;
    chat.says(send("r1", "c", "m1", "Say one.")).await.unwrap();
    let seen = chat.sink.types("tab").len();
    chat.says(send("r2", "c", "m2", "Say two.")).await.unwrap();
    assert_eq!(
        chat.sink.types("tab")[seen..],
        [
            "chunk/start",
            "chunk/text-start",
            "chunk/text-end",
            "chunk/reasoning-start",
            "chunk/reasoning-delta",
            "chunk/reasoning-end",
            "chunk/text-start",
            "chunk/text-delta",
            "chunk/text-end",
            "chunk/finish",
            "end"
        ]
    );
    let parts = [Entry::Reasoning { text: "Hm.".to_owned() }, Entry::Text { text: "Two.".to_owned() }];
    assert_eq!(chat.stored().await.pop().unwrap().message.entries, parts);
}

#[tokio::test]
async fn the_prompt_has_the_instructions_the_history_and_the_message() {
    let chat = Chat::with_model([Think("Secret thoughts."), Say("Fine."), Finish]).await;
    chat.says(send("r1", "c", "m1", "How are you?")).await.unwrap();
    chat.says(send("r2", "c", "m2", "Good.")).await.unwrap();
    assert_eq!(chat.model.prompts(), ["Be kind.|How are you?", "Be kind.|How are you?|Fine.|Good."]);
}

#[tokio::test]
async fn a_prompt_never_has_another_users_history() {
    let chat = Chat::with_model([Say("Noted."), Finish]).await;
    chat.says(send("r1", "c", "m1", "My code is 1234.")).await.unwrap();
    chat.as_user("bob").says(send("r2", "c", "m2", "What is the code?")).await.unwrap();
    assert_eq!(chat.model.prompts()[1], "Be kind.|What is the code?");
}

#[tokio::test]
async fn fast_text_is_batched_into_few_posts_one_at_a_time() {
    let script = std::iter::repeat_n([Say("word "), Wait(Duration::from_millis(2))], 200).flatten().chain([Finish]);
    let chat = Chat::with(script, RecordingSink::with_delay(Duration::from_millis(10))).await;
    chat.says(send("r1", "c", "m1", "Talk!")).await.unwrap();
    assert_eq!(chat.sink.text("tab", "r1"), "word ".repeat(200));
    assert_eq!(chat.sink.most_under_way(), 1);
    let deltas = chat.sink.types("tab").iter().filter(|kind| *kind == "chunk/text-delta").count();
    assert!(deltas < 50, "200 deltas of the model became {deltas} posts");
}

#[tokio::test]
async fn a_failing_model_is_a_typed_error_and_keeps_the_partial_reply() {
    for (failure, code, status) in [
        (fail_unreachable as fn() -> ModelError, "model_unavailable", Status::Failed),
        (fail_overloaded, "model_overloaded", Status::Failed),
        (fail_broken_off, "interrupted", Status::Interrupted),
    ] {
        let chat = Chat::with_model([Say("It is"), Fail(failure)]).await;
        chat.says(send("r1", "c", "m1", "What is it?")).await.unwrap();

        let last = chat.sink.frames("tab").pop().unwrap();
        assert_eq!((&last["type"], &last["code"]), (&"error".into(), &code.into()));
        assert_eq!(chat.sink.text("tab", "r1"), "It is");
        let reply = chat.stored().await.pop().unwrap().message;
        assert_eq!((reply.content(), reply.status), ("It is".to_owned(), status));
    }
}

#[tokio::test]
async fn the_answering_model_is_streamed_and_stored_not_the_requested_one() {
    let chat = Chat::with_model([AnswerAs("the fallback"), Say("Here."), Finish]).await;
    chat.says(send("r1", "c", "m1", "Anyone?")).await.unwrap();
    assert_eq!(chat.stored().await[1].message.model.as_deref(), Some("the fallback"));
    let frames = chat.sink.frames("tab");
    let finish = frames.iter().find(|frame| frame["chunk"]["type"] == "finish").unwrap();
    assert_eq!(finish["chunk"]["messageMetadata"]["model"], "the fallback");
}

#[tokio::test]
async fn of_two_concurrent_messages_one_is_answered_and_one_rejected() {
    let chat = Chat::with_model([Say("Served"), Hang]).await;
    let (one, two) = tokio::join!(
        chat.service.begin(&chat.caller, send("r1", "c", "m1", "Me")),
        chat.service.begin(&chat.caller, send("r2", "c", "m2", "No, me")),
    );
    let refused: Vec<_> = [one, two].into_iter().filter_map(Result::err).map(|error| error.code).collect();
    assert_eq!(refused, [ErrorCode::ConversationBusy]);
    assert_eq!(chat.stored().await.len(), 2);
}

#[tokio::test]
async fn a_second_message_during_a_reply_is_rejected_and_names_the_reply() {
    let chat = Chat::with_model([Say("One moment"), Hang]).await;
    let running = chat.begins(send("r1", "c", "m1", "First")).await;
    let refused = chat.says(send("r2", "c", "m2", "Second")).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::ConversationBusy);
    assert_eq!(refused.details["messageId"], chat.head().await.as_str());
    running.abort();
}

#[tokio::test]
async fn a_resume_streams_the_reply_from_its_beginning_and_then_live() {
    let chat =
        Chat::with_model([Say("The beginning"), PAUSE, PAUSE, PAUSE, PAUSE, PAUSE, PAUSE, Say(" and the end"), Finish])
            .await;
    let running = chat.begins(send("r1", "c", "m1", "Tell")).await;
    let second = Caller { connection: "second".parse().unwrap(), ..chat.caller.clone() };
    let frame = ResumeFrame { request_id: "r2".parse().unwrap(), conversation_id: conversation_id("c") };
    assert!(matches!(chat.service.resume(&second, &frame).await.unwrap(), Resumed::Subscribed));
    running.await.unwrap();

    assert_eq!(chat.sink.text("second", "r2"), "The beginning and the end");
    assert_eq!(chat.sink.text("tab", "r1"), "The beginning and the end");
    assert_eq!(chat.sink.types("second")[..2], ["start", "chunk/start"]);
    let message_id = |connection| {
        chat.sink.frames(connection).into_iter().find(|frame| frame["chunk"]["type"] == "start").unwrap()["chunk"]["messageId"].clone()
    };
    assert_eq!(message_id("second"), message_id("tab"));
}

#[tokio::test]
async fn there_is_nothing_to_resume_without_a_running_turn_of_the_user() {
    let chat = Chat::with_model([Say("Quiet"), Hang]).await;
    let frame = ResumeFrame { request_id: "r2".parse().unwrap(), conversation_id: conversation_id("c") };
    assert!(matches!(chat.service.resume(&chat.caller, &frame).await.unwrap(), Resumed::Nothing));
    let running = chat.begins(send("r1", "c", "m1", "Hello")).await;
    let bob = chat.as_user("bob").caller;
    assert!(matches!(chat.service.resume(&bob, &frame).await.unwrap(), Resumed::Nothing));
    running.abort();
}

#[tokio::test]
async fn a_connection_that_closes_does_not_stop_the_reply() {
    let sink = RecordingSink::default().fail(2, PostError::Gone);
    let chat = Chat::with([Say("All"), PAUSE, Say(" of it"), Finish], sink).await;
    chat.says(send("r1", "c", "m1", "Tell")).await.unwrap();
    assert_eq!(chat.stored().await.pop().unwrap().message.content(), "All of it");
    assert_eq!(chat.sink.frames("tab").len(), 2);
}

#[tokio::test]
async fn a_failed_post_is_retried_without_gap_or_overlap() {
    let failures: [fn() -> PostError; 2] = [|| PostError::Busy, || PostError::Unknown("no answer".to_owned())];
    for failure in failures {
        let sink = (1..6).fold(RecordingSink::default(), |sink, post| sink.fail(post, failure()));
        let chat = Chat::with([Say("a"), PAUSE, Say("b"), PAUSE, Say("c"), PAUSE, Say("d"), Finish], sink).await;
        chat.says(send("r1", "c", "m1", "Spell")).await.unwrap();
        assert_eq!(chat.sink.text("tab", "r1"), "abcd");
        assert_eq!(chat.sink.types("tab").last().unwrap(), "end");
    }
}

#[tokio::test]
async fn an_unacknowledged_frame_is_resent_unchanged_after_a_busy_retry() {
    let lost = PostError::Unknown("no answer".to_owned());
    let sink = RecordingSink::default().fail(2, lost).fail(3, PostError::Busy);
    let chat = Chat::with([Say("a"), PAUSE, Say("b"), PAUSE, Say("c"), PAUSE, PAUSE, PAUSE, Finish], sink).await;
    chat.says(send("r1", "c", "m1", "Spell")).await.unwrap();
    assert_eq!(chat.sink.text("tab", "r1"), "abc");
}

#[tokio::test]
async fn a_turn_ends_before_the_deadline_of_its_function() {
    let chat = Chat::with_model([Say("I could go on"), Hang]).await;
    let turn = chat.service.begin(&chat.caller, send("r1", "c", "m1", "Go")).await.unwrap().unwrap();
    turn.run(Duration::from_millis(5300)).await;
    let reply = chat.stored().await.pop().unwrap().message;
    assert_eq!((reply.content(), reply.status), ("I could go on".to_owned(), Status::Interrupted));
    assert_eq!(chat.sink.frames("tab").pop().unwrap()["code"], "interrupted");
}

#[tokio::test]
async fn an_owner_that_lost_its_lease_posts_nothing_more() {
    let chat = Chat::with_model([Say("Mine"), PAUSE, PAUSE, PAUSE, PAUSE, PAUSE, PAUSE, Say(" still"), Finish]).await;
    let running = chat.begins(send("r1", "c", "m1", "Whose?")).await;
    chat.closes_as_abandoned().await;
    running.await.unwrap();
    assert_eq!(chat.sink.text("tab", "r1"), "Mine");
    assert_eq!(chat.stored().await.pop().unwrap().message.status, Status::Interrupted);
}

#[tokio::test]
async fn an_edit_and_a_regeneration_are_siblings_and_overwrite_nothing() {
    let chat = Chat::with_model([Say("Reply"), Finish]).await;
    chat.says(send("r1", "c", "m1", "One")).await.unwrap();
    chat.says(send("r2", "c", "m2", "Two")).await.unwrap();
    chat.says(edit("r3", "c", "m2", "Two, edited")).await.unwrap();
    let mut again = send("r4", "c", "m2", "Two, edited");
    again.opening.intent = Intent::Regenerate { reply: None };
    chat.says(again).await.unwrap();

    assert_eq!(chat.model.prompts()[2..], ["Be kind.|One|Reply|Two, edited", "Be kind.|One|Reply|Two, edited"]);
    let stored = chat.stored().await;
    assert_eq!(stored.len(), 7);
    let parent_of = |place: usize| stored[place].message.parent_id.clone();
    assert_eq!(parent_of(4), parent_of(2), "the edited message follows what the first followed");
    assert_eq!(parent_of(6), parent_of(5), "the new reply answers what the first answered");
}

#[tokio::test]
async fn a_reply_with_thoughts_is_stored_with_them() {
    let chat = Chat::with_model([Think("First, "), Think("think."), Say("Then talk."), Finish]).await;
    chat.says(send("r1", "c", "m1", "How?")).await.unwrap();
    assert_eq!(
        chat.stored().await.pop().unwrap().message.entries,
        [Entry::Reasoning { text: "First, think.".to_owned() }, Entry::Text { text: "Then talk.".to_owned() }]
    );
}

#[tokio::test]
async fn cited_pages_are_shown_and_stored_behind_the_text_each_once() {
    let (page, other) = ("https://example.com/a", "https://example.com/b");
    let chat = Chat::with_model([Say("So "), Say("it is."), Cite(page), Cite(other), Cite(page), Finish]).await;
    chat.says(send("r1", "c", "m1", "Really?")).await.unwrap();

    let source = |url| Entry::Source { source: Source::new(url, None).unwrap() };
    let expected = [Entry::Text { text: "So it is.".to_owned() }, source(page), source(other)];
    assert_eq!(chat.stored().await.pop().unwrap().message.entries, expected);
    let frames = chat.sink.frames("tab");
    let chunks = frames.iter().map(|frame| &frame["chunk"]).filter(|chunk| chunk["type"] == "source-url");
    let shown = |url| json!({"type": "source-url", "sourceId": url, "url": url});
    assert_eq!(chunks.collect::<Vec<_>>(), [&shown(page), &shown(other)]);

    chat.says(send("r2", "c", "m2", "And?")).await.unwrap();
    assert_eq!(chat.model.prompts()[1], "Be kind.|Really?|So it is.|And?", "a model is not told of them");
}

fn fail_unreachable() -> ModelError {
    ModelError::Unreachable("refused".to_owned())
}

fn fail_overloaded() -> ModelError {
    ModelError::Overloaded { status: 429, retry_after: None }
}

fn fail_broken_off() -> ModelError {
    ModelError::BrokenOff("reset".to_owned())
}
