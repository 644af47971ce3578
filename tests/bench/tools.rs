//! Turns with tools: what passes between the model and two calls of a function at the same time.

use std::path::PathBuf;

use natter_tests::{Events, Natter, at, order_tools, started_at};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::settings::Settings;

/// No call of these turns reaches it.
const UNUSED_ENDPOINT: &str = "http://127.0.0.1:9/";

/// What a turn took, in milliseconds.
#[derive(Debug)]
pub struct ToolTurn {
    /// From the end of the model's first answer to the first call.
    pub to_call: f64,
    /// From the last outcome to the model's next request.
    pub to_model: f64,
}

/// A file of four tools, in a folder that is removed with it.
pub struct ToolsFile(TempDir);

impl ToolsFile {
    /// Writes it.
    pub fn write() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tools.toml"), order_tools(UNUSED_ENDPOINT)).unwrap();
        Self(folder)
    }

    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.0.path().join("tools.toml")
    }
}

/// This many turns, one after the other.
pub async fn measure(settings: &Settings, count: usize) -> Vec<ToolTurn> {
    let natter = settings.builder().tools(order_tools(UNUSED_ENDPOINT)).start().await;
    let mut client = natter.connect("tools").await;
    let mut turns = Vec::new();
    // The first starts the functions, and does not count.
    for number in 0..=count {
        natter.stack.settled().await;
        let seen = Events::newest(&natter.stack);
        let order = |item: &str| json!({"name": "place_order", "arguments": {"item": item, "count": number}});
        let first = json!({"text": "One moment.", "calls": [order("Tea"), order("Cake")], "firstTokenMs": settings.first_token});
        let request = client.script("tools", json!({"rate": 0, "steps": [first, {"text": "Done."}]})).await;
        let answer = client.answer(&request).await;
        assert_eq!(answer.last["type"], "end", "{}", answer.last);
        natter.stack.settled().await;
        if number > 0 {
            turns.push(ToolTurn::read(&natter, seen));
        }
    }
    natter.stack.stop().await;
    turns
}

impl ToolTurn {
    fn read(natter: &Natter, seen: u64) -> Self {
        let all = natter.stack.events(seen);
        let of_tool = |kind: &'static str| {
            all.iter().filter(move |event| event["kind"] == kind && event["function"] == "OrderTool")
        };
        let called = |event: &Value| at(event) - event["waited"].as_f64().unwrap_or_default();
        let events = Events::after(&natter.stack, seen);
        let answered = at(events.of("modelStream").find(|event| event["ended"] == true).expect("the model ended"));
        let asked = started_at(events.of("model").nth(1).expect("the model was asked again"));
        let first_call = of_tool("invocationStarted").map(called).fold(f64::MAX, f64::min);
        let last_outcome = of_tool("invocationAnswered").map(at).fold(0.0, f64::max);
        Self { to_call: first_call - answered, to_model: asked - last_outcome }
    }
}
