//! The environment variables, and their errors.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

/// A variable is missing or malformed. The message names it and what is expected, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {variable} {problem}")]
pub struct ConfigError {
    /// Its name.
    pub variable: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

/// The environment of the process, or of a test.
pub struct Environment<'a>(Box<Lookup<'a>>);

type Lookup<'a> = dyn Fn(&str) -> Option<String> + Send + Sync + 'a;

impl<'a> Environment<'a> {
    /// The environment of this process.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn of_process() -> Environment<'static> {
        Environment(Box::new(|name| std::env::var(name).ok()))
    }

    /// An environment of these variables.
    pub fn of(variables: &'a [(&str, &str)]) -> Self {
        Environment(Box::new(move |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }))
    }

    pub(crate) fn optional(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.trim().is_empty())
    }

    pub(crate) fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).ok_or_else(|| problem(name, "is missing"))
    }

    pub(crate) fn optional_number<N: FromStr<Err: Display>>(
        &self,
        name: &'static str,
    ) -> Result<Option<N>, ConfigError> {
        let parse = |value: String| {
            value.trim().parse().map_err(|error| problem(name, format!("must be a whole number: {error}")))
        };
        self.optional(name).map(parse).transpose()
    }

    pub(crate) fn number<N: FromStr<Err: Display>>(&self, name: &'static str, default: N) -> Result<N, ConfigError> {
        Ok(self.optional_number(name)?.unwrap_or(default))
    }

    pub(crate) fn optional_seconds(&self, name: &'static str) -> Result<Option<Duration>, ConfigError> {
        Ok(self.optional_number(name)?.map(Duration::from_secs))
    }

    pub(crate) fn seconds(&self, name: &'static str, default: Duration) -> Result<Duration, ConfigError> {
        Ok(self.optional_seconds(name)?.unwrap_or(default))
    }

    /// An amount of US dollars; `None` if it is 0 or not set.
    pub(crate) fn dollars(&self, name: &'static str) -> Result<Option<f64>, ConfigError> {
        let Some(value) = self.optional(name) else { return Ok(None) };
        match value.trim().parse() {
            Ok(dollars) if f64::is_finite(dollars) && dollars >= 0.0 => {
                Ok(Some(dollars).filter(|dollars| *dollars > 0.0))
            }
            _ => Err(problem(name, "must be an amount of dollars, such as 2.50")),
        }
    }

    pub(crate) fn address(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        match self.optional(name) {
            Some(value) if !value.starts_with("https://") && !value.starts_with("http://") => {
                Err(problem(name, "must begin with https:// or http://"))
            }
            value => Ok(value.map(|value| value.trim_end_matches('/').to_owned())),
        }
    }
}

pub(crate) fn problem(variable: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError { variable, problem: problem.into() }
}
