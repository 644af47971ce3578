//! What a developer sees of functions on the terminal.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::support::{http, programs, soon};

/// The program, with what it writes for people.
struct Program {
    _process: Child,
    url: String,
    lines: Lines<BufReader<ChildStderr>>,
    _data: tempfile::TempDir,
}

impl Program {
    async fn start(arguments: &[&str], begins: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let template = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions.yaml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_natter-local"));
        command.arg("--template").arg(template).arg("--functions").arg(programs().join("examples")).args(arguments);
        command.args(["--port", "0", "--data"]).arg(data.path()).env("BEGINS", begins);
        command.env("RECORD", data.path().join("record"));
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = loop {
            let line = soon(output.next_line()).await.unwrap().expect("it prints a line that begins with ready");
            if let Some(url) = line.strip_prefix("ready ") {
                break url.to_owned();
            }
        };
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        Self { _process: process, url, lines, _data: data }
    }

    /// Invokes a function and gives the id of the request.
    async fn invoke(&self, function: &str, event: Value) -> String {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.url);
        let request = http().post(url).header("Authorization", "AWS4-HMAC-SHA256 any").body(event.to_string());
        let answer = request.header("X-Amz-Invocation-Type", "Event").send().await.unwrap();
        answer.headers()["x-amzn-requestid"].to_str().unwrap().to_owned()
    }

    /// The next lines, up to the first that has `last` in it, without their times.
    async fn lines_until(&mut self, last: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = soon(self.lines.next_line()).await.unwrap().expect("the program runs");
            assert_eq!(line.find(' '), Some("18:23:28.941".len()), "every line begins with the time: {line}");
            lines.push(line["18:23:28.941".len()..].trim().to_owned());
            if line.contains(last) {
                return lines;
            }
        }
    }
}

#[tokio::test]
async fn every_line_names_its_function_its_request_and_its_environment() {
    let mut program = Program::start(&[], "").await;
    let id = program.invoke("Plain", json!({"do": "say", "lines": ["hello", "{}"]})).await;
    let mut lines = program.lines_until("done in").await;
    let report = lines.pop().unwrap();
    let request = &id[..8];
    assert_eq!(
        lines,
        [
            "Plain init     #0  │ it begins".to_owned(),
            format!("Plain {request} #0  │ hello"),
            format!("Plain {request} #0  │ {{}}"),
        ]
    );
    for part in [&format!("Plain {request} #0  │ done in "), " ms, billed ", " ms, init "] {
        assert!(report.contains(part), "{report}");
    }
    assert_eq!(report.ends_with(" of 128 MB"), cfg!(target_os = "linux"), "{report}");
}

#[tokio::test]
async fn lines_in_json_are_shown_as_sentences() {
    let mut program = Program::start(&[], "").await;
    let line = json!({"level": "WARN", "fields": {"message": "running low", "left": 3}, "span": {"requestId": "r"}});
    let id = program.invoke("Structured", json!({"do": "say", "lines": [line.to_string()]})).await;
    let lines = program.lines_until("done in").await;
    let expected = format!("Structured {} #0  │ WARN  running low left=3", &id[..8]);
    assert!(lines.contains(&expected), "{lines:?}");
}

#[tokio::test]
async fn failures_are_logged_with_their_reason_and_the_fate_of_the_event() {
    let mut program = Program::start(&["--no-reports"], "").await;
    let id = program.invoke("Forwarding", json!({"do": "fail"})).await;
    let lines = program.lines_until("goes to").await;
    let request = &id[..8];
    assert_eq!(lines[1], format!("Forwarding {request} #0  │ Probe.Failure: out of order"));
    assert_eq!(lines[2], format!("Forwarding {request}     │ the event failed 1 times and goes to Keeper"));
}

#[tokio::test]
async fn a_function_that_never_polls_is_named_with_what_it_lacks() {
    let mut program = Program::start(&[], "never").await;
    program.invoke("Plain", json!({})).await;
    let lines = program.lines_until("init failed").await;
    let complaint = lines.last().unwrap();
    assert!(
        complaint.starts_with("Plain init     #0  │") && complaint.contains("has to poll the Runtime API"),
        "{complaint}"
    );
}

#[tokio::test]
async fn an_answer_that_the_gateway_cannot_use_is_named_with_what_it_lacks() {
    use futures::SinkExt;
    let mut program = Program::start(&[], "").await;
    let url = program.url.replace("http", "ws") + "/local";
    let (mut socket, _) = soon(tokio_tungstenite::connect_async(url)).await.unwrap();
    soon(socket.send(tokio_tungstenite::tungstenite::Message::text("{}"))).await.unwrap();
    let lines = program.lines_until("statusCode").await;
    assert!(lines.last().unwrap().starts_with("Plain"), "{lines:?}");
}
