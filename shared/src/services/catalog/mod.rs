//! The models and agents that a message may choose from.

mod agents;
mod error;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::first_part::FirstPart;
use crate::conversation::{AgentsVersion, Message, Price};
use crate::error::ChatError;
use crate::llm::LanguageModel;
use crate::protocol::Choice;

use agents::AgentSet;
pub use agents::{AgentChoice, AgentSource, BuildAgents};
pub use error::CatalogError;

/// The models and agents of a server. The first of each is taken when a message names none.
pub struct Catalog {
    models: Vec<ModelChoice>,
    agents: AgentSource,
}

/// A model.
#[derive(Clone)]
pub struct ModelChoice {
    /// The client of the model.
    pub model: Arc<dyn LanguageModel>,
    /// The known prices of all models, by name.
    pub prices: Arc<BTreeMap<String, Price>>,
    /// What its replies begin with.
    pub first_part: Arc<FirstPart>,
}

/// The model and agent of a reply.
#[derive(Clone)]
pub struct Chosen {
    /// The model.
    pub model: ModelChoice,
    /// The agent.
    pub agent: AgentChoice,
    /// The version of the agents that it is one of.
    pub version: Option<AgentsVersion>,
}

/// What may be chosen at one time.
pub struct Offer<'a> {
    models: &'a [ModelChoice],
    agents: Result<Arc<AgentSet>, CatalogError>,
}

/// What a reply was started with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Started<'a> {
    /// The name of the model.
    pub model: Option<&'a str>,
    /// The id of the agent.
    pub agent: Option<&'a str>,
    /// The version of the agents.
    pub version: Option<&'a AgentsVersion>,
}

impl<'a> Started<'a> {
    /// What this reply was started with.
    pub fn of(reply: &'a Message) -> Self {
        Self { model: reply.model.as_deref(), agent: reply.agent.as_deref(), version: reply.agents_version.as_ref() }
    }
}

impl Catalog {
    /// These models, at least one, and the agents of this source.
    pub fn new(models: Vec<ModelChoice>, agents: AgentSource) -> Self {
        assert!(!models.is_empty(), "there is a model to choose");
        Self { models, agents }
    }

    /// The model of messages that name none, as far as their agent does not.
    pub fn default_model(&self) -> Arc<dyn LanguageModel> {
        Arc::clone(&self.models[0].model)
    }

    /// The known prices of models, by name.
    pub fn prices(&self) -> &BTreeMap<String, Price> {
        &self.models[0].prices
    }

    /// What may be chosen now.
    pub async fn offer(&self) -> Offer<'_> {
        Offer { models: &self.models, agents: self.agents.current().await }
    }

    /// What a reply was started with; of what the server no longer has, the first.
    ///
    /// # Errors
    /// The server's agents cannot be read.
    pub async fn go_on_with(&self, started: Started<'_>) -> Result<Chosen, CatalogError> {
        let agents = self.agents.at(started.version).await?;
        let model = find(&self.models, started.model).unwrap_or_else(|| self.models[0].clone());
        let agent = agents.find(started.agent).unwrap_or_else(|| agents.first()).clone();
        Ok(Chosen { model, agent, version: agents.version.clone() })
    }

    /// Descriptions of the models for clients.
    pub fn describe_models(&self) -> Vec<Choice> {
        let choice = |model: &str| Choice { id: model.to_owned(), name: model.to_owned(), description: None };
        self.models.iter().map(|choosable| choice(choosable.model.name())).collect()
    }

    /// Descriptions of the agents for clients.
    ///
    /// # Errors
    /// The server's agents cannot be read.
    pub async fn describe_agents(&self) -> Result<Vec<Choice>, CatalogError> {
        Ok(self.agents.current().await?.listed().map(|agent| agent.choice.clone()).collect())
    }
}

impl Offer<'_> {
    /// What a message names, or the first agent and its model.
    ///
    /// # Errors
    /// The server does not have it, or its agents cannot be read.
    pub fn choose(&self, model: Option<&str>, agent: Option<&str>) -> Result<Chosen, ChatError> {
        let unknown = |what: &str| ChatError::invalid_frame(format!("the server has no such {what}"));
        let agents = self.agents.as_ref().map_err(|error| ChatError::from(*error))?;
        let agent = match agent {
            None => agents.first(),
            Some(_) => agents.find(agent).filter(|agent| agent.is_listed).ok_or_else(|| unknown("agent"))?,
        };
        let agent = agent.clone();
        let model = find(self.models, model.or(agent.model.as_deref())).ok_or_else(|| unknown("model"))?;
        Ok(Chosen { model, agent, version: agents.version.clone() })
    }
}

fn find(models: &[ModelChoice], name: Option<&str>) -> Option<ModelChoice> {
    models.iter().find(|choosable| name.is_none_or(|name| choosable.model.name() == name)).cloned()
}
