//! Builds the agents of a deployment: of what is configured, each with its tools.

use std::sync::Arc;

use aws_config::{BehaviorVersion, SdkConfig};

use super::tools::{ToolServices, of_agent};
use crate::agent_files::AgentFiles;
use crate::agents::{AgentsDirectory, ChatAgent, StepLimits};
use crate::config::{AgentConfig, AgentsConfig, ToolsConfig};
use crate::conversation::Timestamp;
use crate::db::AgentsStore;
use crate::environment::{ConfigError, Environment, problem};
use crate::http_clients::AwsHttp;
use crate::protocol::Choice;
use crate::services::{AgentChoice, AgentSource, BuildAgents};
use crate::tools::ToolsFile;

/// What agents are made with.
pub struct AgentServices {
    /// What runs their tools.
    pub tools: ToolServices,
    /// The names of the models that they may ask.
    pub models: Vec<String>,
    /// Whether users get to read why a model failed.
    pub explains_failures: bool,
}

/// The agents that are configured: those of a directory, those of the environment, or else those that are published.
///
/// # Errors
/// Something is wrong with the directory, or with the variables.
pub fn source(
    config: &AgentsConfig,
    store: Arc<dyn AgentsStore>,
    services: AgentServices,
) -> Result<AgentSource, ConfigError> {
    let build: BuildAgents = Box::new(move |directory| services.build(directory));
    match config {
        AgentsConfig::Directory(path) => AgentSource::directory(path.clone(), build)
            .map_err(|mistakes| problem("AGENTS_DIRECTORY", format!("has mistakes:\n{mistakes}"))),
        AgentsConfig::Environment { agents, tools } => {
            let agents = AgentsDirectory { agents: agents.clone(), tools: declared(tools.as_ref())? };
            let agents = build(agents).map_err(|mistake| problem("AGENTS", format!("has a mistake: {mistake}")))?;
            Ok(AgentSource::fixed(agents))
        }
        AgentsConfig::Published { unpublished } => {
            let agents = AgentsDirectory { agents: vec![unpublished.clone()], tools: ToolsFile::default() };
            let agents = build(agents).map_err(|mistake| problem("AGENTS", mistake))?;
            Ok(AgentSource::published(store, agents, build))
        }
    }
}

/// The names of the agents of these files, checked as a deployment with these models would, the default first. A
/// deployment's functions have no variables with secrets.
///
/// # Errors
/// Everything that is wrong with the files, by file and line; or what a deployment could not use.
pub fn check_agents(files: &AgentFiles, models: &[String]) -> Result<Vec<String>, String> {
    let directory = AgentsDirectory::parse(files).map_err(|mistakes| mistakes.to_string())?;
    Ok(unconnected(models).build(directory)?.into_iter().map(|agent| agent.choice.name).collect())
}

// For agents that are only looked at.
fn unconnected(models: &[String]) -> AgentServices {
    let tools = ToolServices {
        environment: Environment::of(&[]),
        aws: SdkConfig::builder().behavior_version(BehaviorVersion::v2026_01_12()).build(),
        http: AwsHttp::new(),
        clock: Timestamp::now,
    };
    AgentServices { tools, models: models.to_vec(), explains_failures: false }
}

fn declared(config: Option<&ToolsConfig>) -> Result<ToolsFile, ConfigError> {
    let Some(config) = config else { return Ok(ToolsFile::default()) };
    let file = ToolsFile::parse(&config.file, &config.text);
    file.map_err(|mistakes| problem("TOOLS_FILE", format!("has mistakes:\n{mistakes}")))
}

impl AgentServices {
    fn build(&self, directory: AgentsDirectory) -> Result<Vec<AgentChoice>, String> {
        let all = self.tools.toolbox(directory.tools)?;
        let agent = |agent: AgentConfig| {
            if let Some(model) = agent.model.as_ref().filter(|model| !self.models.contains(model)) {
                let known = self.models.join(", ");
                return Err(format!("the agent {} names the model {model}; there are: {known}", agent.id));
            }
            let tools = of_agent(&all, &agent)?;
            let limits = step_limits(&agent);
            let built = ChatAgent::new(agent.instructions)
                .explaining_failures(self.explains_failures)
                .with_tools(tools)
                .with_skills(&agent.skills)
                .with_limits(limits)
                .with_reasoning_effort(agent.reasoning_effort);
            Ok(AgentChoice {
                choice: Choice { id: agent.id, name: agent.name, description: agent.description },
                agent: Arc::new(built),
                model: agent.model,
                is_listed: agent.is_listed,
            })
        };
        directory.agents.into_iter().map(agent).collect()
    }
}

