//! The composition root: what each function is made of.

use std::sync::Arc;

use aws_sdk_dynamodb::config::retry::RetryConfig;

use crate::agents::ChatAgent;
use crate::auth::{IssuerKeys, TokenVerifier};
use crate::config::{
    AllowedOrigins, AuthorizeConfig, ConfigError, Environment, KeyConfig, MessageConfig, TableConfig, TokenKeys,
};
use crate::db::{DynamoStore, Store};
use crate::gateway::{Connections, ReplySink};
use crate::http_clients::{aws_config, reqwest_client};
use crate::llm::{ApiKey, ModelEndpoint, OpenAiClient, TimeLimits};
use crate::secret::Secret;
use crate::services::{ChatService, MemoryService};

/// What `authorize` is made of.
pub struct AuthorizeApp {
    /// Says whose a token is.
    pub tokens: TokenVerifier,
    /// Says which pages may connect.
    pub origins: AllowedOrigins,
}

impl AuthorizeApp {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let config = AuthorizeConfig::read(&Environment::of_process())?;
        let limits = TimeLimits::default();
        let keys = match config.keys {
            TokenKeys::Development { secret } => IssuerKeys::development(&secret),
            TokenKeys::Published { address } => {
                IssuerKeys::published(reqwest_client(limits.connect), &config.issuer, address)
            }
        };
        Ok(Self { tokens: TokenVerifier::new(config.issuer, config.audience, keys), origins: config.origins })
    }
}

/// What `connect` and `disconnect` are made of.
pub struct ConnectionApp {
    /// Where connections are remembered.
    pub store: Arc<dyn Store>,
}

impl ConnectionApp {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub async fn from_environment() -> Result<Self, ConfigError> {
        let config = TableConfig::read(&Environment::of_process())?;
        let database = aws_sdk_dynamodb::Client::new(&aws_config().await);
        Ok(Self { store: Arc::new(DynamoStore::new(database, config.table)) })
    }
}

/// What `message` is made of.
pub struct MessageApp {
    /// Starts, stops and resumes turns.
    pub chat: ChatService,
    /// Answers frames that start no turn.
    pub sink: Arc<dyn ReplySink>,
}

impl MessageApp {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub async fn from_environment() -> Result<Self, ConfigError> {
        let config = MessageConfig::read(&Environment::of_process())?;
        let aws = aws_config().await;
        let posting = aws_sdk_apigatewaymanagement::config::Builder::from(&aws)
            .endpoint_url(config.connections_endpoint)
            // The audience decides what is posted again, and when.
            .retry_config(RetryConfig::disabled())
            .build();
        let sink: Arc<dyn ReplySink> =
            Arc::new(Connections::new(aws_sdk_apigatewaymanagement::Client::from_conf(posting)));
        let database = aws_sdk_dynamodb::Client::new(&aws);
        let limits = config.model.limits;
        let endpoint = ModelEndpoint {
            base_url: config.model.base_url,
            model: config.model.model,
            api_key: match config.model.key {
                KeyConfig::None => ApiKey::None,
                KeyConfig::Given(key) => ApiKey::Secret(Arc::new(Secret::given(key))),
                KeyConfig::Secret(id) => {
                    let secrets = aws_sdk_secretsmanager::Client::new(&aws);
                    ApiKey::Secret(Arc::new(Secret::kept(secrets, id)))
                }
            },
            limits,
        };
        Ok(Self {
            chat: ChatService {
                store: Arc::new(DynamoStore::new(database, config.table.table)),
                model: Arc::new(OpenAiClient::new(reqwest_client(limits.connect), endpoint)),
                sink: Arc::clone(&sink),
                agent: Arc::new(ChatAgent::new(config.instructions)),
                memory: MemoryService::new(config.memory),
            },
            sink,
        })
    }
}
