//! Builds the tools of a deployment: what the file declares, each with what runs it.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::SdkConfig;

use crate::config::AgentConfig;
use crate::conversation::Clock;
use crate::environment::Environment;
use crate::http_clients::{AwsHttp, GuardedHttp};
use crate::llm::CallLimits;
use crate::secret::Secret;
use crate::tools::{
    CurrentTime, Declaration, HttpRunner, Kind, Lambda, McpClient, McpServer, Runs, SecretSource, Toolbox, ToolsFile,
};

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
        let servers = self.servers(&http, declared.servers, &declared.tools)?;
        let tool = |Declaration { mut tool, kind }| {
            tool.runs = match kind {
                Kind::CurrentTime => Runs::Server(Arc::new(CurrentTime::new(self.clock))),
                Kind::AskUser => Runs::Question,
                Kind::Client => Runs::Client,
                Kind::Mcp { server, tool: name, .. } => match servers.get(&server) {
                    Some(client) => Runs::Server(Arc::new(client.runner(&name, tool.timeout))),
                    None => return Err(format!("the tool {name} is of the server {server}, which is not declared")),
                },
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

    fn servers(
        &self,
        http: &GuardedHttp,
        servers: BTreeMap<String, McpServer<SecretSource>>,
        tools: &[Declaration],
    ) -> Result<BTreeMap<String, Arc<McpClient>>, String> {
        let mut reviewed = BTreeMap::<&str, BTreeMap<String, String>>::new();
        for declaration in tools {
            if let Kind::Mcp { server, tool, hash } = &declaration.kind {
                reviewed.entry(server).or_default().insert(tool.clone(), hash.clone());
            }
        }
        let client = |(name, server): (String, McpServer<SecretSource>)| {
            let reviewed = reviewed.remove(name.as_str()).unwrap_or_default();
            Ok((name.clone(), Arc::new(self.client(http, &name, server, reviewed)?)))
        };
        servers.into_iter().map(client).collect()
    }

    /// An MCP server with this name, and the hashes of its tools as they were reviewed. Nothing is connected to yet.
    ///
    /// # Errors
    /// Its secret is in a variable that is not set.
    pub fn client(
        &self,
        http: &GuardedHttp,
        name: &str,
        server: McpServer<SecretSource>,
        reviewed: BTreeMap<String, String>,
    ) -> Result<McpClient, String> {
        let server = server.with_secret(|source| self.secret(source))?;
        Ok(McpClient::new(name, http.clone(), server, reviewed))
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
