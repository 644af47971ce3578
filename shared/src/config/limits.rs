//! The configuration of limits.

use crate::allowance::UsageLimits;
use crate::environment::{ConfigError, Environment};

/// Reads `MESSAGES_PER_MINUTE`, `CONCURRENT_TURNS`, `DAILY_MESSAGES`, `DAILY_TOKENS`, `DAILY_DOLLARS` and
/// `DAILY_SPEND_CAP`. What is 0 or unset is unlimited.
pub(super) fn usage_limits(environment: &Environment<'_>) -> Result<UsageLimits, ConfigError> {
    Ok(UsageLimits {
        messages_per_minute: count(environment, "MESSAGES_PER_MINUTE")?,
        concurrent_turns: count(environment, "CONCURRENT_TURNS")?,
        daily_messages: count(environment, "DAILY_MESSAGES")?,
        daily_tokens: count(environment, "DAILY_TOKENS")?,
        daily_dollars: environment.dollars("DAILY_DOLLARS")?,
        daily_spend_cap: environment.dollars("DAILY_SPEND_CAP")?,
    })
}

/// Reads `CONNECTIONS_PER_USER`: how many connections a user may have open.
pub(super) fn connections_per_user(environment: &Environment<'_>) -> Result<Option<usize>, ConfigError> {
    Ok(Some(environment.number("CONNECTIONS_PER_USER", 0)?).filter(|most| *most > 0))
}

/// Reads `FRAMES_PER_SECOND`: how many frames a connection may send that does not wait for answers. A page that is
/// loaded sends about five at once.
pub(super) fn frames_per_second(environment: &Environment<'_>) -> Result<Option<u64>, ConfigError> {
    count(environment, "FRAMES_PER_SECOND")
}

fn count(environment: &Environment<'_>, name: &'static str) -> Result<Option<u64>, ConfigError> {
    Ok(Some(environment.number(name, 0)?).filter(|most| *most > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_0_or_an_absent_one_means_unlimited() {
        let read = |given: &[(&str, &str)]| usage_limits(&Environment::of(given)).unwrap();
        assert!(!read(&[]).exist());
        assert!(!read(&[("MESSAGES_PER_MINUTE", "0"), ("DAILY_TOKENS", ""), ("DAILY_SPEND_CAP", "0.00")]).exist());
        let limits = read(&[("CONCURRENT_TURNS", "4"), ("DAILY_DOLLARS", "0.50")]);
        assert_eq!((limits.concurrent_turns, limits.daily_dollars), (Some(4), Some(0.5)));
    }

    #[test]
    fn a_malformed_variable_is_named() {
        for (name, value) in [("MESSAGES_PER_MINUTE", "-1"), ("DAILY_DOLLARS", "$5"), ("DAILY_SPEND_CAP", "inf")] {
            let error = usage_limits(&Environment::of(&[(name, value)])).unwrap_err();
            assert!(error.to_string().contains(name) && !error.to_string().contains(value), "{error}");
        }
    }
}
