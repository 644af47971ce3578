//! The budgets of a turn with tools: what each call costs beside the turn's text, and what it waits for.

use std::time::Duration;

use natter_local::Latencies;
use natter_tests::{Events, Natter, NatterBuilder, at, started_at};
use serde_json::{Value, json};

use crate::tools::{TOOLS, ask, order};

/// How many tools the turn of the budget calls.
const CALLS: usize = 4;

/// What a turn costs.
#[derive(Debug)]
struct Cost {
    frames: usize,
    database_calls: usize,
    write_units: f64,
}

/// The cost of the second turn of a conversation, with the frames that carry text left out.
async fn cost_of(script: Value) -> Cost {
    let (natter, seen) = second_turn(Latencies::default(), &script).await;
    let events = Events::after(&natter.stack, seen);
    let is_text = |frame: &&Value| frame["body"]["text"].as_str().unwrap().contains(r#""type":"text-"#);
    let cost = Cost {
        frames: events.of("frameOut").filter(|frame| !is_text(frame)).count(),
        database_calls: events.of("database").count(),
        write_units: events.of("database").map(|call| call["writeUnits"].as_f64().unwrap()).sum(),
    };
    natter.stack.stop().await;
    cost
}

#[tokio::test]
async fn a_turn_of_three_steps_with_two_parallel_tools_keeps_its_budget() {
    let plain = cost_of(json!({"rate": 0, "text": "One. Two. Three."})).await;
    let calls = |items: [&str; CALLS / 2]| items.map(|item| order("place_order", item, 1));
    let steps = json!([
        {"text": "One. ", "calls": calls(["Tea", "Cake"])},
        {"text": "Two. ", "calls": calls(["Coffee", "Milk"])},
        {"text": "Three."},
    ]);
    let turn = cost_of(json!({"rate": 0, "steps": steps})).await;
    let spent = format!("{turn:?}, without tools {plain:?}");
    assert!(turn.frames - plain.frames <= 3 * CALLS, "{spent}");
    assert!(turn.write_units - plain.write_units <= 3.0 * CALLS as f64, "{spent}");
    assert!(turn.database_calls - plain.database_calls <= 2 * CALLS, "{spent}");
}

#[tokio::test]
async fn there_is_one_database_wait_before_a_tool_is_called_and_one_before_the_model_is_asked_again() {
    // So far away that calls which do not wait for each other are under way together, however busy the machine is.
    let far = Latencies { database: Duration::from_millis(100), ..Latencies::default() };
    // The model thinks until the turn is stored.
    let steps = json!([{"calls": [order("place_order", "Tea", 1)], "firstTokenMs": 400}, {"text": "Done."}]);
    let (natter, seen) = second_turn(far, &json!({"rate": 0, "steps": steps})).await;
    let events = Events::after(&natter.stack, seen);
    let of_tool = |kind: &str| {
        let all = natter.stack.events(seen).into_iter();
        all.into_iter().find(|event| event["kind"] == kind && event["function"] == "OrderTool").unwrap()
    };
    let started = of_tool("invocationStarted");
    let called = at(&started) - started["waited"].as_f64().unwrap();
    let returned = at(&of_tool("invocationAnswered"));
    let asked: Vec<f64> = events.of("model").map(started_at).collect();
    let answered = at(events.of("modelStream").next().unwrap());
    for (from, to) in [(answered, called), (returned, asked[1])] {
        let within = |call: &&(f64, f64)| call.0 >= from && call.1 <= to;
        let calls: Vec<(f64, f64)> = events.of("database").map(|call| (started_at(call), at(call))).collect();
        let waits: Vec<&(f64, f64)> = calls.iter().filter(within).collect();
        let one_wait = waits.iter().all(|(from, _)| waits.iter().all(|(_, to)| from <= to));
        assert!(!waits.is_empty() && one_wait, "from {from} to {to}: {waits:?}");
    }
    natter.stack.stop().await;
}

/// The second turn of a conversation, by this script, and the event before it. The functions are warm.
async fn second_turn(latencies: Latencies, script: &Value) -> (Natter, u64) {
    let builder = NatterBuilder::default().tools(TOOLS).environment("TITLES", "words");
    let natter = builder.measured(latencies).start().await;
    let mut alice = natter.connect("alice").await;
    let steps = json!([{"calls": [order("place_order", "Water", 1)]}, {"text": "Hello!"}]);
    ask(&mut alice, &json!({"rate": 0, "steps": steps})).await;
    natter.stack.settled().await;
    let seen = Events::newest(&natter.stack);
    assert_eq!(ask(&mut alice, script).await.last["type"], "end");
    natter.stack.settled().await;
    (natter, seen)
}
