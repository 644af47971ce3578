//! Every environment variable, read once and checked, with an error that names what is missing or malformed.
//!
//! An empty variable counts as unset: that is how a deployment template leaves one out.

mod authorize;
mod chat;
mod choices;
mod environment;
mod limits;
mod logging;
mod model;

pub use authorize::{AllowedOrigins, AuthorizeConfig, TokenKeys};
pub use chat::{ChatConfig, ConnectConfig, TableConfig};
pub use choices::AgentConfig;
pub use environment::{ConfigError, Environment};
pub use logging::LogConfig;
pub use model::{KeyConfig, ModelConfig, NamedModel, Provider, ServerConfig};
