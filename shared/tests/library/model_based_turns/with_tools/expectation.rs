//! What may happen to turns with tools, and how likely it is.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest_state_machine::ReferenceStateMachine;

use super::super::expectation::{CLIENTS, Event, Expectation};
use super::workshop::{BOOK, FLY, LOOK, ORDER, PAY, SELL, SHOW, Work};

/// A call that the model asks for.
pub type Call = (&'static str, u8);

/// What happens next.
#[derive(Clone, Debug)]
pub enum ToolEvent {
    /// What happens to turns without tools, too.
    Turn(Event),
    /// The model says something, asks for calls, and ends its step.
    Ask(Vec<Call>),
    /// The model asks for a call, and goes on.
    Call(Call),
    /// The model asks for a call whose arguments are no JSON.
    Garble,
    /// The model is cut off by its limit of tokens.
    Cut,
    /// A call ends that a tool has begun.
    Work { is_newest: bool, work: Work },
    /// A client answers calls of the last reply.
    Answer { client: usize, choice: Choice },
    /// A client sends its last answer again, as a new request.
    AnswerAgain { client: usize },
    /// The event of a client's last answer is delivered once more.
    RedeliverAnswer { client: usize },
    /// A client answers a call that there is not.
    AnswerNothing { client: usize },
    /// Another user answers.
    Stranger,
    /// Saves take so long from now on.
    SlowSaves { millis: u64 },
    /// All functions are killed, their leases expire, and the turn is found by the sweep, or by a client that resumes.
    Rescue { by: Option<usize> },
    /// Days pass.
    Days(u64),
}

/// What a client answers.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    pub which: Which,
    pub approves: bool,
    /// The tools are allowed in the whole conversation.
    pub always: bool,
}

/// Which calls are answered.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// All that this client or another may have answered, before or now: what a page knows of.
    All,
    First,
    Last,
}

/// The same model: what was sent.
pub struct ToolExpectation;

impl ReferenceStateMachine for ToolExpectation {
    type State = Expectation;
    type Transition = ToolEvent;

    fn init_state() -> BoxedStrategy<Expectation> {
        Expectation::init_state()
    }

    fn transitions(state: &Expectation) -> BoxedStrategy<ToolEvent> {
        let client = 0..CLIENTS;
        let tool = || select(&[LOOK, PAY, PAY, ORDER, ORDER, BOOK, SELL, SHOW, SHOW, FLY][..]);
        let call = move || (tool(), 0..4_u8);
        let which = select(&[Which::All, Which::All, Which::First, Which::Last][..]);
        let choice = (which, prop::bool::weighted(0.75), prop::bool::weighted(0.15))
            .prop_map(|(which, approves, always)| Choice { which, approves, always });
        let work = select(&[Work::Done, Work::Done, Work::Failed, Work::BrokenOff][..]);
        prop_oneof![
            50 => Expectation::transitions(state).prop_map(ToolEvent::Turn),
            14 => vec(call(), 0..4).prop_map(ToolEvent::Ask),
            2 => call().prop_map(ToolEvent::Call),
            1 => Just(ToolEvent::Garble),
            1 => Just(ToolEvent::Cut),
            10 => (any::<bool>(), work).prop_map(|(is_newest, work)| ToolEvent::Work { is_newest, work }),
            12 => (client.clone(), choice).prop_map(|(client, choice)| ToolEvent::Answer { client, choice }),
            3 => client.clone().prop_map(|client| ToolEvent::AnswerAgain { client }),
            1 => client.clone().prop_map(|client| ToolEvent::RedeliverAnswer { client }),
            1 => client.clone().prop_map(|client| ToolEvent::AnswerNothing { client }),
            5 => prop::option::of(client).prop_map(|by| ToolEvent::Rescue { by }),
            1 => Just(ToolEvent::Stranger),
            3 => select(&[0, 5, 40, 3_000, 15_000][..]).prop_map(|millis| ToolEvent::SlowSaves { millis }),
            1 => select(&[1, 8][..]).prop_map(ToolEvent::Days),
        ]
        .boxed()
    }

    fn preconditions(state: &Expectation, event: &ToolEvent) -> bool {
        match event {
            ToolEvent::Turn(event) => Expectation::preconditions(state, event),
            _ => true,
        }
    }

    fn apply(state: Expectation, event: &ToolEvent) -> Expectation {
        match event {
            ToolEvent::Turn(event) => Expectation::apply(state, event),
            _ => state,
        }
    }
}
