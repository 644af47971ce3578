//! What a message may choose from: the models and the agents that the server names.

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
    /// Who writes.
    pub model: Arc<dyn LanguageModel>,
    /// What it costs, and what those cost that it may fall back on, by name, where that is known.
    pub prices: Arc<BTreeMap<String, Price>>,
    /// What its replies begin with.
    pub first_part: Arc<FirstPart>,
}

/// An agent.
#[derive(Clone)]
pub struct AgentChoice {
    /// What a client is shown of it.
    pub choice: Choice,
    /// What makes prompts of messages, and messages of deltas.
    pub agent: Arc<ChatAgent>,
}

/// Who writes a reply.
#[derive(Clone)]
pub struct Chosen {
    /// The model.
    pub model: ModelChoice,
    /// The agent.
    pub agent: AgentChoice,
}

impl Choices {
    /// A choice of these, of which there must be at least one each.
    pub fn new(models: Vec<ModelChoice>, agents: Vec<AgentChoice>) -> Self {
        assert!(!models.is_empty() && !agents.is_empty(), "there is something to choose from");
        Self { models, agents }
    }

    /// The model that is taken when a message names none.
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

    /// What a reply was started with. Where the server has it no more, the first.
    pub fn go_on_with(&self, model: Option<&str>, agent: Option<&str>) -> Chosen {
        let model = self.model(model).unwrap_or_else(|| self.models[0].clone());
        Chosen { model, agent: self.agent(agent).unwrap_or_else(|| self.agents[0].clone()) }
    }

    /// The models, as a client is shown them.
    pub fn describe_models(&self) -> Vec<Choice> {
        let choice = |model: &str| Choice { id: model.to_owned(), name: model.to_owned(), description: None };
        self.models.iter().map(|choosable| choice(choosable.model.name())).collect()
    }

    /// The agents, as a client is shown them.
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