fn step_limits(agent: &AgentConfig) -> StepLimits {
    let usual = StepLimits::default();
    StepLimits {
        steps: agent.max_steps.map_or(usual.steps, |steps| steps.get().into()),
        calls: agent.max_calls.map_or(usual.calls, usize::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Skill;

    const FILE: &str = r#"
[[tool]]
name = "current_time"
kind = "builtin"

[[tool]]
name = "find_order"
description = "Finds an order."
kind = "http"
url = "https://shop.example/"
secret = { header = "X-Key", variable = "SHOP_KEY" }
"#;

    // The names of the tools of an agent that names some, or none.
    fn build(text: &str, tools: Option<&[&str]>, variables: &'static [(&str, &str)]) -> Result<Vec<String>, String> {
        let tools = tools.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let clerk = AgentConfig { tools, ..AgentConfig::new("clerk", "Clerk", String::new()) };
        let file = ToolsConfig { file: "tools.toml".to_owned(), text: text.to_owned() };
        built(clerk, Some(file), variables).map(|agent| agent.agent.tools().names().map(str::to_owned).collect())
    }

    fn built(
        agent: AgentConfig,
        tools: Option<ToolsConfig>,
        variables: &'static [(&str, &str)],
    ) -> Result<AgentChoice, String> {
        let mut services = unconnected(&["small".to_owned(), "large".to_owned()]);
        services.tools.environment = Environment::of(variables);
        let tools = declared(tools.as_ref()).map_err(|error| error.to_string())?;
        let mut agents = services.build(AgentsDirectory { agents: vec![agent], tools })?;
        Ok(agents.remove(0))
    }

    #[test]
    fn an_agent_has_the_tools_that_it_names_or_all() {
        let key = &[("SHOP_KEY", "sk-123")];
        assert_eq!(build(FILE, None, key).unwrap(), ["current_time", "find_order"]);
        assert_eq!(build(FILE, Some(&["find_order"]), key).unwrap(), ["find_order"]);
        assert_eq!(build(FILE, Some(&[]), key).unwrap(), [""; 0]);
        let unknown = build(FILE, Some(&["refund"]), key).unwrap_err();
        assert_eq!(unknown, "the agent clerk names the tool refund; there are: current_time, find_order");
    }

    #[test]
    fn what_is_wrong_with_the_file_or_missing_for_it_is_named() {
        let missing = build(FILE, None, &[]).unwrap_err();
        assert_eq!(missing, "a tool's secret is in the variable SHOP_KEY, which is not set");
        let mistaken = build("[[tool]]\nname = 7\n", None, &[]).unwrap_err();
        assert!(mistaken.contains("TOOLS_FILE has mistakes:\ntools.toml:2: name must be"), "{mistaken}");
    }

    #[test]
    fn an_agent_asks_a_model_of_the_deployment() {
        let with_model = |model: &str| {
            let model = Some(model.to_owned());
            built(AgentConfig { model, ..AgentConfig::new("clerk", "Clerk", String::new()) }, None, &[])
        };
        assert_eq!(with_model("large").unwrap().model.as_deref(), Some("large"));
        let unknown = with_model("huge").map(drop).unwrap_err();
        assert_eq!(unknown, "the agent clerk names the model huge; there are: small, large");
    }

    #[test]
    fn an_agent_reads_its_skills_with_a_tool() {
        let skill =
            Skill { name: "refunds".to_owned(), description: "About refunds.".to_owned(), text: "…".to_owned() };
        let clerk = AgentConfig { skills: vec![skill], ..AgentConfig::new("clerk", "Clerk", "Be kind.".to_owned()) };
        let agent = built(clerk, None, &[]).unwrap().agent;
        assert_eq!(agent.tools().names().collect::<Vec<_>>(), ["read_skill"]);
        let prompt = agent.prompt(&[], "hi");
        let system = prompt.messages[0].content();
        assert!(system.starts_with("Be kind.\n\n# Skills") && system.contains("- refunds: About refunds."), "{system}");
    }
}
