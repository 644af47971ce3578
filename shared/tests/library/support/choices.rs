use std::sync::Arc;

use natter::agents::ChatAgent;
use natter::llm::LanguageModel;
use natter::protocol::Choice;
use natter::services::{AgentChoice, Choices, ModelChoice};

/// No choice but this model, and an agent that gives it these instructions.
pub fn only(model: Arc<dyn LanguageModel>, instructions: &str) -> Choices {
    let choice = Choice { id: "assistant".to_owned(), name: "Assistant".to_owned(), description: None };
    let agent = AgentChoice { choice, agent: Arc::new(ChatAgent::new(instructions.to_owned())) };
    Choices::new(vec![ModelChoice { model, prices: Arc::default() }], vec![agent])
}
