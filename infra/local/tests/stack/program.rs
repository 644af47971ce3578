//! The program `natter-local`.

use std::process::Stdio;

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{programs, soon, template, until, variables};

/// The program, ready; with what it printed before.
async fn program(data: &std::path::Path) -> (Child, Lines<BufReader<ChildStdout>>, Vec<String>) {
    program_with(data, "").await
}

/// The same, with faults.
async fn program_with(data: &std::path::Path, faults: &str) -> (Child, Lines<BufReader<ChildStdout>>, Vec<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_natter-local"));
    command.arg("--template").arg(template()).arg("--variables").arg(variables());
    command.arg("--functions").arg(programs()).env("PORT", "0").env("DATA_DIR", data);
    command.env("FAULTS", faults);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut printed = Vec::new();
    loop {
        let line = soon(lines.next_line()).await.unwrap().expect("it prints a line that begins with ready");
        printed.push(line.clone());
        if line.starts_with("ready http://127.0.0.1:") {
            return (child, lines, printed);
        }
    }
}

/// Opens a socket at the program, so that it starts functions, and gives their process ids.
async fn functions(child: &Child, printed: &[String]) -> (impl Sized + use<>, Vec<u32>) {
    let socket = printed.last().unwrap().replace("ready http", "ws") + "/local?token=alice";
    let client = soon(tokio_tungstenite::connect_async(socket)).await.unwrap();
    let mut processes = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let status = std::fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        if status.lines().any(|line| line == format!("PPid:\t{}", child.id().unwrap())) {
            processes.push(entry.file_name().to_string_lossy().parse().unwrap());
        }
    }
    assert!(!processes.is_empty());
    (client, processes)
}

fn none_alive(processes: &[u32]) -> bool {
    !processes.iter().any(|process| {
        std::fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    })
}

async fn signal(child: &Child, signal: &str) {
    let process = child.id().unwrap().to_string();
    assert!(Command::new("kill").args([signal, &process]).status().await.unwrap().success());
}

#[tokio::test]
async fn it_says_where_everything_is_and_when_it_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let (_child, _, printed) = program(folder.path()).await;
    let text = printed.join("\n");
    for part in ["page", "/inspect", "ws://127.0.0.1:", "/token?user=alice", "demo", "database", "MessageFunction"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
}

#[tokio::test]
async fn faults_from_the_environment_are_logged_with_their_seed() {
    let folder = tempfile::tempdir().unwrap();
    let (_child, _, printed) = program_with(folder.path(), "post429:0.1,kill:0.02,seed=7").await;
    assert!(printed.join("\n").contains("faults     kill:0.02,post429:0.1,seed=7"), "{printed:?}");
}

#[tokio::test]
async fn a_signal_ends_it_and_its_functions() {
    for name in ["-INT", "-TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let (mut child, _lines, printed) = program(folder.path()).await;
        let (_client, processes) = functions(&child, &printed).await;
        signal(&child, name).await;
        assert!(soon(child.wait()).await.unwrap().success());
        assert!(none_alive(&processes));
    }
}

#[tokio::test]
async fn it_ends_by_logging_what_aws_would_have_charged() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, mut lines, printed) = program(folder.path()).await;
    let (_client, _processes) = functions(&child, &printed).await;
    signal(&child, "-INT").await;
    assert!(soon(child.wait()).await.unwrap().success());
    let mut last_words = String::new();
    while let Some(line) = soon(lines.next_line()).await.unwrap() {
        last_words += &format!("{line}\n");
    }
    for part in ["AWS would have charged", "connection minutes", "AuthorizeFunction GB-seconds", "total"] {
        assert!(last_words.contains(part), "{part} is missing:\n{last_words}");
    }
}

#[tokio::test]
async fn it_says_nothing_of_costs_when_nothing_has_happened() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, mut lines, _) = program(folder.path()).await;
    signal(&child, "-INT").await;
    assert!(soon(child.wait()).await.unwrap().success());
    assert_eq!(soon(lines.next_line()).await.unwrap(), None);
}

#[tokio::test]
async fn its_functions_end_by_themselves_when_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, _lines, printed) = program(folder.path()).await;
    let (_client, processes) = functions(&child, &printed).await;
    child.kill().await.unwrap();
    until(async || none_alive(&processes)).await;
}

#[tokio::test]
async fn a_busy_function_ends_with_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, _lines, printed) = program(folder.path()).await;
    let socket = printed.last().unwrap().replace("ready http", "ws") + "/local?token=alice";
    let (mut client, _) = soon(tokio_tungstenite::connect_async(socket)).await.unwrap();
    // It sleeps for longer than a test waits, and asks for nothing meanwhile.
    client.send(Message::text(r#"{"do": "sleep", "millis": 600000, "announced": true}"#)).await.unwrap();
    let announced: Value = loop {
        match soon(client.next()).await {
            Some(Ok(Message::Text(text))) => break serde_json::from_str(&text).unwrap(),
            Some(Ok(_)) => {}
            other => panic!("a text was expected, not {other:?}"),
        }
    };
    let sleeping = [u32::try_from(announced["sleeping"].as_u64().unwrap()).unwrap()];
    assert!(!none_alive(&sleeping));
    child.kill().await.unwrap();
    until(async || none_alive(&sleeping)).await;
}

#[tokio::test]
async fn it_fails_with_a_sentence() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_natter-local"));
    let output = soon(command.args(["--template", "none.yaml", "--port", "0"]).output()).await.unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), complaint.lines().count()), (Some(1), 1), "{complaint}");
    assert!(complaint.contains("none.yaml"), "{complaint}");
}
