//! The configuration of the models.

use std::time::Duration;

use super::catalog;
use crate::environment::{ConfigError, Environment, problem};
use crate::llm::CallLimits;

/// The default token limit of a reply if the provider requires one. Claude's models support it since 3.5.
const MAX_TOKENS: u32 = 8192;

/// Models that are known to reason for minutes before their first token; the default.
const REASONING_MODELS: &str = "o1*,o3*,o4*,gpt-5*,*deepseek-r*,*reason*,*think*,*qwq*,magistral*";

/// The models, and how they are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelConfig {
    /// The models that may be chosen; the first is the default.
    pub models: Vec<NamedModel>,
    /// The fallbacks for when the chosen model fails before its first token, in order.
    pub fallbacks: Vec<NamedModel>,
    /// Servers with OpenAI's chat completions.
    pub openai: ServerConfig,
    /// Servers with Anthropic's Messages.
    pub anthropic: ServerConfig,
    /// The token limit of a reply, if there is one.
    pub max_tokens: Option<u32>,
    /// The limits of each call.
    pub limits: CallLimits,
    /// Name patterns of models that may reason for long before their first token.
    pub reasoning_models: Vec<String>,
    /// Their limit for the first token.
    pub reasoning_first_token: Duration,
    /// Whether users get to read why a model failed.
    pub explains_failures: bool,
    /// Whether the invocation's trace is sent to model servers.
    pub traces_calls: bool,
}

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

impl Provider {
    /// The provider with this name in `MODEL_PROVIDER` and `MODEL_FALLBACKS`.
    fn named(name: &str) -> Option<Self> {
        match name {
            "openai" => Some(Provider::OpenAi),
            "anthropic" => Some(Provider::Anthropic),
            "bedrock" => Some(Provider::Bedrock),
            _ => None,
        }
    }

    /// The variable that names its models.
    fn model_variable(self) -> &'static str {
        match self {
            Provider::OpenAi => "OPENAI_MODEL",
            Provider::Anthropic => "ANTHROPIC_MODEL",
            Provider::Bedrock => "BEDROCK_MODEL",
        }
    }
}

impl ModelConfig {
    /// Reads `MODEL_PROVIDER`, `MODEL_FALLBACKS`, `MODEL_MAX_TOKENS`, `MODEL_FIRST_TOKEN_SECONDS`,
    /// `MODEL_NEXT_TOKEN_SECONDS`, `MAX_REPLY_BYTES`, `MAX_REPLY_PARTS`, `REASONING_MODELS`,
    /// `REASONING_FIRST_TOKEN_SECONDS`, `EXPLAIN_FAILURES`, `TRACE_MODEL_CALLS`, the models from `OPENAI_MODEL`, `ANTHROPIC_MODEL` or `BEDROCK_MODEL`, and for the first two
    /// providers `…_BASE_URL`, `…_API_KEY` and `…_API_KEY_SECRET`.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let provider = match environment.optional("MODEL_PROVIDER") {
            None => Provider::OpenAi,
            Some(name) => Provider::named(name.trim())
                .ok_or_else(|| problem("MODEL_PROVIDER", "must be openai, anthropic or bedrock"))?,
        };
        let fallbacks = environment.optional("MODEL_FALLBACKS").unwrap_or_default();
        let limits = CallLimits::default();
        Ok(Self {
            models: catalog::models(environment, provider.model_variable())?
                .into_iter()
                .map(|name| NamedModel { provider, name })
                .collect(),
            fallbacks: fallbacks
                .split(',')
                .filter(|entry| !entry.trim().is_empty())
                .map(fallback)
                .collect::<Result<_, _>>()?,
            openai: ServerConfig {
                base_url: environment
                    .address("OPENAI_BASE_URL")?
                    .unwrap_or_else(|| "https://api.openai.com/v1".to_owned()),
                key: key(environment, "OPENAI_API_KEY", "OPENAI_API_KEY_SECRET"),
            },
            anthropic: ServerConfig {
                base_url: environment
                    .address("ANTHROPIC_BASE_URL")?
                    .unwrap_or_else(|| "https://api.anthropic.com".to_owned()),
                key: key(environment, "ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY_SECRET"),
            },
            max_tokens: match environment.number("MODEL_MAX_TOKENS", 0)? {
                0 => None,
                tokens => Some(tokens),
            },
            reasoning_models: environment
                .optional("REASONING_MODELS")
                .unwrap_or_else(|| REASONING_MODELS.to_owned())
                .split(',')
                .map(|pattern| pattern.trim().to_lowercase())
                .collect(),
            reasoning_first_token: environment.seconds("REASONING_FIRST_TOKEN_SECONDS", Duration::from_secs(300))?,
            explains_failures: environment.optional("EXPLAIN_FAILURES").as_deref() == Some("true"),
            traces_calls: environment.optional("TRACE_MODEL_CALLS").as_deref() == Some("true"),
            limits: CallLimits {
                first_token: environment.seconds("MODEL_FIRST_TOKEN_SECONDS", limits.first_token)?,
                next_token: environment.seconds("MODEL_NEXT_TOKEN_SECONDS", limits.next_token)?,
                reply_bytes: at_least_one(environment, "MAX_REPLY_BYTES", limits.reply_bytes)?,
                reply_parts: at_least_one(environment, "MAX_REPLY_PARTS", limits.reply_parts)?,
                ..limits
            },
        })
    }

    /// The limits of a call of `model`.
    pub fn limits_of(&self, model: &NamedModel) -> CallLimits {
        let name = model.name.to_lowercase();
        // Of a name such as `openai/o3`, which some servers use, the last part may match as well.
        let names = [name.as_str(), name.rsplit('/').next().unwrap_or_default()];
        let reasons = self.reasoning_models.iter().any(|pattern| names.iter().any(|name| matches(pattern, name)));
        match reasons {
            true => CallLimits { first_token: self.limits.first_token.max(self.reasoning_first_token), ..self.limits },
            false => self.limits,
        }
    }

    /// The token limit of a reply, for a provider that requires one.
    pub fn bound(&self) -> u32 {
        self.max_tokens.unwrap_or(MAX_TOKENS)
    }
}

// Whether a name matches a pattern, in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name
            .strip_prefix(start)
            .is_some_and(|name| (0..=name.len()).any(|end| name.is_char_boundary(end) && matches(rest, &name[end..]))),
    }
}

// Model names may contain colons and slashes, so only the first slash counts.
fn fallback(entry: &str) -> Result<NamedModel, ConfigError> {
    let chosen = entry.trim().split_once('/').and_then(|(provider, name)| {
        let provider = Provider::named(provider.trim())?;
        (!name.trim().is_empty()).then(|| NamedModel { provider, name: name.trim().to_owned() })
    });
    chosen.ok_or_else(|| {
        problem(
            "MODEL_FALLBACKS",
            "must list models as provider/model, the provider being openai, anthropic or bedrock",
        )
    })
}

fn at_least_one(environment: &Environment<'_>, name: &'static str, default: usize) -> Result<usize, ConfigError> {
    match environment.number(name, default)? {
        0 => Err(problem(name, "must be at least 1")),
        number => Ok(number),
    }
}

fn key(environment: &Environment<'_>, given: &str, secret: &str) -> KeyConfig {
    match (environment.optional(given), environment.optional(secret)) {
        (Some(key), _) => KeyConfig::Given(key),
        (None, Some(secret)) => KeyConfig::Secret(secret),
        (None, None) => KeyConfig::None,
    }
}

#[cfg(test)]
mod tests;
