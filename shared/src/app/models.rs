//! Builds the models of a deployment: a client for each, with fallbacks and retries.

use std::sync::Arc;

use aws_config::SdkConfig;

use crate::config::{KeyConfig, ModelConfig, NamedModel, Provider, ServerConfig};
use crate::http_clients::reqwest_client;
use crate::invocation::current_trace;
use crate::llm::{
    AnthropicClient, ApiKey, BedrockClient, CallLimits, FallbackModel, LanguageModel, ModelEndpoint, OpenAiClient,
    ResponsesClient, RetryingModel,
};
use crate::secret::Secret;

/// The models that may be chosen, in order. Each falls back on those of `MODEL_FALLBACKS` before it is retried: nobody
/// waits for a model while another can answer.
pub fn models(config: &ModelConfig, aws: &SdkConfig) -> Vec<Arc<dyn LanguageModel>> {
    let clients = Clients {
        config,
        aws,
        http: reqwest_client(CallLimits::default().connect),
        openai_key: api_key(&config.openai, aws),
        anthropic_key: api_key(&config.anthropic, aws),
    };
    config.models.iter().map(|model| clients.with_fallbacks(model)).collect()
}

struct Clients<'a> {
    config: &'a ModelConfig,
    aws: &'a SdkConfig,
    http: reqwest::Client,
    openai_key: ApiKey,
    anthropic_key: ApiKey,
}

impl Clients<'_> {
    fn with_fallbacks(&self, model: &NamedModel) -> Arc<dyn LanguageModel> {
        let others = self.config.fallbacks.iter().filter(|other| *other != model);
        let others = others.map(|other| self.client(other)).collect();
        Arc::new(RetryingModel::new(Arc::new(FallbackModel::new(self.client(model), others))))
    }

    fn client(&self, model: &NamedModel) -> Arc<dyn LanguageModel> {
        let http = self.http.clone();
        match model.provider {
            Provider::OpenAi => {
                let endpoint = self.endpoint(model, &self.config.openai, &self.openai_key);
                Arc::new(OpenAiClient::new(http, endpoint, self.config.max_tokens))
            }
            Provider::Responses => {
                let endpoint = self.endpoint(model, &self.config.openai, &self.openai_key);
                let reasons = self.config.reasons(model);
                Arc::new(ResponsesClient::new(http, endpoint, self.config.max_tokens, reasons))
            }
            Provider::Anthropic => {
                let endpoint = self.endpoint(model, &self.config.anthropic, &self.anthropic_key);
                Arc::new(AnthropicClient::new(http, endpoint, self.config.bound()))
            }
            Provider::Bedrock => {
                let limits = call_limits(self.config, model);
                Arc::new(BedrockClient::new(self.aws, model.name.clone(), self.config.max_tokens, limits))
            }
        }
    }

    fn endpoint(&self, model: &NamedModel, server: &ServerConfig, key: &ApiKey) -> ModelEndpoint {
        ModelEndpoint {
            base_url: server.base_url.clone(),
            model: model.name.clone(),
            api_key: key.clone(),
            limits: call_limits(self.config, model),
            trace: self.config.traces_calls.then_some(current_trace),
        }
    }
}

// One secret for all models of a provider, so that it is fetched once.
fn api_key(server: &ServerConfig, aws: &SdkConfig) -> ApiKey {
    let secret = |secret| ApiKey::Secret(Arc::new(secret));
    match &server.key {
        KeyConfig::None => ApiKey::None,
        KeyConfig::Given(key) => secret(Secret::given(key.clone())),
        KeyConfig::Secret(id) => secret(Secret::kept(aws_sdk_secretsmanager::Client::new(aws), id.clone())),
    }
}

fn call_limits(config: &ModelConfig, model: &NamedModel) -> CallLimits {
    let own = CallLimits::default();
    let first_token = config.first_token.unwrap_or(own.first_token);
    CallLimits {
        first_token: if config.reasons(model) { first_token.max(config.reasoning_first_token) } else { first_token },
        next_token: config.next_token.unwrap_or(own.next_token),
        reply_bytes: config.reply_bytes.unwrap_or(own.reply_bytes),
        reply_parts: config.reply_parts.unwrap_or(own.reply_parts),
        ..own
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    #[test]
    fn a_reasoning_model_has_a_longer_first_token_limit() {
        let seconds = |variables: &[(&str, &str)], name: &str| limits(variables, name).first_token.as_secs();
        for (name, first_token) in [
            ("gpt-4o", 120),
            ("o3", 300),
            ("o3-mini", 300),
            ("openai/O3", 300),
            ("Qwen3-Thinking-2507", 300),
            ("go3", 120),
        ] {
            assert_eq!(seconds(&[], name), first_token, "{name}");
        }
        assert_eq!(seconds(&[("REASONING_MODELS", "my-*"), ("REASONING_FIRST_TOKEN_SECONDS", "150")], "my-model"), 150);
        assert_eq!(seconds(&[("REASONING_MODELS", "none")], "o3"), 120);
        assert_eq!(seconds(&[("MODEL_FIRST_TOKEN_SECONDS", "600")], "o3"), 600);
    }

    #[test]
    fn replies_have_default_and_configured_limits() {
        let bounds = |variables: &[(&str, &str)]| {
            let limits = limits(variables, "gpt");
            (limits.reply_bytes, limits.reply_parts)
        };
        assert_eq!(bounds(&[]), (2_000_000, 200));
        assert_eq!(bounds(&[("MAX_REPLY_BYTES", "1000"), ("MAX_REPLY_PARTS", "3")]), (1000, 3));
    }

    fn limits(variables: &[(&str, &str)], name: &str) -> CallLimits {
        let variables = [&[("OPENAI_MODEL", name)], variables].concat();
        let config = ModelConfig::read(&Environment::of(&variables)).unwrap();
        call_limits(&config, &config.models[0])
    }
}
