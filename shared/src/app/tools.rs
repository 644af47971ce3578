//! Builds the tools of a deployment: what the file declares, each with what runs it.

use std::sync::Arc;

use aws_config::SdkConfig;

use crate::config::AgentConfig;
use crate::conversation::Clock;
use crate::environment::Environment;
use crate::http_clients::{AwsHttp, GuardedHttp};
use crate::llm::CallLimits;
use crate::secret::Secret;
use crate::tools::{CurrentTime, Declaration, HttpRunner, Kind, Lambda, Runs, SecretSource, Toolbox, ToolsFile};

/// What runs tools.
pub struct ToolServices {
    /// The environment, which may hold secrets.
    pub environment: Environment<'static>,
    /// The configuration of AWS's clients.
    pub aws: SdkConfig,
    /// Their connections.
    pub http: AwsHttp,
    /// The time that is told.
    pub clock: Clock,
}

/// The tools of an agent, among those that there are.
///
/// # Errors
/// It names one that there is not.
pub fn of_agent(all: &Toolbox, agent: &AgentConfig) -> Result<Toolbox, String> {
    let Some(names) = &agent.tools else { return Ok(all.clone()) };
    all.only(names).map_err(|unknown| {
        let known = all.names().collect::<Vec<_>>().join(", ");
        format!("the agent {} names the tool {unknown}; there are: {known}", agent.id)
    })
}

impl ToolServices {
    /// The tools that are declared, each with what runs it. Nothing is connected to yet.
    ///
    /// # Errors
    /// A secret is in a variable that is not set.
    pub fn toolbox(&self, declared: ToolsFile) -> Result<Toolbox, String> {
        let http = GuardedHttp::new(CallLimits::default().connect, &declared.private_hosts);
        let lambda = Lambda::new(&self.aws, &self.http);
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
        Ok(Toolbox::new(declared.tools.into_iter().map(tool).collect::<Result<Vec<_>, String>>()?))
    }

    fn secret(&self, source: SecretSource) -> Result<Arc<Secret>, String> {
        let given = source.variable.as_deref().and_then(|variable| self.environment.optional(variable));
        match (given, source.id, source.variable) {
            (Some(value), ..) => Ok(Arc::new(Secret::given(value))),
            (None, Some(id), _) => Ok(Arc::new(Secret::kept(aws_sdk_secretsmanager::Client::new(&self.aws), id))),
            (None, None, variable) => {
                let variable = variable.unwrap_or_default();
                Err(format!("a tool's secret is in the variable {variable}, which is not set"))
            }
        }
    }
}
