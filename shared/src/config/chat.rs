//! What the functions are told that keep connections and write replies.

use std::collections::BTreeMap;
use std::time::Duration;

use super::choices::{self, AgentConfig};
use super::environment::{ConfigError, Environment, problem};
use crate::conversation::Price;
use crate::llm::TimeLimits;
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
    /// The model.
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

/// Where the model is and how it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelConfig {
    /// The address up to and without `/chat/completions`.
    pub base_url: String,
    /// The models' names there; the first is the default.
    pub models: Vec<String>,
    /// Where its key is.
    pub key: KeyConfig,
    /// How long each phase of a call may take.
    pub limits: TimeLimits,
}

/// Where a model's key is.
#[derive(Clone, PartialEq, Eq)]
pub enum KeyConfig {
    /// The server wants none.
    None,
    /// Here; for development.
    Given(String),
    /// In Secrets Manager, under this ARN or name.
    Secret(String),
}

impl std::fmt::Debug for KeyConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            KeyConfig::None => formatter.write_str("None"),
            KeyConfig::Given(_) => formatter.write_str("Given(…)"),
            KeyConfig::Secret(id) => formatter.debug_tuple("Secret").field(id).finish(),
        }
    }
}

impl ChatConfig {
    /// Reads `TABLE_NAME`, `CONNECTIONS_ENDPOINT`, `OPENAI_BASE_URL`, `OPENAI_MODEL`, `OPENAI_API_KEY`,
    /// `OPENAI_API_KEY_SECRET`, `MODEL_PRICES`, `MODEL_FIRST_TOKEN_SECONDS`, `MODEL_NEXT_TOKEN_SECONDS`, `AGENTS`, `SYSTEM_PROMPT`,
    /// `HISTORY_MESSAGES`, `HISTORY_TOKENS`, `TITLES` and `LEASE_SECONDS`.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let key = match (environment.optional("OPENAI_API_KEY"), environment.optional("OPENAI_API_KEY_SECRET")) {
            (Some(key), _) => KeyConfig::Given(key),
            (None, Some(secret)) => KeyConfig::Secret(secret),
            (None, None) => KeyConfig::None,
        };
        let limits = TimeLimits::default();
        let connections_endpoint = environment
            .address("CONNECTIONS_ENDPOINT")?
            .ok_or_else(|| problem("CONNECTIONS_ENDPOINT", "is missing"))?;
        Ok(Self {
            table: TableConfig::read(environment)?,
            connections_endpoint,
            model: ModelConfig {
                base_url: environment
                    .address("OPENAI_BASE_URL")?
                    .unwrap_or_else(|| "https://api.openai.com/v1".to_owned()),
                models: choices::models(environment)?,
                key,
                limits: TimeLimits {
                    first_token: environment.seconds("MODEL_FIRST_TOKEN_SECONDS", limits.first_token)?,
                    next_token: environment.seconds("MODEL_NEXT_TOKEN_SECONDS", limits.next_token)?,
                    ..limits
                },
            },
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

    #[test]
    fn no_key_shows_in_debug_output() {
        let key = format!("{:?}", KeyConfig::Given("sk-secret".to_owned()));
        assert!(!key.contains("sk-secret"), "{key}");
    }
}
