//! What may happen, how likely it is, and what the model knows of it.

use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

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
    /// The model sends another token.
    Word,
    /// The model sends so much at once that it is stored in segments.
    Burst,
    /// The next write of a reply is delayed.
    DelayWrite,
    /// The delayed writes arrive.
    DeliverDelayed,
    /// The model comes to its end.
    Finish,
    /// The model's stream is cut.
    BreakOff,
    /// The next post is refused for the moment, or its outcome is lost.
    PostFails { unknown: bool },
    /// Time passes: posts go out, saves are made, leases expire.
    Wait { millis: u64 },
    /// All functions are killed.
    Crash,
    /// All functions stand still, until they are thawed.
    Freeze,
    /// Those that stood still go on.
    Thaw,
    /// The sweep runs.
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
