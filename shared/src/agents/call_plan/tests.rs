use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::json;

use super::*;
use crate::llm::ToolDefinition;
use crate::tools::{Invocation, Output, ToolError, ToolRunner, Toolbox};

struct Nothing;

impl ToolRunner for Nothing {
    fn run(&self, _: Invocation) -> BoxFuture<'static, Result<Output, ToolError>> {
        async { Ok(Output::Text(String::new())) }.boxed()
    }
}

fn tool(name: &str, runs: Runs) -> Tool {
    let schema = json!({"type": "object", "properties": {"at": {"type": "integer"}}, "required": ["at"]});
    let definition = ToolDefinition { name: name.to_owned(), description: String::new(), schema, strict: false };
    Tool::new(definition, runs)
}

fn agent() -> ChatAgent {
    let server = || Runs::Server(Arc::new(Nothing));
    let (mut asks, mut again) = (tool("pay", server()), tool("read", server()));
    asks.approval = Approval::Always;
    again.is_idempotent = true;
    let tools = [tool("look", server()), asks, again, tool("show", Runs::Client)];
    ChatAgent::new(String::new()).with_tools(Toolbox::new(tools))
}

fn call(name: &str, tool: &str, input: &str) -> Entry {
    let execution = agent().execution(tool, input, &BTreeSet::new());
    Entry::ToolCall { call: CallId::named(name), tool: tool.to_owned(), input: input.to_owned(), execution }
}

/// What is added to a log that ends with these calls.
fn planned(entries: &[Entry]) -> Vec<String> {
    let plan = agent().plan(entries, false);
    plan.entries.iter().map(name_of).collect()
}

fn name_of(entry: &Entry) -> String {
    match entry {
        Entry::CallStarted { call } => format!("start {call}"),
        Entry::ApprovalRequest { call } => format!("ask {call}"),
        Entry::ToolOutput { call, outcome, .. } => format!("{:?} {call}", outcome.kind),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_call_is_executed_put_to_the_user_or_left_to_the_client() {
    let log = [call("1", "look", r#"{"at": 1}"#), call("2", "pay", r#"{"at": 1}"#), call("3", "show", r#"{"at": 1}"#)];
    assert_eq!(planned(&log), ["start 1", "ask 2"]);
    assert_eq!(agent().plan(&log, false).execute, [CallId::named("1")]);
}

#[test]
fn a_call_that_cannot_be_executed_is_an_error_for_the_model() {
    let long = format!(r#"{{"at": {}}}"#, "1".repeat(MAX_INPUT_BYTES));
    let unseen = format!(r#"{{"at": {}}}"#, "1".repeat(MAX_SHOWN_INPUT_BYTES));
    let refused = [("fly", "{}"), ("look", "{"), ("look", "{}"), ("show", r#"{"at": "x"}"#), ("look", &long)];
    for (tool, input) in refused.into_iter().chain([("pay", unseen.as_str()), ("show", &unseen)]) {
        assert_eq!(planned(&[call("1", tool, input)]), ["Error 1"], "{tool} {}", &input[..input.len().min(20)]);
    }
}

#[test]
fn what_the_user_answered_decides() {
    let asked = |approved| {
        let response = Entry::ApprovalResponse { call: CallId::named("1"), approved, reason: None };
        [call("1", "pay", r#"{"at": 1}"#), Entry::ApprovalRequest { call: CallId::named("1") }, response]
    };
    assert_eq!(planned(&asked(true)), ["start 1"]);
    assert_eq!(planned(&asked(false)), ["Denied 1"]);
}

#[test]
fn what_the_user_allowed_in_the_conversation_is_not_asked_again() {
    let allowed = BTreeSet::from(["pay".to_owned()]);
    assert_eq!(agent().execution("pay", r#"{"at": 1}"#, &allowed), Execution::Server);
}

#[test]
fn a_call_that_another_owner_started_is_made_again_only_if_that_is_safe() {
    for (tool, execute, ends) in [("look", 0, 1), ("read", 1, 0)] {
        let log = [call("1", tool, r#"{"at": 1}"#), Entry::CallStarted { call: CallId::named("1") }];
        let plan = agent().plan(&log, true);
        assert_eq!((plan.execute.len(), plan.entries.len()), (execute, ends), "{tool}");
        assert_eq!(agent().plan(&log, false), CallPlan::default());
    }
}

#[test]
fn a_call_is_repeated_twice_at_most_and_all_are_limited() {
    let same: Vec<Entry> = ["1", "2", "3"].map(|name| call(name, "look", r#"{"at": 1}"#)).into();
    assert_eq!(planned(&same), ["start 1", "start 2", "Error 3"]);
    assert!(agent().plan(&same, false).repeats);
    let many: Vec<Entry> = (0..18).map(|at| call(&at.to_string(), "look", &format!(r#"{{"at": {at}}}"#))).collect();
    assert_eq!(agent().plan(&many, false).execute.len(), 16);
}
