//! Model-based: random interleavings of what clients, models, functions and networks do to the turns of one conversation,
//! run through the real services on a simulated clock. 2,000 by default, the same each time; `TURN_CASES` sets how many others.
//!
//! The model ([`Expectation`]) knows only what was sent and said. At every step no two replies are being written, and what is
//! stored of one never becomes less. The other promises are checked when everything has settled: every accepted message is stored
//! once, every turn has ended once, every request is answered, and what each client shows is what is stored.

mod checks;
mod expectation;
mod simulation;
mod with_tools;

use proptest::test_runner::{Config, RngSeed};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use expectation::{Event, Expectation};
use simulation::Simulation;

struct Turns;

impl StateMachineTest for Turns {
    type SystemUnderTest = Simulation;
    type Reference = Expectation;

    fn init_test(_: &Expectation) -> Simulation {
        Simulation::start()
    }

    fn apply(mut simulation: Simulation, expected: &Expectation, event: Event) -> Simulation {
        simulation.apply(expected, event);
        simulation
    }

    fn teardown(simulation: Simulation, expected: Expectation) {
        simulation.settle_and_check(&expected);
    }
}

#[allow(clippy::disallowed_methods, reason = "a longer run is the caller's choice")]
fn asked_cases() -> Option<u32> {
    std::env::var("TURN_CASES").ok().and_then(|cases| cases.parse().ok())
}

// The same cases in every run of the tests; others in each run that is asked for.
fn config() -> Config {
    let config = Config { failure_persistence: None, ..Config::default() };
    match asked_cases() {
        Some(cases) => Config { cases, ..config },
        None => Config { cases: 2_000, rng_seed: RngSeed::Fixed(7), ..config },
    }
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn turns_keep_their_promises_whatever_happens(sequential 1..40 => Turns);
}

#[test]
fn known_counterexamples_no_longer_fail() {
    let long = Event::Wait { millis: 20_000 };
    let sequences: [&[Event]; 5] = [
        // An end that was given up five times and arrived after all was not counted.
        &[
            Event::DelayWrite,
            Event::DelayWrite,
            Event::DelayWrite,
            Event::Send { client: 0 },
            Event::Finish,
            Event::DelayWrite,
            Event::DelayWrite,
        ],
        // A stop was forgotten with the owner who did not live to see it.
        &[
            Event::DelayWrite,
            Event::StopEarly { client: 1 },
            Event::Crash,
            long.clone(),
            Event::SendAgain { client: 1 },
            Event::Finish,
        ],
        // A function that stood still while it showed a reply again gave up without a word.
        &[
            Event::Send { client: 1 },
            Event::Finish,
            Event::SendAgain { client: 1 },
            Event::Freeze,
            long.clone(),
            long.clone(),
        ],
        // The end was marked as delivered before those who had followed an earlier owner were.
        &[
            Event::Send { client: 0 },
            Event::Crash,
            long,
            Event::Stop { client: 0 },
            Event::Redeliver { client: 0 },
            Event::Crash,
        ],
        // The request that had started a turn was taken for one that replaces a `resume`, since it was redelivered.
        &[
            Event::Send { client: 0 },
            Event::Resume { client: 0 },
            Event::Wait { millis: 200 },
            Event::Redeliver { client: 0 },
            Event::Stop { client: 0 },
            Event::StopEarly { client: 0 },
            Event::Word,
        ],
    ];
    for events in sequences {
        let (mut simulation, mut expected) = (Simulation::start(), Expectation::default());
        for event in events {
            expected = Expectation::apply(expected, event);
            simulation.apply(&expected, event.clone());
        }
        simulation.settle_and_check(&expected);
    }
}
