//! The configuration of the functions that store connections and write replies.

use std::collections::BTreeMap;
use std::time::Duration;

use super::agents::AgentsConfig;
use super::catalog;
use super::limits;
use super::model::ModelConfig;
use super::provider::NamedModel;
use crate::allowance::UsageLimits;
use crate::conversation::Price;
use crate::environment::{ConfigError, Environment, problem};

/// The configuration of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableConfig {
    /// The table's name.
    pub table: String,
}

impl TableConfig {
    /// Reads `TABLE_NAME`.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self { table: environment.required("TABLE_NAME")? })
    }
}

/// The configuration of `connect`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectConfig {
    /// The table.
    pub table: TableConfig,
    /// The stage's endpoint, for checking which connections are open.
    pub connections_endpoint: String,
    /// How many connections a user may have open; `None` means unlimited.
    pub connections_per_user: Option<usize>,
}

impl ConnectConfig {
    /// Reads `TABLE_NAME`, `CONNECTIONS_ENDPOINT` and `CONNECTIONS_PER_USER`.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            table: TableConfig::read(environment)?,
            connections_endpoint: connections_endpoint(environment)?,
            connections_per_user: limits::connections_per_user(environment)?,
        })
    }
}

fn connections_endpoint(environment: &Environment<'_>) -> Result<String, ConfigError> {
    environment.address("CONNECTIONS_ENDPOINT")?.ok_or_else(|| problem("CONNECTIONS_ENDPOINT", "is missing"))
}

/// The configuration of `message` and `sweep`.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatConfig {
    /// The table.
    pub table: TableConfig,
    /// The stage's endpoint, to which replies are posted.
    pub connections_endpoint: String,
    /// The models.
    pub model: ModelConfig,
    /// Where the agents come from.
    pub agents: AgentsConfig,
    /// The prices of models, by name.
    pub prices: BTreeMap<String, Price>,
    /// The usage limits.
    pub limits: UsageLimits,
    /// How many frames per second a connection may send without waiting for answers; `None` means unlimited.
    pub frames_per_second: Option<u64>,
    /// The most messages of the past that a model is shown.
    pub history_messages: usize,
    /// The most tokens of them, by estimate.
    pub history_tokens: usize,
    /// Whether the model names conversations. If not, they are called by their first words.
    pub model_writes_titles: bool,
    /// How long the owner of a turn may go without a save.
    pub lease_time: Duration,
}

impl ChatConfig {
    /// Reads `TABLE_NAME`, `CONNECTIONS_ENDPOINT`, `MODEL_PRICES`, `AGENTS_DIRECTORY`, `AGENTS`, `SYSTEM_PROMPT`, `HISTORY_MESSAGES`, `HISTORY_TOKENS`,
    /// `TITLES`, `TOOLS_FILE`, `LEASE_SECONDS`, `FRAMES_PER_SECOND`, the limits of users, and what [`ModelConfig::read`] reads.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed. A limit in dollars needs a price of every model.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let connections_endpoint = connections_endpoint(environment)?;
        let model = ModelConfig::read(environment)?;
        let prices = catalog::prices(environment)?;
        let limits = limits::usage_limits(environment)?;
        let is_priced = |model: &NamedModel| prices.contains_key(&model.name);
        let counts_dollars = limits.daily_dollars.or(limits.daily_spend_cap).is_some();
        if counts_dollars && !model.models.iter().chain(&model.fallbacks).all(is_priced) {
            return Err(problem(
                "MODEL_PRICES",
                "must price every model, since DAILY_DOLLARS or DAILY_SPEND_CAP is set",
            ));
        }
        Ok(Self {
            table: TableConfig::read(environment)?,
            connections_endpoint,
            model,
            agents: AgentsConfig::read(environment)?,
            prices,
            limits,
            frames_per_second: limits::frames_per_second(environment)?,
            history_messages: environment.number("HISTORY_MESSAGES", 40)?,
            history_tokens: environment.number("HISTORY_TOKENS", 8000)?,
            model_writes_titles: match environment.optional("TITLES").as_deref() {
                None | Some("model") => true,
                Some("words") => false,
                Some(_) => return Err(problem("TITLES", "must be model or words")),
            },
            lease_time: environment.seconds("LEASE_SECONDS", Duration::from_secs(15))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_empty_variable_is_named() {
        let error = TableConfig::read(&Environment::of(&[("TABLE_NAME", " ")])).unwrap_err();
        assert_eq!(error.to_string(), "the environment variable TABLE_NAME is missing");
    }

    #[test]
    fn a_limit_in_dollars_needs_a_price_of_every_model() {
        let read = |prices: &str, limit: &str| {
            let environment = [
                ("TABLE_NAME", "natter"),
                ("CONNECTIONS_ENDPOINT", "http://127.0.0.1:8787/local"),
                ("OPENAI_MODEL", "gpt"),
                ("MODEL_FALLBACKS", "anthropic/claude"),
                ("MODEL_PRICES", prices),
                (limit, "10"),
            ];
            ChatConfig::read(&Environment::of(&environment)).map(drop).map_err(|error| error.variable)
        };
        for limit in ["DAILY_DOLLARS", "DAILY_SPEND_CAP"] {
            assert_eq!(read("", limit), Err("MODEL_PRICES"));
            assert_eq!(read("gpt=1/2", limit), Err("MODEL_PRICES"));
            assert_eq!(read("gpt=1/2,claude=3/4", limit), Ok(()));
        }
        assert_eq!(read("", "DAILY_TOKENS"), Ok(()));
    }

    #[test]
    fn a_malformed_variable_is_named_and_not_quoted() {
        let environment = [
            ("TABLE_NAME", "natter"),
            ("CONNECTIONS_ENDPOINT", "http://127.0.0.1:8787/local"),
            ("OPENAI_MODEL", "gpt"),
            ("HISTORY_MESSAGES", "many"),
        ];
        let error = ChatConfig::read(&Environment::of(&environment)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the environment variable HISTORY_MESSAGES must be a whole number: invalid digit found in string"
        );
    }
}
