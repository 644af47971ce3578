//! What a fact is.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::api::Api;
use crate::platform::Stage;

/// Something that the platforms do. It is examined by a function that panics if it is not so.
#[derive(Clone, Copy, Debug)]
pub struct Fact {
    /// The part of the platform that it is about.
    pub subject: &'static str,
    /// The sentence, with `_` between words.
    pub sentence: &'static str,
    /// How it is known.
    pub source: Source,
    /// Of which API.
    pub api: Api,
    /// What it takes to examine it on AWS.
    pub on_aws: OnAws,
    /// Examines it.
    pub examine: fn(Stage) -> Examination,
}

/// An examination under way.
pub type Examination = Pin<Box<dyn Future<Output = ()>>>;

/// How a fact is known. A run on AWS is what turns the other two into `D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Documented by AWS, or in a model of its SDKs.
    D,
    /// Reported by users, or seen in captures.
    R,
    /// Inferred.
    I,
}

/// What it takes to examine a fact on AWS.
#[derive(Clone, Copy, Debug)]
pub enum OnAws {
    /// Nothing.
    Quick,
    /// Real time: so much of it that it is only spent when asked for.
    Slow(&'static str),
}

impl Fact {
    /// The name of its test.
    pub fn name(&self) -> String {
        format!("{}::{}", self.subject, self.sentence)
    }

    /// Why it is not examined on AWS in this run, if it is not.
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

/// Declares the facts of a module: the source and the name of each, which is that of the function that examines it.
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

/// What stands behind the last colon of a path.
pub const fn last_word(path: &'static str) -> &'static str {
    let mut at = path.len();
    while at > 0 && path.as_bytes()[at - 1] != b':' {
        at -= 1;
    }
    path.split_at(at).1
}
