//! What a line of the log holds, and which lines there are.

use lambda_runtime::tracing::{self, Instrument, Level};
use serde_json::json;

use crate::support::LogBook;

#[tokio::test]
async fn a_line_has_its_own_fields_beside_those_of_all_enclosing_spans() {
    let log = LogBook::open();
    let frame = tracing::error_span!("frame", connection = "tab", turn = "none");
    async {
        let turn = tracing::error_span!("turn", turn = "t1");
        async { tracing::warn!(target: "hyper::client", attempt = 2, "slow") }.instrument(turn).await;
    }
    .instrument(frame)
    .await;

    let mut line = log.line("slow");
    let timestamp = line.as_object_mut().unwrap().remove("timestamp").unwrap();
    assert!(timestamp.as_str().unwrap().ends_with('Z'), "{timestamp}");
    assert_eq!(line, json!({ "level": "WARN", "message": "slow", "connection": "tab", "turn": "t1", "attempt": 2 }));
}

#[test]
fn libraries_are_heard_only_when_they_warn_whatever_the_level() {
    let log = LogBook::at(Level::TRACE);
    tracing::info!(target: "hyper::proto", "a header");
    tracing::trace!(target: "natter::llm", "ours");
    tracing::warn!(target: "hyper::proto", "a warning");
    let messages: Vec<_> = log.lines().iter().map(|line| line["message"].clone()).collect();
    assert_eq!(messages, ["ours", "a warning"]);
}

#[test]
fn metrics_and_ids_are_logged_at_any_level() {
    let log = LogBook::at(Level::ERROR);
    tracing::error_span!("turn", turn = "t1").in_scope(|| {
        tracing::warn!(target: "natter", "too low");
        tracing::info!(target: natter::logging::METRIC, Takeovers = 1, "counted");
    });
    assert_eq!(log.lines().len(), 1);
    assert_eq!(log.line("counted")["turn"], "t1");
}
