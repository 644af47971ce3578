//! How probable each fault is, read from a text such as `post429:0.1,kill:0.02,seed=7`.

use std::fmt;
use std::str::FromStr;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The function is killed, before a call is passed on or after it has taken effect.
    Kill,
    /// A call takes up to half a second longer.
    Delay,
    /// A post is refused because posts come too fast.
    Post429,
    /// A post finds its connection gone: the client's socket ends with it.
    Post410,
    /// A post is accepted and never reaches its client.
    Drop,
    /// The database refuses a call because there are too many.
    Throttle,
    /// The database or a post is not answered; the call has taken effect, or it has not.
    Unknown,
    /// A write to the database is given up by its sender, and takes effect some seconds later.
    Late,
    /// A write meets a transaction that is under way.
    Conflict,
    /// The model answers 429.
    Model429,
    /// The model answers 500.
    Model500,
    /// The model falls silent in the middle.
    Stall,
    /// The model's stream ends in the middle.
    Cut,
    /// The model sends what no client understands.
    Garbage,
    /// `$disconnect` is not invoked.
    Disconnect,
    /// A client's message ends its connection with 1008, a violated policy.
    Close1008,
    /// A client's message ends its connection with 1011, an internal error.
    Close1011,
}

impl Kind {
    /// All kinds with their names.
    const ALL: [(Self, &'static str); 17] = [
        (Self::Kill, "kill"),
        (Self::Delay, "delay"),
        (Self::Post429, "post429"),
        (Self::Post410, "post410"),
        (Self::Drop, "drop"),
        (Self::Throttle, "throttle"),
        (Self::Unknown, "unknown"),
        (Self::Late, "late"),
        (Self::Conflict, "conflict"),
        (Self::Model429, "model429"),
        (Self::Model500, "model500"),
        (Self::Stall, "stall"),
        (Self::Cut, "cut"),
        (Self::Garbage, "garbage"),
        (Self::Disconnect, "disconnect"),
        (Self::Close1008, "close1008"),
        (Self::Close1011, "close1011"),
    ];
}

/// Why a text is not a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultsError {
    /// There is no such fault.
    #[error("Faults: there is none named \"{0}\". There are {names}, and seed.", names = names())]
    UnknownName(String),
    /// A name stands alone.
    #[error("Faults: \"{0}\" has no value. Write for example {0}:0.05.")]
    NoValue(String),
    /// It is not a probability.
    #[error("Faults: {name} needs a probability from 0 to 1, not \"{value}\".")]
    Probability {
        /// Of which fault.
        name: String,
        /// What stands there.
        value: String,
    },
    /// It is not a seed.
    #[error("Faults: the seed is a whole number from 0 to 18446744073709551615, not \"{0}\".")]
    Seed(String),
    /// It is there twice.
    #[error("Faults: {0} is there twice.")]
    Twice(String),
    /// The functions are not in reach.
    #[error("Faults can be injected only into functions that run in this stack, not into those at another endpoint.")]
    Elsewhere,
}

fn names() -> String {
    Kind::ALL.map(|(_, name)| name).join(", ")
}

/// The probability of each fault, and the seed of the dice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    probabilities: Vec<(Kind, f64)>,
    /// The same seed throws the same dice.
    pub seed: u64,
}

impl Plan {
    /// Whether nothing goes wrong.
    pub fn is_empty(&self) -> bool {
        self.probabilities.iter().all(|(_, probability)| *probability == 0.0)
    }

    /// The probability of a fault in each call that can have it.
    pub fn probability(&self, kind: Kind) -> f64 {
        self.probabilities.iter().find(|(other, _)| *other == kind).map_or(0.0, |(_, probability)| *probability)
    }
}

impl FromStr for Plan {
    type Err = FaultsError;

    /// Reads a text; without a seed it has a random one.
    fn from_str(text: &str) -> Result<Self, FaultsError> {
        let mut seed = None;
        let mut probabilities: Vec<(Kind, f64)> = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (name, value) = entry.split_once([':', '=']).ok_or_else(|| FaultsError::NoValue(entry.to_owned()))?;
            let (name, value) = (name.trim(), value.trim());
            if name == "seed" {
                let given = value.parse().map_err(|_| FaultsError::Seed(value.to_owned()))?;
                if seed.replace(given).is_some() {
                    return Err(FaultsError::Twice(name.to_owned()));
                }
                continue;
            }
            let (kind, _) = Kind::ALL
                .into_iter()
                .find(|(_, known)| *known == name)
                .ok_or_else(|| FaultsError::UnknownName(name.to_owned()))?;
            let probability = value
                .parse()
                .ok()
                .filter(|probability| (0.0..=1.0).contains(probability))
                .ok_or_else(|| FaultsError::Probability { name: name.to_owned(), value: value.to_owned() })?;
            if probabilities.iter().any(|(other, _)| *other == kind) {
                return Err(FaultsError::Twice(name.to_owned()));
            }
            probabilities.push((kind, probability));
        }
        Ok(Self { probabilities, seed: seed.unwrap_or_else(|| fastrand::u64(..)) })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, name) in Kind::ALL {
            let probability = self.probability(kind);
            if probability > 0.0 {
                write!(formatter, "{name}:{probability},")?;
            }
        }
        write!(formatter, "seed={}", self.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_and_written() {
        let plan: Plan = " kill:0.02, post429=0.1 ,seed=7,".parse().unwrap();
        assert_eq!((plan.probability(Kind::Kill), plan.probability(Kind::Cut), plan.seed), (0.02, 0.0, 7));
        assert_eq!(plan.to_string(), "kill:0.02,post429:0.1,seed=7");
        assert_eq!(plan.to_string().parse(), Ok(plan));
    }

    #[test]
    fn nothing_goes_wrong_without_a_probability() {
        for text in ["", "seed=7", "kill:0,delay:0.0"] {
            assert!(text.parse::<Plan>().unwrap().is_empty(), "{text}");
        }
    }

    #[test]
    fn a_mistake_is_answered_with_a_sentence() {
        for (text, sentence) in [
            ("post42:0.1", "Faults: there is none named \"post42\". There are kill, delay, post429"),
            ("kill", "Faults: \"kill\" has no value. Write for example kill:0.05."),
            ("kill:often", "Faults: kill needs a probability from 0 to 1, not \"often\"."),
            ("kill:1.5", "Faults: kill needs a probability from 0 to 1, not \"1.5\"."),
            ("kill:NaN", "Faults: kill needs a probability"),
            ("kill:-0.1", "Faults: kill needs a probability"),
            ("seed=x", "Faults: the seed is a whole number"),
            ("kill:0.1,kill:0.2", "Faults: kill is there twice."),
        ] {
            let error = text.parse::<Plan>().unwrap_err().to_string();
            assert!(error.starts_with(sentence), "{text}: {error}");
        }
    }
}
