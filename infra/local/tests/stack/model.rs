//! The demo and scripted model.

use futures::StreamExt;
use natter_local::LocalStack;
use serde_json::{Value, json};

use crate::support::{http, soon, stack, until};

async fn ask(stack: &LocalStack, message: &str, stream: bool) -> reqwest::Response {
    let request = json!({
        "model": "m",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": message}],
        "stream": stream,
        "stream_options": {"include_usage": true},
    });
    http().post(format!("{}/model/v1/chat/completions", stack.http_url())).json(&request).send().await.unwrap()
}

/// The data of all events of a streamed answer.
async fn events(response: reqwest::Response) -> Vec<String> {
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    let text = response.text().await.unwrap();
    text.lines().filter_map(|line| line.strip_prefix("data: ")).map(str::to_owned).collect()
}

fn content(events: &[String]) -> String {
    let chunks = events.iter().filter_map(|event| serde_json::from_str::<Value>(event).ok());
    chunks.filter_map(|chunk| Some(chunk["choices"][0]["delta"]["content"].as_str()?.to_owned())).collect()
}

async fn calls(stack: &LocalStack) -> Vec<Value> {
    http().get(format!("{}/model/calls", stack.http_url())).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_script_is_streamed_exactly_with_usage_and_an_end() {
    let stack = stack().await;
    let script =
        r#"script: {"text": "Grüße, *Welt*!\n", "chunk": 4, "rate": 0, "reasoning": "hm", "finish": "length"}"#;
    let events = events(ask(&stack, script, true).await).await;
    assert_eq!(content(&events), "Grüße, *Welt*!\n");
    let chunks: Vec<Value> = events.iter().filter_map(|event| serde_json::from_str(event).ok()).collect();
    assert_eq!(chunks[0]["choices"][0]["delta"], json!({"role": "assistant", "reasoning_content": "hm"}));
    assert_eq!(chunks[chunks.len() - 2]["choices"][0]["finish_reason"], "length");
    assert_eq!(chunks[chunks.len() - 1]["choices"], json!([]));
    assert!(chunks[chunks.len() - 1]["usage"]["total_tokens"].as_u64() > Some(0));
    assert_eq!(events.last().unwrap(), "[DONE]");
}

#[tokio::test]
async fn the_answer_can_be_whole() {
    let stack = stack().await;
    let answer: Value = ask(&stack, r#"script:{"tokens": 3, "rate": 0}"#, false).await.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"], json!({"role": "assistant", "content": "w0 w1 w2"}));
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn without_a_script_the_model_explains_itself_and_repeats_nothing() {
    let stack = stack().await;
    let response = ask(&stack, "my secret is 4711", false).await;
    let answer: Value = response.json().await.unwrap();
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.contains("demo") && text.contains("OPENAI_BASE_URL") && !text.contains("4711"), "{text}");
}

#[tokio::test]
async fn a_scripted_failure_has_its_status_and_ends_after_so_many_times() {
    let stack = stack().await;
    let script = r#"script: {"text": "ok", "rate": 0, "status": 429, "retryAfter": 3, "body": {"error": {"code": "x"}}, "times": 2}"#;
    for _ in 0..2 {
        let response = ask(&stack, script, true).await;
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"3".parse().unwrap()));
        assert_eq!(response.json::<Value>().await.unwrap(), json!({"error": {"code": "x"}}));
    }
    assert_eq!(content(&events(ask(&stack, script, true).await).await), "ok");
}

#[tokio::test]
async fn a_stream_can_be_cut_and_can_carry_an_error() {
    let stack = stack().await;
    let cut = ask(&stack, r#"script: {"tokens": 9, "rate": 0, "cutAfter": 3}"#, true).await;
    assert!(cut.text().await.is_err(), "the body breaks off");
    let failed = events(ask(&stack, r#"script: {"tokens": 9, "rate": 0, "errorAfter": 3}"#, true).await).await;
    assert_eq!(content(&failed), "w0 w1 w2 ");
    assert!(failed.last().unwrap().contains(r#""error""#), "{failed:?}");
}

#[tokio::test]
async fn a_stall_keeps_the_connection_open_and_pings_are_not_progress() {
    let stack = stack().await;
    let script = r#"script: {"tokens": 9, "rate": 0, "stallAfter": 2, "pings": 20}"#;
    let mut body = ask(&stack, script, true).await.bytes_stream();
    let mut text = String::new();
    while text.matches(": ping").count() < 3 {
        text.push_str(std::str::from_utf8(&soon(body.next()).await.unwrap().unwrap()).unwrap());
    }
    assert!(text.contains("w1") && !text.contains("w2"), "{text}");
}

#[tokio::test]
async fn garbage_does_not_hide_the_text() {
    let stack = stack().await;
    let usual = ask(&stack, r#"script: {"tokens": 3, "rate": 0, "garbage": true}"#, true).await;
    assert_eq!(content(&events(usual).await), "w0 w1 w2");
    let given = ask(&stack, r#"script: {"tokens": 1, "rate": 0, "garbage": "data: {oops\n\n"}"#, true).await;
    assert_eq!(events(given).await[0], "{oops");
}

#[tokio::test]
async fn calls_are_kept_with_their_prompt_and_their_end() {
    let stack = stack().await;
    let running = ask(&stack, r#"script: {"tokens": 9, "stallAfter": 1}"#, true).await;
    until(async || calls(&stack).await[0]["deltas"] == 1).await;
    let call = calls(&stack).await.remove(0);
    assert_eq!((&call["state"], &call["model"], &call["authorized"]), (&json!("running"), &json!("m"), &json!(false)));
    assert_eq!(call["messages"][0], json!({"role": "system", "content": "be brief"}));

    drop(running);
    until(async || calls(&stack).await[0]["state"] == "dropped").await;

    ask(&stack, r#"script: {"tokens": 1, "rate": 0}"#, true).await.text().await.unwrap();
    let states: Vec<Value> = calls(&stack).await.into_iter().map(|mut call| call["state"].take()).collect();
    assert_eq!(states, ["dropped", "finished"]);
}

#[tokio::test]
async fn what_is_not_a_request_or_not_a_script_is_refused_in_openais_form() {
    let stack = stack().await;
    for message in [r#"script: {"txt": 1}"#, "script: nonsense"] {
        let response = ask(&stack, message, true).await;
        assert_eq!(response.status(), 400);
        assert!(response.json::<Value>().await.unwrap()["error"]["message"].is_string());
    }
    let url = format!("{}/model/v1/chat/completions", stack.http_url());
    assert_eq!(http().post(url).body("{}").send().await.unwrap().status(), 400);
}
