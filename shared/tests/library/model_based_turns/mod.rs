//! Model-based: random interleavings of what clients, models, functions and networks do to the turns of one conversation,
//! run through the real services on a simulated clock. 2,000 by default, the same each time; `TURN_CASES` sets how many others.
//!
//! The model ([`Expectation`]) knows only what was sent and said. At every step no two replies are being written, and what is
//! stored of one never becomes less. The other promises are checked when everything has settled: every accepted message is stored
//! once, every turn has ended once, whoever sent is answered, and what each client shows is what is stored.

mod simulation;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use simulation::Simulation;

/// Two clients of one user.
pub const CLIENTS: usize = 2;

/// What happens next.
#[derive(Clone, Debug)]
pub enum Event {
    /// A client sends a new message.
    Send { client: usize },
    /// A client sends its last message again, as a new request.
    SendAgain { client: usize },
    /// A client sends its first message again, as a new request, whatever came after it.
    SendFirstAgain { client: usize },
    /// The event of a client's last message is delivered once more.
    Redeliver { client: usize },
    /// A client sends another message with the request id of its last one.
    ReuseRequest { client: usize },
    /// A client sends a new message and stops it at once; the stop is handled first.
    StopEarly { client: usize },
    /// A client resumes.
    Resume { client: usize },
    /// A client stops what its last request started or resumed.
    Stop { client: usize },
    /// A client's socket is lost; it comes back with another.
    Reconnect { client: usize },
    /// The model says another word.
    Word,
    /// The model says so much at once that it is stored in segments.
    Burst,
    /// The next write of a reply is given up by its sender.
    DelayWrite,
    /// The writes that were given up arrive.
    DeliverDelayed,
    /// The model comes to its end.
    Finish,
    /// The model's stream is cut.
    BreakOff,
    /// The next post is refused for the moment, or its outcome is lost.
    PostFails { unknown: bool },
    /// Time passes: posts go out, saves are made, leases run out.
    Wait { millis: u64 },
    /// All functions are killed.
    Crash,
    /// All functions stand still, until they are thawed.
    Freeze,
    /// Those that stood still go on.
    Thaw,
    /// The sweep comes.
    Sweep,
}

/// The model: what was sent.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    /// How many different messages each client has sent.
    pub sent: [usize; CLIENTS],
}

impl ReferenceStateMachine for Expectation {
    type State = Self;
    type Transition = Event;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Event> {
        let client = 0..CLIENTS;
        prop_oneof![
            6 => client.clone().prop_map(|client| Event::Send { client }),
            2 => client.clone().prop_map(|client| Event::SendAgain { client }),
            1 => client.clone().prop_map(|client| Event::SendFirstAgain { client }),
            2 => client.clone().prop_map(|client| Event::Redeliver { client }),
            1 => client.clone().prop_map(|client| Event::ReuseRequest { client }),
            1 => client.clone().prop_map(|client| Event::StopEarly { client }),
            4 => client.clone().prop_map(|client| Event::Resume { client }),
            1 => client.clone().prop_map(|client| Event::Stop { client }),
            2 => client.prop_map(|client| Event::Reconnect { client }),
            10 => Just(Event::Word),
            3 => Just(Event::Burst),
            2 => Just(Event::DelayWrite),
            2 => Just(Event::DeliverDelayed),
            2 => Just(Event::Finish),
            1 => Just(Event::BreakOff),
            2 => any::<bool>().prop_map(|unknown| Event::PostFails { unknown }),
            8 => prop_oneof![Just(30), Just(200), Just(700), Just(3_000), Just(20_000)]
                .prop_map(|millis| Event::Wait { millis }),
            2 => Just(Event::Crash),
            1 => Just(Event::Freeze),
            2 => Just(Event::Thaw),
            2 => Just(Event::Sweep),
        ]
        .boxed()
    }

    fn preconditions(state: &Self, event: &Event) -> bool {
        match event {
            Event::SendAgain { client }
            | Event::SendFirstAgain { client }
            | Event::Redeliver { client }
            | Event::ReuseRequest { client }
            | Event::Stop { client } => state.sent[*client] > 0,
            _ => true,
        }
    }

    fn apply(mut state: Self, event: &Event) -> Self {
        if let Event::Send { client } | Event::StopEarly { client } = event {
            state.sent[*client] += 1;
        }
        state
    }
}

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
fn what_broke_a_promise_once_does_so_no_more() {
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
        // The end was marked as told before those who had followed an earlier owner were.
        &[
            Event::Send { client: 0 },
            Event::Crash,
            long,
            Event::Stop { client: 0 },
            Event::Redeliver { client: 0 },
            Event::Crash,
        ],
        // The request that had started a turn was taken for one that replaces a `resume`, since it was delivered again.
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
