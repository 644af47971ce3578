use std::sync::Arc;

use natter::agents::ChatAgent;
use natter::conversation::Price;
use natter::llm::LanguageModel;
use natter::protocol::Choice;
use natter::services::{AgentChoice, AgentSource, Catalog, ModelChoice};

/// A million tokens cost a dollar of a prompt, and ten of a reply.
const PRICE: Price = Price { input: 1.0, output: 10.0, cached_input: None };

/// No choice but this model, and an agent that gives it these instructions.
pub fn only(model: Arc<dyn LanguageModel>, instructions: &str) -> Arc<Catalog> {
    with_agent(model, ChatAgent::new(instructions.to_owned()))
}

/// No choice but this model and this agent.
pub fn with_agent(model: Arc<dyn LanguageModel>, agent: ChatAgent) -> Arc<Catalog> {
    let choice = Choice { id: "assistant".to_owned(), name: "Assistant".to_owned(), description: None };
    let agent = AgentChoice { choice, agent: Arc::new(agent), model: None, is_listed: true };
    let prices = Arc::new([(model.name().to_owned(), PRICE)].into());
    let model = ModelChoice { model, prices, first_part: Arc::default() };
    Arc::new(Catalog::new(vec![model], AgentSource::fixed(vec![agent])))
}
