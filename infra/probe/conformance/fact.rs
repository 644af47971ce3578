//! Facts, and how they are declared.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::api::Api;
use crate::platform::Stage;

/// A behaviour of the platforms, verified by a function that panics if it does not hold.
#[derive(Clone, Copy, Debug)]
pub struct Fact {
    /// The part of the platform.
    pub subject: &'static str,
    /// Its sentence, with `_` between words.
    pub sentence: &'static str,
    /// Its source.
    pub source: Source,
    /// The API that it is verified on.
    pub api: Api,
    /// What verifying it on AWS requires.
    pub on_aws: OnAws,
    /// Verifies it.
    pub examine: fn(Stage) -> Examination,
}

/// A running verification.
pub type Examination = Pin<Box<dyn Future<Output = ()>>>;

/// The source of a fact. A run on AWS turns the other two into `D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Documented by AWS, or in an SDK's service model.
    D,
    /// Reported by users, or seen in captured traffic.
    R,
    /// Inferred.
    I,
}

/// What verifying a fact on AWS requires.
#[derive(Clone, Copy, Debug)]
pub enum OnAws {
    /// Nothing.
    Quick,
    /// Minutes or hours of real time, so only on request (`PROBE_SLOW=1`).
    Slow(&'static str),
}

impl Fact {
    /// The name of its test.
    pub fn name(&self) -> String {
        format!("{}::{}", self.subject, self.sentence)
    }

    /// Why it is skipped on AWS in this run, if it is.
    pub fn reason_not_to_run(&self, slow: bool) -> Option<String> {
        match self.on_aws {
            OnAws::Slow(time) if !slow => Some(format!("takes {time}; set PROBE_SLOW=1")),
            OnAws::Slow(_) | OnAws::Quick => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

/// Declares the facts of a module: the source and name of each; the function of that name verifies it.
macro_rules! facts {
    ($api:ident: $($source:ident $sentence:ident $(takes $time:literal)?;)*) => {
        pub const FACTS: &[crate::fact::Fact] = &[$(crate::fact::Fact {
            subject: crate::fact::last_word(module_path!()),
            sentence: stringify!($sentence),
            source: crate::fact::Source::$source,
            api: crate::api::Api::$api,
            on_aws: crate::fact::facts!(@on_aws $($time)?),
            examine: |stage| Box::pin($sentence(stage)),
        }),*];
    };
    (@on_aws) => { crate::fact::OnAws::Quick };
    (@on_aws $time:literal) => { crate::fact::OnAws::Slow($time) };
}
pub(crate) use facts;

/// The last segment of a path.
pub const fn last_word(path: &'static str) -> &'static str {
    let mut at = path.len();
    while at > 0 && path.as_bytes()[at - 1] != b':' {
        at -= 1;
    }
    path.split_at(at).1
}
