//! Builds the models of a deployment: a client for each, with fallbacks and retries.

use std::sync::Arc;

use aws_config::SdkConfig;

use crate::config::{KeyConfig, ModelConfig, NamedModel, Provider, ServerConfig};
use crate::http_clients::reqwest_client;
use crate::invocation::current_trace;
use crate::llm::{
    AnthropicClient, ApiKey, BedrockClient, FallbackModel, LanguageModel, ModelEndpoint, OpenAiClient, RetryingModel,
};
use crate::secret::Secret;

/// The models that may be chosen, in order. Each falls back on those of `MODEL_FALLBACKS` before it is retried: nobody
/// waits for a model while another can answer.
pub fn models(config: &ModelConfig, aws: &SdkConfig) -> Vec<Arc<dyn LanguageModel>> {
    let clients = Clients {
        config,
        aws,
        http: reqwest_client(config.limits.connect),
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
            Provider::Anthropic => {
                let endpoint = self.endpoint(model, &self.config.anthropic, &self.anthropic_key);
                Arc::new(AnthropicClient::new(http, endpoint, self.config.bound()))
            }
            Provider::Bedrock => {
                let limits = self.config.limits_of(model);
                Arc::new(BedrockClient::new(self.aws, model.name.clone(), self.config.max_tokens, limits))
            }
        }
    }

    fn endpoint(&self, model: &NamedModel, server: &ServerConfig, key: &ApiKey) -> ModelEndpoint {
        ModelEndpoint {
            base_url: server.base_url.clone(),
            model: model.name.clone(),
            api_key: key.clone(),
            limits: self.config.limits_of(model),
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
