use allocation_counter::measure;
use futures::StreamExt;
use natter::agents;
use natter::llm::{LanguageModel, Prompt};
use natter::reply::Reply;

use super::budgets::{ALLOCATIONS_OF_A_BEGINNING, ALLOCATIONS_OF_A_DELTA, ALLOCATIONS_OF_A_DELTA_IN_A_TURN};
use super::model::ScriptedServer;
use super::scripted_turn::{PAST_EXCHANGES, ScriptedTurn, paused_runtime};

#[test]
fn a_delta_keeps_its_allocation_budget_from_bytes_to_reply() {
    let count = |tokens| {
        let (server, runtime) = (ScriptedServer::saying(tokens), paused_runtime());
        let read = async {
            let mut reply = Reply::new("m1".parse().unwrap(), None);
            let mut deltas = server.stream(Prompt::default());
            while let Some(delta) = deltas.next().await {
                agents::apply(delta.unwrap(), &mut reply);
            }
        };
        measure(|| runtime.block_on(read)).count_total
    };
    ALLOCATIONS_OF_A_DELTA.keep(added_by_a_delta(count));
}

#[test]
fn a_delta_in_a_turn_keeps_its_allocation_budget() {
    let count = |tokens| {
        let turn = ScriptedTurn::of(tokens);
        measure(|| turn.run()).count_total
    };
    ALLOCATIONS_OF_A_DELTA_IN_A_TURN.keep(added_by_a_delta(count));
}

#[test]
fn the_start_of_a_turn_keeps_its_allocation_budget() {
    let turn = ScriptedTurn::after(PAST_EXCHANGES);
    ALLOCATIONS_OF_A_BEGINNING.keep(measure(|| turn.begin()).count_total as f64);
}

// What a turn does once cancels out between a long reply and one twice as long.
fn added_by_a_delta(count: impl Fn(usize) -> u64) -> f64 {
    (count(400) - count(200)) as f64 / 200.0
}
