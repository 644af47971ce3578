//! The composition root: builds what each function needs.

mod agents;
mod models;
mod operator;
mod server_locks;
mod tools;

use std::sync::Arc;

use crate::auth::{IssuerKeys, TokenVerifier};
use crate::config::{AllowedOrigins, AuthorizeConfig, ChatConfig, ConnectConfig, TableConfig, TokenKeys};
use crate::conversation::Timestamp;
use crate::db::{ConnectionStore, DynamoStore, TicketStore};
use crate::environment::{ConfigError, Environment};
use crate::gateway::{Connections, Notifier, ReplySink};
use crate::http_clients::{AwsHttp, aws_config, reqwest_client};
use crate::llm::CallLimits;
use crate::services::{
    AllowanceService, Catalog, ChatService, ConnectionService, ConversationService, FloodGuard, MemoryLimits,
    MemoryService, ModelChoice, PAGE_BYTES, TextAssembly, TitleService,
};
pub use agents::check_agents;
pub use operator::operators_table;
pub use server_locks::{ServerLock, lock_servers};

use agents::AgentServices;
use tools::ToolServices;

/// The parts of `authorize`.
pub struct AuthorizeApp {
    /// Verifies tokens.
    pub tokens: TokenVerifier,
    /// The origins that may connect.
    pub origins: AllowedOrigins,
    /// Where tickets are stored; `None` disables them.
    pub tickets: Option<Arc<dyn TicketStore>>,
}

impl AuthorizeApp {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub async fn from_environment() -> Result<Self, ConfigError> {
        let config = AuthorizeConfig::read(&Environment::of_process())?;
        let tickets: Option<Arc<dyn TicketStore>> = match &config.tickets {
            Some(tickets) => Some(Arc::new(store(tickets))),
            None => None,
        };
        let origins = config.origins.clone();
        Ok(Self { tokens: token_verifier(config), origins, tickets })
    }
}

/// The parts of `ticket`.
pub struct TicketApp {
    /// Verifies tokens.
    pub tokens: TokenVerifier,
    /// The origins that may connect.
    pub origins: AllowedOrigins,
    /// Where tickets are stored.
    pub tickets: Arc<dyn TicketStore>,
}

impl TicketApp {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub async fn from_environment() -> Result<Self, ConfigError> {
        let environment = Environment::of_process();
        let (config, table) = (AuthorizeConfig::read(&environment)?, TableConfig::read(&environment)?);
        let origins = config.origins.clone();
        Ok(Self { tokens: token_verifier(config), origins, tickets: Arc::new(store(&table)) })
    }
}

fn token_verifier(config: AuthorizeConfig) -> TokenVerifier {
    let keys = match config.keys {
        TokenKeys::Development { secret } => IssuerKeys::development(&secret),
        TokenKeys::Published { address } => {
            IssuerKeys::published(reqwest_client(CallLimits::default().connect), &config.issuer, address)
        }
    };
    TokenVerifier::new(config.issuer, config.audience, keys)
}

fn store(config: &TableConfig) -> DynamoStore {
    DynamoStore::new(aws_sdk_dynamodb::Client::new(&aws_config(&AwsHttp::new())), config.table.clone())
}

/// The parts of `connect`.
pub struct ConnectApp {
    /// Stores connections, and rejects those beyond a user's limit.
    pub connections: ConnectionService,
}

impl ConnectApp {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub async fn from_environment() -> Result<Self, ConfigError> {
        let config = ConnectConfig::read(&Environment::of_process())?;
        let aws = aws_config(&AwsHttp::new());
        let store = DynamoStore::new(aws_sdk_dynamodb::Client::new(&aws), config.table.table);
        let limit = config.connections_per_user.map(|most| {
            let sink: Arc<dyn ReplySink> = Arc::new(Connections::new(&aws, &config.connections_endpoint));
            (most, sink)
        });
        Ok(Self { connections: ConnectionService { connections: Arc::new(store), limit, clock: Timestamp::now } })
    }
}

/// The parts of `disconnect`.
pub struct DisconnectApp {
    /// Where connections are stored.
    pub connections: Arc<dyn ConnectionStore>,
}

impl DisconnectApp {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub async fn from_environment() -> Result<Self, ConfigError> {
        let config = TableConfig::read(&Environment::of_process())?;
        Ok(Self { connections: Arc::new(store(&config)) })
    }
}

/// The parts of `message` and `sweep`.
pub struct ChatApp {
    /// Starts, stops, resumes and recovers turns.
    pub chat: ChatService,
    /// Assembles texts that are sent in parts.
    pub texts: TextAssembly,
    /// Lists, reads and changes conversations.
    pub conversations: Arc<ConversationService>,
    /// Detects connections that flood.
    pub flood_guard: FloodGuard,
}

impl ChatApp {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub async fn from_environment() -> Result<Self, ConfigError> {
        let environment = Environment::of_process();
        let config = ChatConfig::read(&environment)?;
        let http = AwsHttp::new();
        let aws = aws_config(&http);
        let store = Arc::new(DynamoStore::new(aws_sdk_dynamodb::Client::new(&aws), config.table.table.clone()));
        let tools = ToolServices { environment, aws: aws.clone(), http, clock: Timestamp::now };
        let catalog = Arc::new(catalog(&config, tools, &store)?);
        let notifier = Notifier {
            sink: Arc::new(Connections::new(&aws, &config.connections_endpoint)),
            connections: Arc::clone(&store) as _,
            clock: Timestamp::now,
        };
        Ok(Self {
            flood_guard: FloodGuard::new(Arc::clone(&store) as _, config.frames_per_second, Timestamp::now),
            texts: TextAssembly {
                parts: Arc::clone(&store) as _,
                requests: Arc::clone(&store) as _,
                clock: Timestamp::now,
            },
            conversations: Arc::new(ConversationService {
                store: Arc::clone(&store) as _,
                turns: Arc::clone(&store) as _,
                notifier: notifier.clone(),
                lease_time: config.lease_time,
                catalog: Arc::clone(&catalog),
                page_bytes: PAGE_BYTES,
                clock: Timestamp::now,
            }),
            chat: ChatService {
                titles: config.model_writes_titles.then(|| {
                    Arc::new(TitleService {
                        model: catalog.default_model(),
                        store: Arc::clone(&store) as _,
                        notifier: notifier.clone(),
                    })
                }),
                allowances: Arc::new(AllowanceService {
                    limits: config.limits,
                    store: Arc::clone(&store) as _,
                    clock: Timestamp::now,
                }),
                history: Arc::clone(&store) as _,
                store,
                catalog,
                notifier,
                memory: MemoryService::new(MemoryLimits {
                    messages: config.history_messages,
                    tokens: config.history_tokens,
                }),
                lease_time: config.lease_time,
                clock: Timestamp::now,
            },
        })
    }
}

fn catalog(config: &ChatConfig, tools: ToolServices, store: &Arc<DynamoStore>) -> Result<Catalog, ConfigError> {
    let prices = Arc::new(config.prices.clone());
    let models = models::models(&config.model, &tools.aws).into_iter();
    let models = models
        .map(|model| ModelChoice { model, prices: Arc::clone(&prices), first_part: Arc::default() })
        .collect::<Vec<_>>();
    let services = AgentServices {
        tools,
        models: models.iter().map(|choice| choice.model.name().to_owned()).collect(),
        explains_failures: config.model.explains_failures,
    };
    let agents = agents::source(&config.agents, Arc::clone(store) as _, services)?;
    Ok(Catalog::new(models, agents))
}
