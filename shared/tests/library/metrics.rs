//! The numbers of turns, as CloudWatch takes them from the log.

use std::time::Duration;

use natter::conversation::Usage;
use natter::llm::ModelError;
use natter::protocol::ResumeFrame;
use natter::services::Resumed;
use serde_json::{Value, json};

use crate::support::Step::{Fail, Finish, FinishWith, Hang, Say, Wait};
use crate::support::{Chat, LEASE, LogBook, conversation_id, send};

const ENDED: &str = "the turn has ended";

#[tokio::test]
async fn a_turn_that_has_ended_is_one_line_with_all_its_numbers() {
    let usage = Usage { input_tokens: 1_000, output_tokens: 200, ..Usage::default() };
    let pause = Wait(Duration::from_millis(600));
    let chat = Chat::with_model([Say("Hello"), pause, Say(" you"), FinishWith(usage)]).await;
    let log = LogBook::open();
    chat.says(send("r1", "c", "m1", "Hi")).await.unwrap();

    let line = log.line(ENDED);
    let (posts, bytes) = chat.sink.posted();
    assert_eq!((&line["Posts"], &line["PostedBytes"]), (&json!(posts), &json!(bytes)));
    assert!(line["Saves"].as_u64().unwrap() >= 2, "one on the way, and one with the end");
    assert_eq!((&line["Turns"], &line["Ending"], &line["finish"]), (&json!(1), &json!("complete"), &json!("stop")));
    assert_eq!((&line["input_tokens"], &line["output_tokens"]), (&json!(1_000), &json!(200)));
    assert_eq!((&line["model"], &line["attempt"]), (&json!("scripted"), &json!(1)));
    assert_eq!(line["ModelRetries"], 0);
    assert!((line["Dollars"].as_f64().unwrap() - 0.003).abs() < 1e-12, "{line}");
    let reply = chat.stored().await.pop().unwrap().message;
    let timings = reply.timings.unwrap();
    assert_eq!(line["TimeToFirstToken"], timings.first_token_ms);
    let writing = timings.total_ms - timings.first_token_ms;
    let speed = line["TokensPerSecond"].as_f64().unwrap();
    assert!((speed - 200_000.0 / writing as f64).abs() < 0.01, "{line}");
    assert_eq!((&line["conversation"], &line["turn"]), (&json!("c"), &json!(reply.id.as_str())));
}

#[tokio::test]
async fn a_line_of_metrics_is_one_of_the_embedded_metric_format() {
    let usage = Usage { input_tokens: 1_000, output_tokens: 200, ..Usage::default() };
    let chat = Chat::with_model([Say("Hello"), Wait(Duration::from_millis(5)), FinishWith(usage)]).await;
    let log = LogBook::open();
    chat.says(send("r1", "c", "m1", "Hi")).await.unwrap();

    let line = log.line(ENDED);
    keeps_to_the_format(&line);
    assert_eq!(dimensions_of(&line, "Turns"), json!([["Ending"]]));
    for metric in ["Dollars", "ModelRetries", "PostedBytes", "Posts", "Saves", "TimeToFirstToken", "TokensPerSecond"] {
        assert_eq!(dimensions_of(&line, metric), json!([[]]), "{metric}");
    }
}

#[tokio::test]
async fn the_line_of_a_failed_turn_has_its_code_and_its_model_calls() {
    let busy = || ModelError::Overloaded { status: 503, retry_after: None };
    let chat = Chat::with_models([vec![Fail(busy)]]).await.with_patience();
    let log = LogBook::open();
    chat.says(send("r1", "c", "m1", "Hi")).await.unwrap();

    let line = log.line(ENDED);
    keeps_to_the_format(&line);
    assert_eq!((&line["Ending"], &line["error"]), (&json!("failed"), &json!("model_overloaded")));
    assert_eq!((chat.model.prompts().len(), &line["ModelRetries"]), (4, &json!(3)));
    assert_eq!(line.get("TimeToFirstToken"), None);
}

#[tokio::test]
async fn a_turn_that_is_taken_over_is_counted_as_such_and_ends_once() {
    let chat = Chat::with_models([vec![Say("Half a"), Hang], vec![Say("A whole reply"), Finish]]).await;
    let log = LogBook::open();
    dies(&chat).await;
    let resume = ResumeFrame { request_id: "r2".parse().unwrap(), conversation_id: conversation_id("c") };
    let Resumed::Here(turn) = chat.service.resume(&chat.caller, &resume).await.unwrap() else {
        panic!("the turn is taken over");
    };
    turn.run(Duration::from_secs(60)).await;

    let line = log.line("took over an abandoned turn");
    keeps_to_the_format(&line);
    assert_eq!(line["Takeovers"], 1);
    assert_eq!((&log.line(ENDED)["attempt"], &log.line(ENDED)["Ending"]), (&json!(2), &json!("complete")));
}

#[tokio::test]
async fn a_turn_found_by_the_sweep_is_stranded_and_one_closed_by_it_has_ended() {
    let chat = Chat::with_models([vec![Say("Half a"), Hang], vec![Say("Half a"), Hang]]).await;
    let log = LogBook::open();
    dies(&chat).await;
    for turn in chat.service.sweep().await.unwrap() {
        let running = tokio::spawn(turn.run(Duration::from_secs(60)));
        tokio::time::sleep(Duration::from_millis(100)).await;
        running.abort();
    }
    tokio::time::sleep(LEASE + Duration::from_millis(200)).await;
    assert!(chat.service.sweep().await.unwrap().is_empty());

    let stranded = log.lines_of("the sweep found an abandoned turn");
    assert_eq!(stranded.iter().map(|line| line["StrandedTurns"].clone()).collect::<Vec<_>>(), [1, 1]);
    keeps_to_the_format(&stranded[0]);
    let closed = log.line("closed an abandoned turn as interrupted");
    assert_eq!((&closed["Turns"], &closed["Ending"]), (&json!(1), &json!("interrupted")));
}

fn keeps_to_the_format(line: &Value) {
    let schema = serde_json::from_str(include_str!("fixtures/embedded_metric_format.json")).unwrap();
    let problems: Vec<_> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(line).map(|e| e.to_string()).collect();
    assert_eq!(problems, [""; 0], "{line}");
    // What no schema can say: what the metadata names is there, as a number or as a text.
    for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
        for metric in directive["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric} in {line}");
        }
        for dimension in directive["Dimensions"][0].as_array().unwrap() {
            assert!(line[dimension.as_str().unwrap()].is_string(), "{dimension} in {line}");
        }
    }
}

fn dimensions_of(line: &Value, metric: &str) -> Value {
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
    let mut named = directives.iter().filter(|directive| {
        directive["Metrics"].as_array().unwrap().iter().any(|definition| definition["Name"] == metric)
    });
    named.next().unwrap_or_else(|| panic!("{metric} in {line}"))["Dimensions"].clone()
}

/// The function dies in the middle of the reply, and the lease expires.
async fn dies(chat: &Chat) {
    let running = chat.begins(send("r1", "c", "m1", "Hello")).await;
    running.abort();
    tokio::time::sleep(LEASE + Duration::from_millis(200)).await;
}
