//! The configuration of the models.

use std::time::Duration;

use super::provider::{ANTHROPIC_SERVER, NamedModel, OPENAI_SERVER, Provider, ServerConfig};
use crate::environment::{ConfigError, Environment, problem};

/// The default token limit of a reply if the provider requires one. Claude's models support it since 3.5.
const MAX_TOKENS: u32 = 8192;

/// Models that are known to reason for minutes before their first token; the default.
const REASONING_MODELS: &str = "o1*,o3*,o4*,gpt-5*,*deepseek-r*,*reason*,*think*,*qwq*,magistral*";

const FALLBACKS: &str =
    "must list models as provider/model, the provider being openai, responses, anthropic or bedrock";

/// The models, and how they are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelConfig {
    /// The models that may be chosen; the first is the default.
    pub models: Vec<NamedModel>,
    /// The fallbacks for when the chosen model fails before its first token, in order.
    pub fallbacks: Vec<NamedModel>,
    /// Servers with OpenAI's chat completions or Responses.
    pub openai: ServerConfig,
    /// Servers with Anthropic's Messages.
    pub anthropic: ServerConfig,
    /// The token limit of a reply, if there is one.
    pub max_tokens: Option<u32>,
    /// From the request to the first token. Of this and the next three limits, `None` is the adapter's own.
    pub first_token: Option<Duration>,
    /// From one token to the next.
    pub next_token: Option<Duration>,
    /// Bytes of a reply.
    pub reply_bytes: Option<usize>,
    /// Parts of a reply.
    pub reply_parts: Option<usize>,
    /// Name patterns of models that may reason for long before their first token.
    pub reasoning_models: Vec<String>,
    /// Their limit for the first token, if it is the longer one.
    pub reasoning_first_token: Duration,
    /// Whether users get to read why a model failed.
    pub explains_failures: bool,
    /// Whether the invocation's trace is sent to model servers.
    pub traces_calls: bool,
}

impl ModelConfig {
    /// Reads `MODEL_PROVIDER`, `MODEL_FALLBACKS`, `MODEL_MAX_TOKENS`, `MODEL_FIRST_TOKEN_SECONDS`,
    /// `MODEL_NEXT_TOKEN_SECONDS`, `MAX_REPLY_BYTES`, `MAX_REPLY_PARTS`, `REASONING_MODELS`,
    /// `REASONING_FIRST_TOKEN_SECONDS`, `EXPLAIN_FAILURES`, `TRACE_MODEL_CALLS`, the models from `OPENAI_MODEL`, `ANTHROPIC_MODEL` or `BEDROCK_MODEL`, and for OpenAI and
    /// Anthropic `…_BASE_URL`, `…_API_KEY` and `…_API_KEY_SECRET`.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let provider = match environment.optional("MODEL_PROVIDER") {
            None => Provider::OpenAi,
            Some(name) => Provider::named(name.trim())
                .ok_or_else(|| problem("MODEL_PROVIDER", "must be openai, responses, anthropic or bedrock"))?,
        };
        let fallbacks = environment.optional("MODEL_FALLBACKS").unwrap_or_default();
        Ok(Self {
            models: provider.models(environment)?,
            fallbacks: fallbacks
                .split(',')
                .filter(|entry| !entry.trim().is_empty())
                .map(str::parse)
                .collect::<Result<_, _>>()
                .map_err(|_| problem("MODEL_FALLBACKS", FALLBACKS))?,
            openai: ServerConfig::read(environment, &OPENAI_SERVER)?,
            anthropic: ServerConfig::read(environment, &ANTHROPIC_SERVER)?,
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
            first_token: environment.optional_seconds("MODEL_FIRST_TOKEN_SECONDS")?,
            next_token: environment.optional_seconds("MODEL_NEXT_TOKEN_SECONDS")?,
            reply_bytes: at_least_one(environment, "MAX_REPLY_BYTES")?,
            reply_parts: at_least_one(environment, "MAX_REPLY_PARTS")?,
        })
    }

    /// Whether a model may reason for long before its first token.
    pub fn reasons(&self, model: &NamedModel) -> bool {
        let name = model.name.to_lowercase();
        // Of a name such as `openai/o3`, which some servers use, the last part may match as well.
        let names = [name.as_str(), name.rsplit('/').next().unwrap_or_default()];
        self.reasoning_models.iter().any(|pattern| names.iter().any(|name| matches(pattern, name)))
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

fn at_least_one(environment: &Environment<'_>, name: &'static str) -> Result<Option<usize>, ConfigError> {
    match environment.optional_number(name)? {
        Some(0) => Err(problem(name, "must be at least 1")),
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests;
