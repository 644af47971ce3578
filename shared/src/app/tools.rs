//! Builds the tools of a deployment: what the file declares, each with what runs it.

use std::sync::Arc;

use aws_config::SdkConfig;

use crate::config::{AgentConfig, ToolsConfig};
use crate::conversation::Clock;
use crate::environment::{ConfigError, Environment, problem};
use crate::http_clients::{AwsHttp, GuardedHttp};
use crate::llm::CallLimits;
use crate::secret::Secret;
use crate::tools::{CurrentTime, Declaration, HttpRunner, Kind, Lambda, Runs, SecretSource, Toolbox, ToolsFile};

/// What runs tools.
pub struct ToolServices<'a> {
    /// The environment, which may hold secrets.
    pub environment: &'a Environment<'a>,
    /// The configuration of AWS's clients.
    pub aws: &'a SdkConfig,
    /// Their connections.
    pub http: &'a AwsHttp,
    /// The time that is told.
    pub clock: Clock,
}

/// The tools of each agent, in the order of the agents. Nothing is connected to yet.
///
/// # Errors
/// Everything that is wrong with the file; or an agent names a tool that it does not declare.
pub fn toolboxes(
    config: Option<&ToolsConfig>,
    agents: &[AgentConfig],
    services: &ToolServices<'_>,
) -> Result<Vec<Toolbox>, ConfigError> {
    let all = match config {
        None => Toolbox::default(),
        Some(config) => {
            let file = ToolsFile::parse(&config.file, &config.text);
            services.toolbox(file.map_err(|mistakes| problem("TOOLS_FILE", format!("has mistakes:\n{mistakes}")))?)?
        }
    };
    agents.iter().map(|agent| of_agent(&all, agent)).collect()
}

fn of_agent(all: &Toolbox, agent: &AgentConfig) -> Result<Toolbox, ConfigError> {
    let Some(names) = &agent.tools else { return Ok(all.clone()) };
    all.only(names).map_err(|unknown| {
        let known = all.names().collect::<Vec<_>>().join(", ");
        problem("AGENTS", format!("names the tool {unknown} for {}; there are: {known}", agent.id))
    })
}

impl ToolServices<'_> {
    fn toolbox(&self, file: ToolsFile) -> Result<Toolbox, ConfigError> {
        let http = GuardedHttp::new(CallLimits::default().connect, &file.private_hosts);
        let lambda = Lambda::new(self.aws, self.http);
        let tool = |Declaration { mut tool, kind }| {
            tool.runs = match kind {
                Kind::CurrentTime => Runs::Server(Arc::new(CurrentTime::new(self.clock))),
                Kind::AskUser => Runs::Question,
                Kind::Client => Runs::Client,
                Kind::Lambda { function } => Runs::Server(lambda.runner(&tool.definition.name, &function)),
                Kind::Http(endpoint) => {
                    let endpoint = endpoint.with_secret(|source| self.secret(source))?;
                    Runs::Server(Arc::new(HttpRunner::new(http.clone(), endpoint, tool.max_output_bytes)))
                }
            };
            Ok(tool)
        };
        Ok(Toolbox::new(file.tools.into_iter().map(tool).collect::<Result<Vec<_>, ConfigError>>()?))
    }

    fn secret(&self, source: SecretSource) -> Result<Arc<Secret>, ConfigError> {
        let given = source.variable.as_deref().and_then(|variable| self.environment.optional(variable));
        match (given, source.id, source.variable) {
            (Some(value), ..) => Ok(Arc::new(Secret::given(value))),
            (None, Some(id), _) => Ok(Arc::new(Secret::kept(aws_sdk_secretsmanager::Client::new(self.aws), id))),
            (None, None, variable) => {
                let variable = variable.unwrap_or_default();
                Err(problem("TOOLS_FILE", format!("names the variable {variable} for a secret, which is not set")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_config::BehaviorVersion;

    use super::*;
    use crate::conversation::Timestamp;

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

    fn build(text: &str, tools: Option<&[&str]>, variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let agent = AgentConfig {
            id: "clerk".to_owned(),
            name: "Clerk".to_owned(),
            description: None,
            instructions: String::new(),
            tools: tools.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            max_steps: None,
            max_calls: None,
        };
        let config = ToolsConfig { file: "tools.toml".to_owned(), text: text.to_owned() };
        let services = ToolServices {
            environment: &Environment::of(variables),
            aws: &SdkConfig::builder().behavior_version(BehaviorVersion::v2026_01_12()).build(),
            http: &AwsHttp::new(),
            clock: Timestamp::now,
        };
        let toolboxes = toolboxes(Some(&config), &[agent], &services).map_err(|error| error.to_string())?;
        Ok(toolboxes[0].names().map(str::to_owned).collect())
    }

    #[test]
    fn an_agent_has_the_tools_that_it_names_or_all() {
        let key = [("SHOP_KEY", "sk-123")];
        assert_eq!(build(FILE, None, &key).unwrap(), ["current_time", "find_order"]);
        assert_eq!(build(FILE, Some(&["find_order"]), &key).unwrap(), ["find_order"]);
        assert_eq!(build(FILE, Some(&[]), &key).unwrap(), [""; 0]);
        let unknown = build(FILE, Some(&["refund"]), &key).unwrap_err();
        assert!(
            unknown.contains("AGENTS names the tool refund for clerk; there are: current_time, find_order"),
            "{unknown}"
        );
    }

    #[test]
    fn what_is_wrong_with_the_file_or_missing_for_it_is_named() {
        let missing = build(FILE, None, &[]).unwrap_err();
        assert!(missing.contains("TOOLS_FILE names the variable SHOP_KEY for a secret, which is not set"), "{missing}");
        let mistaken = build("[[tool]]\nname = 7\n", None, &[]).unwrap_err();
        assert!(mistaken.contains("TOOLS_FILE has mistakes:\ntools.toml:2: name must be"), "{mistaken}");
    }
}
