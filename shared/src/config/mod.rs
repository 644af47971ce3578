//! Every environment variable, read once and checked, with an error that names what is missing or malformed.
//!
//! An empty variable counts as unset: that is how a deployment template leaves one out.

mod agents;
mod authorize;
mod catalog;
mod chat;
mod limits;
mod model;
mod provider;
mod tools;

pub use agents::AgentsConfig;
pub use authorize::{AllowedOrigins, AuthorizeConfig, TokenKeys};
pub use catalog::{AgentConfig, Skill};
pub use chat::{ChatConfig, ConnectConfig, TableConfig};
pub use model::ModelConfig;
pub use provider::{KeyConfig, NamedModel, NotAModel, Provider, ServerConfig};
pub use tools::ToolsConfig;
