//! Faults by chance: what befalls a call of a function on its way out, and what the gateway does by itself.

mod answers;
mod plan;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::call::Call;
use crate::crash_points::Moment;
pub use answers::Refusal;
use plan::Kind;
pub use plan::{FaultsError, Plan};

/// The longest that a call is held back, in milliseconds.
const LONGEST_DELAY: u64 = 500;

/// How many seconds late a write may be: longer than its sender waits, and also longer than a lease of the tests.
const LATEST: std::ops::RangeInclusive<u64> = 2..=6;

/// A model breaks off after fewer deltas than this.
const MOST_DELTAS: u32 = 20;

/// What befalls a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fate {
    /// How long it is held back first.
    pub delay: Duration,
    /// What becomes of it then.
    pub outcome: Outcome,
}

/// What becomes of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Outcome {
    /// It is passed on, and its answer returned.
    #[default]
    Passed,
    /// The function is killed.
    Killed(Moment),
    /// It is not passed on but refused.
    Refused(Refusal),
    /// It is answered as if all were well, and not passed on.
    Lost,
    /// No answer comes. What it asks for is done, or is not.
    Unanswered {
        /// Whether it is done.
        done: bool,
    },
    /// No answer comes, and what it asks for is done so much later: after its sender has given it up and sent it again.
    Late(Duration),
    /// The model gets it with this fault, in the words of a script.
    Corrupted(Value),
}

impl fmt::Display for Outcome {
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

/// The plan that is in force. Clones share it.
#[derive(Clone, Debug)]
pub struct Faults {
    plan: Arc<RwLock<Plan>>,
}

impl Faults {
    /// Faults by this plan.
    pub fn new(plan: Plan) -> Self {
        Self { plan: Arc::new(RwLock::new(plan)) }
    }

    /// Puts another plan in force.
    pub fn set(&self, plan: Plan) {
        *self.plan.write().unwrap_or_else(PoisonError::into_inner) = plan;
    }

    /// The plan.
    pub fn plan(&self) -> Plan {
        self.plan.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What befalls the `number`-th call of the `environment`-th environment of a function.
    ///
    /// The dice depend on these and the seed alone, so that what other environments do at the same time changes nothing.
    pub fn fate(&self, function: &str, environment: u64, number: u64, call: &Call) -> Fate {
        let plan = self.plan.read().unwrap_or_else(PoisonError::into_inner);
        if plan.is_empty() {
            return Fate::default();
        }
        draw(&plan, &mut dice(plan.seed, function, environment, number), call)
    }

    /// Whether the `number`-th end of a connection is not told to `$disconnect`.
    pub fn loses_disconnect(&self, number: u64) -> bool {
        let plan = self.plan.read().unwrap_or_else(PoisonError::into_inner);
        dice(plan.seed, "$disconnect", 0, number).f64() < plan.probability(Kind::Disconnect)
    }

    /// The code with which the `number`-th message of clients ends its connection, if it does.
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

fn draw(plan: &Plan, dice: &mut Rng, call: &Call) -> Fate {
    let mut falls = |kind| dice.f64() < plan.probability(kind);
    let delayed = falls(Kind::Delay);
    let killed = falls(Kind::Kill);
    let first = match call {
        Call::Database(_) => [Kind::Throttle, Kind::Unknown, Kind::Late, Kind::Conflict].as_slice(),
        Call::Post => &[Kind::Post429, Kind::Post410, Kind::Drop, Kind::Unknown],
        Call::Model => &[Kind::Model429, Kind::Model500, Kind::Stall, Kind::Cut, Kind::Garbage],
        Call::Next | Call::Response | Call::Error | Call::Other => &[],
    };
    let kind = if killed { Some(Kind::Kill) } else { first.iter().copied().find(|kind| falls(*kind)) };
    let delay = if delayed { Duration::from_millis(dice.u64(1..=LONGEST_DELAY)) } else { Duration::ZERO };
    Fate { delay, outcome: kind.map_or(Outcome::Passed, |kind| outcome(kind, dice, call)) }
}

fn outcome(kind: Kind, dice: &mut Rng, call: &Call) -> Outcome {
    match kind {
        // An event that comes much later, when all faults may be over, is not to be lost with its function.
        Kind::Kill if *call == Call::Next => Outcome::Killed(Moment::Before),
        Kind::Kill => Outcome::Killed(if dice.bool() { Moment::Before } else { Moment::After }),
        Kind::Post429 => Outcome::Refused(Refusal::TooFast),
        Kind::Post410 => Outcome::Refused(Refusal::Gone),
        Kind::Drop => Outcome::Lost,
        Kind::Throttle if dice.bool() => Outcome::Refused(Refusal::ThroughputExceeded),
        Kind::Throttle => Outcome::Refused(Refusal::Throttled),
        Kind::Unknown => Outcome::Unanswered { done: dice.bool() },
        Kind::Late if call.is_write() => Outcome::Late(Duration::from_secs(dice.u64(LATEST))),
        Kind::Conflict if call.is_write() => Outcome::Refused(Refusal::Conflict),
        Kind::Model429 => Outcome::Corrupted(json!({"status": 429, "retryAfter": dice.u32(0..=1)})),
        Kind::Model500 => Outcome::Corrupted(json!({"status": 500})),
        Kind::Stall => Outcome::Corrupted(json!({"stallAfter": dice.u32(0..MOST_DELTAS)})),
        Kind::Cut => Outcome::Corrupted(json!({"cutAfter": dice.u32(0..MOST_DELTAS)})),
        Kind::Garbage if dice.bool() => Outcome::Corrupted(json!({"garbage": true})),
        Kind::Garbage => Outcome::Corrupted(json!({"garbage": "data: {oops\n\n"})),
        // What befalls other calls only.
        Kind::Late | Kind::Conflict | Kind::Delay | Kind::Disconnect | Kind::Close1008 | Kind::Close1011 => {
            Outcome::Passed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(plan: &str, call: &Call) -> Vec<Fate> {
        let faults = Faults::new(plan.parse().unwrap());
        (0..1_000).map(|number| faults.fate("F", 0, number, call)).collect()
    }

    #[test]
    fn the_same_seed_brings_the_same_fates_and_another_one_others() {
        let plan = |seed| format!("kill:0.3,delay:0.3,drop:0.3,seed={seed}");
        assert_eq!(fates(&plan(7), &Call::Post), fates(&plan(7), &Call::Post));
        assert_ne!(fates(&plan(7), &Call::Post), fates(&plan(8), &Call::Post));
    }

    #[test]
    fn faults_are_about_as_frequent_as_they_are_probable() {
        let lost = fates("drop:0.1,seed=1", &Call::Post).iter().filter(|fate| fate.outcome == Outcome::Lost).count();
        assert!((60..140).contains(&lost), "{lost} of 1000");
    }

    #[test]
    fn a_fault_befalls_only_calls_that_it_can() {
        let all = "post429:1,throttle:1,model429:1,late:1,conflict:1,seed=1";
        for call in [Call::Next, Call::Response, Call::Error, Call::Other] {
            assert!(fates(all, &call).iter().all(|fate| fate.outcome == Outcome::Passed), "{call}");
        }
        let read = Call::Database("Query".to_owned());
        assert!(fates("conflict:1,late:1,seed=1", &read).iter().all(|fate| fate.outcome == Outcome::Passed));
    }
}
