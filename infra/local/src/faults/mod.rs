//! Random fault injection: into the outgoing calls of functions, and into the gateway.

mod answers;
mod plan;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::call::Call;
use crate::crash_points::Moment;
pub use answers::InjectedError;
use plan::Kind;
pub use plan::{FaultsError, Plan};

/// Maximum delay of a call, in milliseconds.
const MAX_DELAY_MILLIS: u64 = 500;

/// How many seconds late a write may arrive: longer than its sender's timeout, and also longer than a lease of the tests.
const LATE_WRITE_SECONDS: std::ops::RangeInclusive<u64> = 2..=6;

/// A model breaks off after fewer deltas than this.
const MAX_DELTAS: u32 = 20;

/// The fault that is injected into a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultDecision {
    /// The delay before anything else.
    pub delay: Duration,
    /// What happens after the delay.
    pub action: FaultAction,
}

/// What happens to a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FaultAction {
    /// It is passed on, and its answer returned.
    #[default]
    Passed,
    /// The function is killed.
    Killed(Moment),
    /// It is not passed on but refused.
    Refused(InjectedError),
    /// It is answered with success, and not passed on.
    Lost,
    /// It gets no answer, whether it is executed or not.
    Unanswered {
        /// Whether it is executed.
        done: bool,
    },
    /// It gets no answer, and is executed after this delay, when its sender has timed out and retried.
    Late(Duration),
    /// The model gets it with this fault, in the syntax of a script.
    Corrupted(Value),
}

impl fmt::Display for FaultAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => formatter.write_str("passed on"),
            Self::Killed(Moment::Before) => formatter.write_str("the function is killed before it"),
            Self::Killed(Moment::After) => formatter.write_str("the function is killed after it"),
            Self::Refused(refusal) => write!(formatter, "refused ({refusal:?})"),
            Self::Lost => formatter.write_str("lost on the way to the client"),
            Self::Unanswered { done: true } => formatter.write_str("done and not answered"),
            Self::Unanswered { done: false } => formatter.write_str("neither done nor answered"),
            Self::Late(delay) => write!(formatter, "not answered, and done {} s later", delay.as_secs()),
            Self::Corrupted(fault) => write!(formatter, "the model goes wrong: {fault}"),
        }
    }
}

/// The active plan. Clones share it.
#[derive(Clone, Debug)]
pub struct Faults {
    plan: Arc<RwLock<Plan>>,
}

impl Faults {
    /// Injects faults by this plan.
    pub fn new(plan: Plan) -> Self {
        Self { plan: Arc::new(RwLock::new(plan)) }
    }

    /// Replaces the plan.
    pub fn set(&self, plan: Plan) {
        *self.plan.write().unwrap_or_else(PoisonError::into_inner) = plan;
    }

