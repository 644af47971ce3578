//! Locks the tools of MCP servers: looks up what they offer now, for somebody to review.

use std::collections::BTreeMap;

use aws_config::SdkConfig;

use super::tools::ToolServices;
use crate::agent_files::AgentFiles;
use crate::conversation::Timestamp;
use crate::environment::Environment;
use crate::http_clients::{AwsHttp, GuardedHttp};
use crate::llm::CallLimits;
use crate::tools::{Lock, LockChanges, MAX_TOOLS, McpServer, SecretSource, ToolsFile};

/// The lock of a server as it would be now.
#[derive(Debug)]
pub struct ServerLock {
    /// The name of the server.
    pub server: String,
    /// The path of its lock below the directory of the agents.
    pub path: String,
    /// The text of the lock.
    pub text: String,
    /// What is different from before.
    pub changes: LockChanges,
    /// Tools that are left out, and allowed ones that there are not, each in a sentence.
    pub notes: Vec<String>,
}

/// The lock of an MCP server among these files, or of all of them. Secrets come from the variables of this process, or from Secrets
/// Manager.
///
/// # Errors
/// A file is mistaken, or a server does not list its tools.
pub async fn lock_servers(files: &AgentFiles, only: Option<&str>, aws: SdkConfig) -> Result<Vec<ServerLock>, String> {
    let services =
        ToolServices { environment: Environment::of_process(), aws, http: AwsHttp::new(), clock: Timestamp::now };
    let mut locks = Vec::new();
    for (path, text) in files.iter() {
        let Some(name) = path.strip_prefix("tools/").and_then(|file| file.strip_suffix(".toml")) else { continue };
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let declared = ToolsFile::server(name, path, text).map_err(|mistakes| mistakes.to_string())?;
        let Some((private_hosts, server)) =
            declared.and_then(|mut declared| Some((declared.private_hosts, declared.servers.remove(name)?)))
        else {
            continue;
        };
        let http = GuardedHttp::new(CallLimits::default().connect, &private_hosts);
        let path = format!("tools/{name}.lock.json");
        let before = files.get(&path).and_then(|text| Lock::parse(text).ok()).unwrap_or_default();
        locks.push(
            lock(&services, &http, name, path, server, &before)
                .await
                .map_err(|problem| format!("{name}: {problem}"))?,
        );
    }
    match (locks.is_empty(), only) {
        (true, Some(only)) => Err(format!("there is no MCP server {only} in tools")),
        (true, None) => Err("there is no MCP server in tools".to_owned()),
        _ => Ok(locks),
    }
}

async fn lock(
    services: &ToolServices,
    http: &GuardedHttp,
    name: &str,
    path: String,
    server: McpServer<SecretSource>,
    before: &Lock,
) -> Result<ServerLock, String> {
    let (url, allowed) = (server.url.to_string(), server.allowed.clone());
    let client = services.client(http, name, server, BTreeMap::new())?;
    let listed = client.tools(MAX_TOOLS).await?;
    if listed.len() > MAX_TOOLS {
        return Err(format!(
            "the server has more than {MAX_TOOLS} tools: list those that you want in tools of its file"
        ));
    }
    let (mut tools, mut notes) = (BTreeMap::new(), Vec::new());
    for tool in listed {
        // What a server says is printed on somebody's terminal.
        let named = tool.name.chars().take(80).collect::<String>().escape_debug().to_string();
        match tool.check() {
            Err(problem) => notes.push(format!("{named} is left out: {problem}.")),
            Ok(()) if tools.contains_key(&tool.name) => {
                notes.push(format!("{named} is listed twice; the first is taken."));
            }
            Ok(()) => drop(tools.insert(tool.name.clone(), tool)),
        }
    }
    let missing = allowed.into_iter().flatten().filter(|name| !tools.contains_key(name));
    notes.extend(missing.map(|name| format!("{name} is allowed, but not locked: take it out of tools.")));
    let lock = Lock::new(&url, &tools.into_values().collect::<Vec<_>>());
    Ok(ServerLock { server: name.to_owned(), path, text: lock.text(), changes: lock.changes_since(before), notes })
}
