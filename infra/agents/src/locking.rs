//! Writes the locks of MCP servers, and says what has changed in them.

use std::path::Path;

use aws_config::BehaviorVersion;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use natter::agent_files::AgentFiles;
use natter::app::{ServerLock, lock_servers};
use natter::http_clients::AwsHttp;

/// Locks the tools of a server of this directory, or of all of them.
pub async fn lock(directory: &Path, files: &AgentFiles, server: Option<&str>) -> Result<String, String> {
    // Of secrets alone: without a region nothing is looked up where no machine of AWS is.
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else("us-east-1");
    let aws = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(region)
        .http_client(AwsHttp::new().for_sdk())
        .load()
        .await;
    let mut said = Vec::new();
    for lock in lock_servers(files, server, aws).await? {
        let path = directory.join(&lock.path);
        std::fs::write(&path, &lock.text).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        said.push(summary(&lock));
    }
    Ok(said.join("\n"))
}

fn summary(lock: &ServerLock) -> String {
    let mut lines = Vec::new();
    for (word, names) in
        [("added", &lock.changes.added), ("changed", &lock.changes.changed), ("removed", &lock.changes.removed)]
    {
        lines.extend(names.iter().map(|name| format!("  {word:<8} {}", name.escape_debug())));
    }
    lines.extend(lock.notes.iter().map(|note| format!("  {note}")));
    let ServerLock { server, path, .. } = lock;
    match lines.is_empty() {
        true => format!("{server}: nothing has changed."),
        false => format!("{server}: review {path} before you publish it.\n{}", lines.join("\n")),
    }
}
