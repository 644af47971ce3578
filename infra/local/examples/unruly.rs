//! A function without a runtime: it speaks the Runtime API itself, so that it can break every rule of it.
//!
//! `BEGINS` says how its init goes, and the field `do` of an event how the invocation goes.

use std::io::Write;
use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), reqwest::Error> {
    println!("it begins");
    let runtime = Runtime::new();
    let logs = [variable("AWS_LAMBDA_LOG_FORMAT"), variable("AWS_LAMBDA_LOG_LEVEL")];
    begin(&runtime).await?;
    loop {
        let next = runtime.next().await?;
        let headers: Vec<_> = next.headers().keys().map(|name| name.to_string()).collect();
        let id = header(&next, "lambda-runtime-aws-request-id");
        let trace = header(&next, "lambda-runtime-trace-id");
        let deadline = header(&next, "lambda-runtime-deadline-ms");
        let event: Value = next.json().await?;
        // The events of a destination are recorded whole.
        record(&if event["requestContext"].is_object() { event.to_string() } else { id.clone() });
        let answer = json!({
            "process": std::process::id(),
            "headers": headers,
            "trace": trace,
            "deadline": deadline,
            "logs": logs,
        });
        match event["do"].as_str().unwrap_or_default() {
            "exit" => std::process::exit(event["code"].as_i64().unwrap_or_default() as i32),
            "abort" => std::process::abort(),
            "hang" => hang().await,
            "hang after the response" => {
                runtime.answer(&id, answer.to_string()).await?;
                hang().await
            }
            "fail" => drop(runtime.post(&format!("invocation/{id}/error"), failure()).await?),
            "answer" => drop(runtime.answer(&id, event["text"].as_str().unwrap_or_default().to_owned()).await?),
            "answer too much" => {
                let refused = runtime.answer(&id, " ".repeat(6 * 1024 * 1024 + 101)).await?;
                println!("refused with {}: {}", refused.status(), refused.text().await?);
            }
            "answer twice" => {
                runtime.answer(&id, answer.to_string()).await?;
                println!("the second is refused with {}", runtime.answer(&id, answer.to_string()).await?.status());
            }
            "take the next without an answer" => {
                let status = runtime.next().await?.status().as_u16();
                runtime.answer(&id, json!({ "next": status }).to_string()).await?;
            }
            "hold" => {
                let megabytes = event["megabytes"].as_u64().unwrap_or_default() as usize;
                // Ones: pages of zeros would not be there before they are written to.
                let held = vec![1_u8; megabytes * 1024 * 1024];
                tokio::time::sleep(Duration::from_millis(event["millis"].as_u64().unwrap_or_default())).await;
                runtime.answer(&id, json!({ "held": held.len() }).to_string()).await?;
            }
            "say" => {
                for line in event["lines"].as_array().into_iter().flatten() {
                    println!("{}", line.as_str().unwrap_or_default());
                }
                runtime.answer(&id, answer.to_string()).await?;
            }
            _ => drop(runtime.answer(&id, answer.to_string()).await?),
        }
    }
}

/// Does nothing until it is killed. Not for ever, in case the stack itself was killed.
async fn hang() -> ! {
    tokio::time::sleep(Duration::from_secs(120)).await;
    std::process::exit(1)
}

/// Runs the init that `BEGINS` names.
async fn begin(runtime: &Runtime) -> Result<(), reqwest::Error> {
    let begins = variable("BEGINS");
    if !begins.is_empty() {
        record("begun");
    }
    match begins.as_str() {
        "exit" => std::process::exit(3),
        "exit the first time" if times("begun") == 1 => std::process::exit(3),
        "never" => hang().await,
        "never the first time" if times("begun") == 1 => hang().await,
        "say why not" => {
            runtime
                .post("init/error", json!({ "errorType": "Probe.NoKey", "errorMessage": "there is no key" }))
                .await?;
            hang().await
        }
        "heed a warning" => {
            if let Ok(mut warning) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
                tokio::spawn(async move {
                    warning.recv().await;
                    record("warned");
                });
            }
        }
        _ => {}
    }
    Ok(())
}

/// Adds a line to the file that `RECORD` names.
fn record(line: &str) {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(variable("RECORD"));
    if let Ok(mut file) = file {
        let _ = writeln!(file, "{line}");
    }
}

fn times(line: &str) -> usize {
    let text = std::fs::read_to_string(variable("RECORD")).unwrap_or_default();
    text.lines().filter(|other| *other == line).count()
}

fn failure() -> Value {
    json!({ "errorType": "Probe.Failure", "errorMessage": "out of order" })
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

#[allow(clippy::disallowed_methods, reason = "the function has no configuration beside these")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// The Runtime API.
struct Runtime {
    client: Client,
    url: String,
}

impl Runtime {
    fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = format!("http://{}/2018-06-01/runtime", variable("AWS_LAMBDA_RUNTIME_API"));
        Self { client: Client::new(), url }
    }

    async fn next(&self) -> Result<Response, reqwest::Error> {
        self.client.get(format!("{}/invocation/next", self.url)).send().await
    }

    async fn answer(&self, id: &str, answer: String) -> Result<Response, reqwest::Error> {
        self.client.post(format!("{}/invocation/{id}/response", self.url)).body(answer).send().await
    }

    async fn post(&self, path: &str, body: Value) -> Result<Response, reqwest::Error> {
        self.client.post(format!("{}/{path}", self.url)).json(&body).send().await
    }
}
