//! The same with tools: calls that may be made again and calls that may not, approvals, and calls of the page. 2,000 cases by default,
//! the same each time; `TURN_CASES` sets how many others.
//!
//! What the test knows by itself: what its tools have done, which answers it has sent, and what was stored at each moment. So it
//! holds against that what a reply's log says, what the model is asked, and what clients are shown.

mod checks;
mod coverage;
mod decisions;
mod expectation;
mod log;
mod problems;
mod prompts;
mod simulation;
mod views;
mod workshop;

use std::cell::RefCell;
use std::sync::atomic::Ordering;

use proptest::test_runner::TestRunner;
use proptest_state_machine::ReferenceStateMachine;

use super::expectation::{Event, Expectation};
use super::{asked_cases, config};
use coverage::Coverage;
use expectation::{ToolEvent, ToolExpectation};
use simulation::ToolSimulation;
use workshop::{LOOK, ORDER};

#[test]
fn turns_with_tools_keep_their_promises_whatever_happens() {
    let seen = RefCell::new(Coverage::default());
    let config = config();
    let cases = config.cases;
    let sequences = ToolExpectation::sequential_strategy(1..40);
    let outcome = TestRunner::new(config).run(&sequences, |(_, events, seen_events)| {
        let counted = events.into_iter().inspect(|_| {
            if let Some(seen) = &seen_events {
                seen.fetch_add(1, Ordering::SeqCst);
            }
        });
        seen.borrow_mut().merge(keep_their_promises(counted));
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    if asked_cases().is_none() {
        seen.borrow().check(cases);
    }
}

fn keep_their_promises(events: impl IntoIterator<Item = ToolEvent>) -> Coverage {
    let (mut simulation, mut expected) = (ToolSimulation::start(), Expectation::default());
    for event in events {
        expected = ToolExpectation::apply(expected, &event);
        simulation.apply(&expected, event);
    }
    simulation.settle_and_check(&expected)
}

#[test]
fn known_counterexamples_no_longer_fail() {
    // A client that was interrupted before the turn waited found nothing to resume.
    keep_their_promises([
        ToolEvent::Turn(Event::Send { client: 0 }),
        ToolEvent::Turn(Event::Wait { millis: 30 }),
        ToolEvent::Ask(vec![(ORDER, 0), (LOOK, 0)]),
        ToolEvent::Turn(Event::Crash),
    ]);
}
