//! What the functions are told that keep connections and write replies.

use std::collections::BTreeMap;
use std::time::Duration;

use super::choices::{self, AgentConfig};
use super::environment::{ConfigError, Environment, problem};
use super::model::ModelConfig;
use crate::conversation::Price;
use crate::services::MemoryLimits;

/// What `connect` and `disconnect` need.
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

/// What `message` and `sweep` need.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatConfig {
    /// The table.
    pub table: TableConfig,
    /// The stage's address, to which replies are posted.
    pub connections_endpoint: String,
    /// The models.
    pub model: ModelConfig,
    /// The agents; the first is the default.
    pub agents: Vec<AgentConfig>,
    /// What models cost, by name.
    pub prices: BTreeMap<String, Price>,
    /// How much of the past it is shown.
    pub memory: MemoryLimits,
    /// Whether the model names conversations. If not, they are called by their first words.
    pub model_writes_titles: bool,
    /// How long the owner of a turn may be silent.
    pub lease_time: Duration,
}

impl ChatConfig {
    /// Reads `TABLE_NAME`, `CONNECTIONS_ENDPOINT`, `MODEL_PRICES`, `AGENTS`, `SYSTEM_PROMPT`, `HISTORY_MESSAGES`, `HISTORY_TOKENS`,
    /// `TITLES`, `LEASE_SECONDS`, and what [`ModelConfig::read`] reads.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let connections_endpoint = environment
            .address("CONNECTIONS_ENDPOINT")?
            .ok_or_else(|| problem("CONNECTIONS_ENDPOINT", "is missing"))?;
        Ok(Self {
            table: TableConfig::read(environment)?,
            connections_endpoint,
            model: ModelConfig::read(environment)?,
            agents: choices::agents(environment)?,
            prices: choices::prices(environment)?,
            memory: MemoryLimits {
                messages: environment.number("HISTORY_MESSAGES", 40)?,
                tokens: environment.number("HISTORY_TOKENS", 8000)?,
            },
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
    fn what_is_missing_or_empty_is_named() {
        let error = TableConfig::read(&Environment::of(&[("TABLE_NAME", " ")])).unwrap_err();
        assert_eq!(error.to_string(), "the environment variable TABLE_NAME is missing");
    }

    #[test]
    fn what_is_malformed_is_named_and_not_quoted() {
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
