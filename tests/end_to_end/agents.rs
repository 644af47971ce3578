//! Agents that are files: of a directory that is read again when it changes, and published in the table.

use std::path::Path;
use std::process::Command;

use natter_tests::{Natter, NatterBuilder, answers, built_functions};
use serde_json::{Value, json};

use crate::tools::{ask, last_message};

/// The agents that `make dev` has where there are no others.
fn example() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/agents")
}

/// Writes the directory of one agent.
fn write(directory: &Path, name: &str, instructions: &str) {
    let folder = directory.join("clerk");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("agent.toml"), format!("name = \"{name}\"")).unwrap();
    std::fs::write(folder.join("instructions.md"), instructions).unwrap();
}

/// What the model was told last before all messages.
async fn instructions(natter: &Natter) -> Value {
    natter.model_calls().await.pop().unwrap()["messages"][0]["content"].clone()
}

/// Runs the program of `make agents` on the table of this stack.
fn agents(natter: &Natter, arguments: &[&str]) -> Result<String, String> {
    let ran = Command::new(built_functions().join("agents"))
        .args(arguments)
        .args(["--endpoint", &natter.stack.database_url(), "--table", "Table"])
        .envs([("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local"), ("AWS_REGION", "us-east-1")])
        .output()
        .unwrap();
    let said = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if ran.status.success() { Ok(said(ran.stdout)) } else { Err(said(ran.stderr)) }
}

#[tokio::test]
async fn the_demo_shows_the_tools_of_the_example() {
    let natter = NatterBuilder::default().agents(example()).start().await;
    let mut alice = natter.connect("alice").await;
    let mut request = alice.say("c", "Show me tools.").await;
    let mut text = alice.answer(&request).await.text;
    for (tool, state) in [("tool-ask_user", "input-available"), ("tool-place_order", "approval-requested")] {
        let waiting = last_message(&mut alice).await;
        let part = waiting["parts"].as_array().unwrap().last().unwrap();
        assert_eq!((&part["type"], &part["state"]), (&json!(tool), &json!(state)));
        request = alice.respond("c", &answers(&waiting, true, "Tea")).await;
        text = alice.answer(&request).await.text;
    }
    assert!(text.contains("weekday") && text.contains("Tea") && text.contains("placed"), "{text}");
    assert_eq!(natter.orders()[0]["order"], json!({"item": "Tea", "count": 1}));
    natter.stack.stop().await;
}

#[tokio::test]
async fn a_skill_is_read_when_the_model_asks_for_it() {
    let natter = NatterBuilder::default().agents(example()).start().await;
    let mut alice = natter.connect("alice").await;
    let read = json!([{"name": "read_skill", "arguments": {"name": "ordering"}}]);
    let answer = ask(&mut alice, &json!({"rate": 0, "steps": [{"calls": read}, {"text": "I know how."}]})).await;
    assert_eq!(answer.text, "I know how.");
    let told = natter.last_prompt().await.pop().unwrap();
    assert!(told.starts_with("tool: Ask what and how many"), "{told}");
    assert!(instructions(&natter).await.as_str().unwrap().contains("- ordering: How orders are placed."));
    natter.stack.stop().await;
}

#[tokio::test]
async fn a_directory_that_changes_is_used_by_the_next_turn() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "Clerk", "Be exact.");
    let natter = NatterBuilder::default().agents(directory.path()).start().await;
    let mut alice = natter.connect("alice").await;
    let script = json!({"rate": 0, "text": "Yes."});
    ask(&mut alice, &script).await;
    assert_eq!(instructions(&natter).await, "Be exact.");

    write(directory.path(), "Clerk", "Be quick.");
    ask(&mut alice, &script).await;
    assert_eq!(instructions(&natter).await, "Be quick.");

    // A mistake changes nothing for who chats.
    write(directory.path(), "", "Be gone.");
    ask(&mut alice, &script).await;
    assert_eq!(instructions(&natter).await, "Be quick.");
    natter.stack.stop().await;
}

