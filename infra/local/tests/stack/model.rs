//! The demo and scripted model.

use futures::StreamExt;
use natter_local::LocalStack;
use serde_json::{Value, json};

use crate::support::{http, soon, stack, until};

async fn ask(stack: &LocalStack, message: &str, stream: bool) -> reqwest::Response {
    ask_in(stack, json!([{"role": "system", "content": "be brief"}, {"role": "user", "content": message}]), stream)
        .await
}

/// Asks in a conversation, with tools.
async fn ask_in(stack: &LocalStack, messages: Value, stream: bool) -> reqwest::Response {
    let tools = ["current_time", "ask_user", "place_order"];
    let request = json!({
        "model": "m",
        "messages": messages,
        "stream": stream,
        "stream_options": {"include_usage": true},
        "tools": tools.map(|name| json!({"type": "function", "function": {"name": name, "parameters": {}}})),
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

/// The model's calls of tools in a turn that began with this message, one list for each of its answers, and its last text. Each call
/// gets its result from `outcome`.
async fn turn(stack: &LocalStack, message: &str, outcome: impl Fn(&str) -> String) -> (Vec<Value>, String) {
    let (mut messages, mut steps) = (vec![json!({"role": "user", "content": message})], Vec::new());
    loop {
        let mut answer: Value = ask_in(stack, json!(messages), false).await.json().await.unwrap();
        let said = answer["choices"][0]["message"].take();
        let Some(calls) = said["tool_calls"].as_array().cloned() else {
            assert_eq!(answer["choices"][0]["finish_reason"], "stop");
            return (steps, said["content"].as_str().unwrap().to_owned());
        };
        assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
        messages.push(said);
        for call in &calls {
            let result = outcome(call["function"]["name"].as_str().unwrap());
            messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": result}));
        }
        steps.push(calls.iter().map(|call| call["function"].clone()).collect());
    }
}

#[tokio::test]
async fn a_script_has_a_step_for_each_call_of_the_model_in_a_turn() {
    let stack = stack().await;
    let script = r#"script: {"rate": 0, "steps": [
        {"text": "Looking.", "calls": [{"name": "look", "arguments": {"at": "a"}}, {"name": "wait"}]},
        {"calls": [{"name": "look", "arguments": "{oops"}], "status": 503, "times": 1},
        {"text": "Done."}
    ]}"#;
    assert_eq!(ask(&stack, script, false).await.status(), 200);
    let asked = json!({"role": "user", "content": script});
    let called =
        json!({"role": "assistant", "content": null, "tool_calls": [{"id": "x", "type": "function", "function": {}}]});
    let told = json!({"role": "tool", "tool_call_id": "x", "content": "a cat"});
    let behind = json!([asked, called, told]);
    assert_eq!(ask_in(&stack, behind, false).await.status(), 503, "a step has its own faults");

    let (steps, text) = turn(&stack, script, |_| "a cat".to_owned()).await;
    let call = |name: &str, arguments: &str| json!({"name": name, "arguments": arguments});
    assert_eq!(steps[0], json!([call("look", r#"{"at":"a"}"#), call("wait", "{}")]));
    assert_eq!((&steps[1], text.as_str()), (&json!([call("look", "{oops")]), "Done."));

    let calls = calls(&stack).await;
    let asked = |step: u64| calls.iter().filter(|call| call["step"] == step).count();
    assert_eq!([0, 1, 2, 3].map(asked), [2, 2, 1, 0]);
    let told = calls.last().unwrap()["messages"].as_array().unwrap().clone();
    assert_eq!((&told[1]["tool_calls"][0]["id"], &told[2]["tool_call_id"]), (&json!("call_0_0"), &json!("call_0_0")));
    assert_eq!(calls[0]["tools"], json!(["current_time", "ask_user", "place_order"]));
}

#[tokio::test]
async fn a_picture_that_a_tool_returned_begins_no_turn() {
    let stack = stack().await;
    let script = r#"script: {"rate": 0, "steps": [{"calls": [{"name": "look"}]}, {"text": "A cat."}]}"#;
    let picture = json!([{"type": "text", "text": "A picture:"}, {"type": "image_url", "image_url": {"url": "data:"}}]);
    let messages = json!([
        {"role": "user", "content": script},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "x", "type": "function", "function": {}}]},
        {"role": "tool", "tool_call_id": "x", "content": ""},
        {"role": "user", "content": picture},
    ]);
    let answer: Value = ask_in(&stack, messages, false).await.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "A cat.");
}

#[tokio::test]
async fn calls_are_streamed_as_openai_does_it() {
    let stack = stack().await;
    let script =
        r#"script: {"rate": 0, "text": "Hm.", "calls": [{"name": "a", "arguments": {"city": "Ulm"}}, {"name": "b"}]}"#;
    let events = events(ask(&stack, script, true).await).await;
    let chunks = events.iter().filter_map(|event| serde_json::from_str::<Value>(event).ok());
    let chunks: Vec<Value> = chunks.filter(|chunk| chunk["choices"][0].is_object()).collect();
    let deltas: Vec<&Value> =
        chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"].get("tool_calls")).collect();
    let begin = |index: usize, name: &str| {
        let function = json!({"name": name, "arguments": ""});
        json!([{"index": index, "id": format!("call_0_{index}"), "type": "function", "function": function}])
    };
    let piece = |index: usize, text: &str| json!([{"index": index, "function": {"arguments": text}}]);
    let expected = [begin(0, "a"), piece(0, r#"{"city":"#), piece(0, r#""Ulm"}"#), begin(1, "b"), piece(1, "{}")];
    assert_eq!(deltas, expected.iter().collect::<Vec<_>>());
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn the_demo_shows_tools_to_who_wants_to_see_them() {
    let stack = stack().await;
    let (steps, text) = turn(&stack, "Show me tools!", |tool| match tool {
        "current_time" => "Sunday".to_owned(),
        "ask_user" => "Tea".to_owned(),
        _ => "Error: denied | by me".to_owned(),
    })
    .await;
    let names: Vec<&Value> = steps.iter().map(|calls| &calls[0]["name"]).collect();
    assert_eq!(names, ["current_time", "ask_user", "place_order"]);
    assert!(steps[1][0]["arguments"].as_str().unwrap().contains("choices"), "{steps:?}");
    assert_eq!(steps[2][0]["arguments"], r#"{"count":1,"item":"Tea"}"#);
    assert!(["Sunday", "Tea", "Error: denied ' by me"].iter().all(|told| text.contains(told)), "{text}");

    let (steps, text) = turn(&stack, "Hello", |_| String::new()).await;
    assert!(steps.is_empty() && text.contains("Show me tools"), "{text}");
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
