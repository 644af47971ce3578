//! The providers of models: what each is called, and the variables that configure it.

use std::str::FromStr;

use super::catalog;
use crate::environment::{ConfigError, Environment};

/// A model of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedModel {
    /// Its provider.
    pub provider: Provider,
    /// Its name at the provider.
    pub name: String,
}

/// The provider of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// A server with OpenAI's chat completions.
    OpenAi,
    /// A server with OpenAI's Responses. Most have both protocols at one address, with one key and the same models, so it
    /// is configured by the same variables.
    Responses,
    /// A server with Anthropic's Messages.
    Anthropic,
    /// Amazon Bedrock, in the region of the function and with its role.
    Bedrock,
}

/// A provider's server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// The base URL of its API.
    pub base_url: String,
    /// The source of its key.
    pub key: KeyConfig,
}

/// The source of a provider's API key.
#[derive(Clone, PartialEq, Eq)]
pub enum KeyConfig {
    /// The server requires none.
    None,
    /// Given in the environment; for development.
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

/// What is particular to a provider.
struct Row {
    /// Its name in `MODEL_PROVIDER`, and before the slash in `MODEL_FALLBACKS`.
    name: &'static str,
    /// The variable that names its models.
    models: &'static str,
}

/// The variables of a provider with a server and a key; Bedrock has neither.
pub(super) struct ServerVariables {
    base_url: &'static str,
    default_base_url: &'static str,
    key: &'static str,
    key_secret: &'static str,
}

pub(super) const OPENAI_SERVER: ServerVariables = ServerVariables {
    base_url: "OPENAI_BASE_URL",
    default_base_url: "https://api.openai.com/v1",
    key: "OPENAI_API_KEY",
    key_secret: "OPENAI_API_KEY_SECRET",
};

pub(super) const ANTHROPIC_SERVER: ServerVariables = ServerVariables {
    base_url: "ANTHROPIC_BASE_URL",
    default_base_url: "https://api.anthropic.com",
    key: "ANTHROPIC_API_KEY",
    key_secret: "ANTHROPIC_API_KEY_SECRET",
};

impl Provider {
    const ALL: [Self; 4] = [Self::OpenAi, Self::Responses, Self::Anthropic, Self::Bedrock];

    fn row(self) -> Row {
        match self {
            Self::OpenAi => Row { name: "openai", models: "OPENAI_MODEL" },
            Self::Responses => Row { name: "responses", models: "OPENAI_MODEL" },
            Self::Anthropic => Row { name: "anthropic", models: "ANTHROPIC_MODEL" },
            Self::Bedrock => Row { name: "bedrock", models: "BEDROCK_MODEL" },
        }
    }

    /// The provider with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.row().name == name)
    }

    /// The names of its models from its variable, separated by commas; the first is the default.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub(super) fn models(self, environment: &Environment<'_>) -> Result<Vec<NamedModel>, ConfigError> {
        let names = catalog::models(environment, self.row().models)?;
        Ok(names.into_iter().map(|name| NamedModel { provider: self, name }).collect())
    }
}

impl FromStr for NamedModel {
    type Err = NotAModel;

    // Model names may contain colons and slashes, so only the first slash counts.
    fn from_str(named: &str) -> Result<Self, NotAModel> {
        let (provider, name) = named.split_once('/').ok_or(NotAModel)?;
        let (provider, name) = (Provider::named(provider.trim()).ok_or(NotAModel)?, name.trim().to_owned());
        if name.is_empty() { Err(NotAModel) } else { Ok(Self { provider, name }) }
    }
}

/// Not a model as `provider/model`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not provider/model, the provider being openai, responses, anthropic or bedrock")]
pub struct NotAModel;

impl ServerConfig {
    /// Reads the variables of a provider's server.
    ///
    /// # Errors
    /// Names the variable that is malformed.
    pub(super) fn read(environment: &Environment<'_>, variables: &ServerVariables) -> Result<Self, ConfigError> {
        let base_url = environment.address(variables.base_url)?;
        Ok(Self {
            base_url: base_url.unwrap_or_else(|| variables.default_base_url.to_owned()),
            key: match (environment.optional(variables.key), environment.optional(variables.key_secret)) {
                (Some(key), _) => KeyConfig::Given(key),
                (None, Some(secret)) => KeyConfig::Secret(secret),
                (None, None) => KeyConfig::None,
            },
        })
    }
}