    /// Returns a copy of the plan.
    pub fn plan(&self) -> Plan {
        self.plan.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Draws the fault for the `number`-th call of the `environment`-th environment of a function.
    ///
    /// The dice depend on these and the seed alone, so that what other environments do at the same time changes nothing.
    pub fn decide(&self, function: &str, environment: u64, number: u64, call: &Call) -> FaultDecision {
        let plan = self.plan.read().unwrap_or_else(PoisonError::into_inner);
        if plan.is_empty() {
            return FaultDecision::default();
        }
        draw(&plan, &mut dice(plan.seed, function, environment, number), call)
    }

    /// Whether `$disconnect` is not invoked for the `number`-th closed connection.
    pub fn loses_disconnect(&self, number: u64) -> bool {
        let plan = self.plan.read().unwrap_or_else(PoisonError::into_inner);
        dice(plan.seed, "$disconnect", 0, number).f64() < plan.probability(Kind::Disconnect)
    }

    /// The close code if the `number`-th message of clients closes its connection.
    pub fn closes(&self, number: u64) -> Option<u16> {
        let plan = self.plan.read().unwrap_or_else(PoisonError::into_inner);
        let mut dice = dice(plan.seed, "$default", 0, number);
        let codes = [(Kind::Close1008, 1008), (Kind::Close1011, 1011)];
        codes.into_iter().find_map(|(kind, code)| (dice.f64() < plan.probability(kind)).then_some(code))
    }
}

fn dice(seed: u64, function: &str, environment: u64, number: u64) -> Rng {
    // FNV-1a: neighbouring numbers must not throw neighbouring dice.
    let bytes = [seed, environment, number].into_iter().flat_map(u64::to_le_bytes).chain(function.bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    Rng::with_seed(hash)
}

fn draw(plan: &Plan, dice: &mut Rng, call: &Call) -> FaultDecision {
    let mut falls = |kind| dice.f64() < plan.probability(kind);
    let delayed = falls(Kind::Delay);
    let killed = falls(Kind::Kill);
    let first = match call {
        Call::Database(_) => [Kind::Throttle, Kind::Unknown, Kind::Late, Kind::Conflict].as_slice(),
        Call::Post => &[Kind::Post429, Kind::Post410, Kind::Drop, Kind::Unknown],
        Call::Model => &[Kind::Model429, Kind::Model500, Kind::Stall, Kind::Cut, Kind::Garbage],
        Call::Invoke => &[Kind::Unknown],
        Call::Next | Call::Response | Call::Error | Call::Other => &[],
    };
    let kind = if killed { Some(Kind::Kill) } else { first.iter().copied().find(|kind| falls(*kind)) };
    let delay = if delayed { Duration::from_millis(dice.u64(1..=MAX_DELAY_MILLIS)) } else { Duration::ZERO };
    FaultDecision { delay, action: kind.map_or(FaultAction::Passed, |kind| action_of(kind, dice, call)) }
}

fn action_of(kind: Kind, dice: &mut Rng, call: &Call) -> FaultAction {
    match kind {
        // An event that comes much later, when all faults may be over, is not to be lost with its function.
        Kind::Kill if *call == Call::Next => FaultAction::Killed(Moment::Before),
        Kind::Kill => FaultAction::Killed(if dice.bool() { Moment::Before } else { Moment::After }),
        Kind::Post429 => FaultAction::Refused(InjectedError::TooFast),
        Kind::Post410 => FaultAction::Refused(InjectedError::Gone),
        Kind::Drop => FaultAction::Lost,
        Kind::Throttle if dice.bool() => FaultAction::Refused(InjectedError::ThroughputExceeded),
        Kind::Throttle => FaultAction::Refused(InjectedError::Throttled),
        Kind::Unknown => FaultAction::Unanswered { done: dice.bool() },
        Kind::Late if call.is_write() => FaultAction::Late(Duration::from_secs(dice.u64(LATE_WRITE_SECONDS))),
        Kind::Conflict if call.is_write() => FaultAction::Refused(InjectedError::Conflict),
        Kind::Model429 => FaultAction::Corrupted(json!({"status": 429, "retryAfter": dice.u32(0..=1)})),
        Kind::Model500 => FaultAction::Corrupted(json!({"status": 500})),
        Kind::Stall => FaultAction::Corrupted(json!({"stallAfter": dice.u32(0..MAX_DELTAS)})),
        Kind::Cut => FaultAction::Corrupted(json!({"cutAfter": dice.u32(0..MAX_DELTAS)})),
        Kind::Garbage if dice.bool() => FaultAction::Corrupted(json!({"garbage": true})),
        Kind::Garbage => FaultAction::Corrupted(json!({"garbage": "data: {oops\n\n"})),
        // These are injected into other calls only.
        Kind::Late | Kind::Conflict | Kind::Delay | Kind::Disconnect | Kind::Close1008 | Kind::Close1011 => {
            FaultAction::Passed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decisions(plan: &str, call: &Call) -> Vec<FaultDecision> {
        let faults = Faults::new(plan.parse().unwrap());
        (0..1_000).map(|number| faults.decide("F", 0, number, call)).collect()
    }

    #[test]
    fn the_same_seed_injects_the_same_faults_and_another_seed_others() {
        let plan = |seed| format!("kill:0.3,delay:0.3,drop:0.3,seed={seed}");
        assert_eq!(decisions(&plan(7), &Call::Post), decisions(&plan(7), &Call::Post));
        assert_ne!(decisions(&plan(7), &Call::Post), decisions(&plan(8), &Call::Post));
    }

    #[test]
    fn faults_are_about_as_frequent_as_they_are_probable() {
        let lost = decisions("drop:0.1,seed=1", &Call::Post)
            .iter()
            .filter(|decision| decision.action == FaultAction::Lost)
            .count();
        assert!((60..140).contains(&lost), "{lost} of 1000");
    }

    #[test]
    fn a_fault_is_injected_only_into_calls_that_can_have_it() {
        let all = "post429:1,throttle:1,model429:1,late:1,conflict:1,seed=1";
        for call in [Call::Next, Call::Response, Call::Error, Call::Other] {
            assert!(decisions(all, &call).iter().all(|decision| decision.action == FaultAction::Passed), "{call}");
        }
        let read = Call::Database("Query".to_owned());
        assert!(
            decisions("conflict:1,late:1,seed=1", &read).iter().all(|decision| decision.action == FaultAction::Passed)
        );
    }
}