#[tokio::test]
async fn what_is_published_answers_and_an_earlier_version_can_be_used_again() {
    let (data, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = directory.path().to_str().unwrap();
    let script = json!({"rate": 0, "text": "Yes."});
    // Its functions look up which version is in use when they begin.
    let start = async || NatterBuilder::default().data(data.path()).start().await;
    let answered = async |natter: &Natter| {
        ask(&mut natter.connect("alice").await, &script).await;
        instructions(natter).await
    };

    let natter = start().await;
    write(directory.path(), "", "Be exact.");
    let mistake = agents(&natter, &["publish", path, "--models", "demo"]).unwrap_err();
    assert!(mistake.starts_with("clerk/agent.toml:1: name must be a text"), "{mistake}");
    assert_eq!(agents(&natter, &["list"]).unwrap(), "No agents are published.\n");

    write(directory.path(), "Clerk", "Be exact.");
    let published = agents(&natter, &["publish", path, "--models", "demo"]).unwrap();
    assert_eq!(published, "Published version 1, in use within a minute: Clerk\n");
    assert_eq!(answered(&natter).await, "Be exact.");
    let described = natter.connect("bob").await.result("server.describe", json!({})).await;
    assert_eq!(described["agents"], json!([{"id": "clerk", "name": "Clerk"}]));

    write(directory.path(), "Clerk", "Be quick.");
    agents(&natter, &["publish", path, "--models", "demo"]).unwrap();
    natter.stack.stop().await;
    let natter = start().await;
    assert_eq!(answered(&natter).await, "Be quick.");

    let unknown = agents(&natter, &["use", "9"]).unwrap_err();
    assert_eq!(unknown, "There is no version 9.\n");
    assert_eq!(agents(&natter, &["use", "1"]).unwrap(), "Version 1, in use within a minute.\n");
    let listed = agents(&natter, &["list"]).unwrap();
    let in_use: Vec<bool> = listed.lines().map(|line| line.ends_with("in use")).collect();
    assert_eq!(in_use, [false, true], "{listed}");
    assert!(agents(&natter, &["remove", "1"]).unwrap_err().starts_with("Version 1 is in use."));
    agents(&natter, &["remove", "2"]).unwrap();
    natter.stack.stop().await;
    let natter = start().await;
    assert_eq!(answered(&natter).await, "Be exact.");
    natter.stack.stop().await;
}

/// Runs the program of `make evals`. Returns whether all was as expected, and what it said.
fn evals(directory: &Path) -> (bool, String) {
    let ran = Command::new(built_functions().join("evals")).arg(directory).output().unwrap();
    (ran.status.success(), String::from_utf8(ran.stdout).unwrap())
}

#[test]
fn the_example_passes_its_evals() {
    let (passed, said) = evals(&example());
    assert!(passed && said.ends_with("3 passed, 0 failed\n"), "{said}");
}

#[test]
fn a_case_that_is_not_as_expected_is_told_with_what_it_was() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "Clerk", "Be exact.");
    let write = |path: &str, text: &str| {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("tools/find.toml", "kind = \"lambda\"\ndescription = \"Finds.\"\nfunction = \"find\"\n");
    write("clerk/agent.toml", "name = \"Clerk\"\ntools = [\"find\"]");
    let script = r#"script = { rate = 0, steps = [{ calls = [{ name = "find" }] }, { text = "It is red." }] }"#;
    let case =
        |name: &str, more: &str| format!("[[case]]\nname = \"{name}\"\nmessage = \"Which?\"\n{script}\n{more}\n");
    let found = r#"tools.find = { color = "red" }"#;
    write(
        "clerk/evals/colors.toml",
        &[
            case("red", &format!("{found}\nexpect = {{ calls = [\"find\"], text = [\"red\"] }}")),
            case("blue", &format!("{found}\nexpect = {{ calls = [], text = [\"blue\"] }}")),
            case("missing", ""),
        ]
        .concat(),
    );
    let (passed, said) = evals(directory.path());
    assert!(!passed && said.ends_with("1 passed, 2 failed\n"), "{said}");
    for failure in [
        "the calls were find, and not none",
        "the reply does not say \"blue\"",
        "find failed: The tool's server answered 501 Not Implemented.",
    ] {
        assert!(said.contains(failure), "{failure}\n{said}");
    }

    write("clerk/agent.toml", "name = 7");
    let (passed, said) = evals(directory.path());
    assert!(!passed && said == "clerk/agent.toml:1: name must be a text, by which people know it\n", "{said}");

    write("clerk/evals/colors.toml", "[[case]]\nname = \"red\"\nmesage = \"Which?\"\n");
    let (passed, said) = evals(directory.path());
    assert!(!passed && said.contains("colors.toml: TOML parse error at line 3") && said.contains("mesage"), "{said}");
}
