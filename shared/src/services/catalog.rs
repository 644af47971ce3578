//! The models and agents that a message may choose from.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::first_part::FirstPart;
use crate::agents::ChatAgent;
use crate::conversation::Price;
use crate::error::ChatError;
use crate::llm::LanguageModel;
use crate::protocol::Choice;

/// The models and agents of a server, at least one of each. The first is taken when a message names none.
pub struct Choices {
    models: Vec<ModelChoice>,
    agents: Vec<AgentChoice>,
}

/// A model.
#[derive(Clone)]
pub struct ModelChoice {
    /// The client of the model.
    pub model: Arc<dyn LanguageModel>,
    /// The known prices of the model and its fallbacks, by name.
    pub prices: Arc<BTreeMap<String, Price>>,
    /// What its replies begin with.
    pub first_part: Arc<FirstPart>,
}

/// An agent.
#[derive(Clone)]
pub struct AgentChoice {
    /// Its description for clients.
    pub choice: Choice,
    /// Makes prompts of messages, and replies of deltas.
    pub agent: Arc<ChatAgent>,
}

/// The model and agent of a reply.
#[derive(Clone)]
pub struct Chosen {
    /// The model.
    pub model: ModelChoice,
    /// The agent.
    pub agent: AgentChoice,
}

impl Choices {
    /// Creates the catalog; at least one model and one agent.
    pub fn new(models: Vec<ModelChoice>, agents: Vec<AgentChoice>) -> Self {
        assert!(!models.is_empty() && !agents.is_empty(), "there is something to choose from");
        Self { models, agents }
    }

    /// The model of messages that name none.
    pub fn default_model(&self) -> Arc<dyn LanguageModel> {
        Arc::clone(&self.models[0].model)
    }

    /// What a message names, or the first.
    ///
    /// # Errors
    /// The server does not have it.
    pub fn choose(&self, model: Option<&str>, agent: Option<&str>) -> Result<Chosen, ChatError> {
        let unknown = |what: &str| ChatError::invalid_frame(format!("the server has no such {what}"));
        let model = self.model(model).ok_or_else(|| unknown("model"))?;
        Ok(Chosen { model, agent: self.agent(agent).ok_or_else(|| unknown("agent"))? })
    }

    /// What a reply was started with; the first, if the server no longer has it.
    pub fn go_on_with(&self, model: Option<&str>, agent: Option<&str>) -> Chosen {
        let model = self.model(model).unwrap_or_else(|| self.models[0].clone());
        Chosen { model, agent: self.agent(agent).unwrap_or_else(|| self.agents[0].clone()) }
    }

    /// Descriptions of the models for clients.
    pub fn describe_models(&self) -> Vec<Choice> {
        let choice = |model: &str| Choice { id: model.to_owned(), name: model.to_owned(), description: None };
        self.models.iter().map(|choosable| choice(choosable.model.name())).collect()
    }

    /// Descriptions of the agents for clients.
    pub fn describe_agents(&self) -> Vec<Choice> {
        self.agents.iter().map(|choosable| choosable.choice.clone()).collect()
    }

    fn model(&self, id: Option<&str>) -> Option<ModelChoice> {
        self.models.iter().find(|choosable| id.is_none_or(|id| choosable.model.name() == id)).cloned()
    }

    fn agent(&self, id: Option<&str>) -> Option<AgentChoice> {
        self.agents.iter().find(|choosable| id.is_none_or(|id| choosable.choice.id == id)).cloned()
    }
}
