//! `make agents`: checks the files of agents and publishes them, lists what was published, puts an earlier version into use again, or
//! locks the tools of MCP servers.

mod locking;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use natter::agent_files::AgentFiles;
use natter::app::{check_agents, operators_table};
use natter::conversation::{AgentsVersion, Timestamp};
use natter::db::{AgentsPublisher, DynamoStore, Publication, PublishedVersion, StoreError};

/// How soon every function uses what is published.
const SOON: &str = "in use within a minute";

#[derive(Parser)]
#[command(name = "agents", about = "Publishes the agents of a deployment")]
struct Settings {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Says what is wrong with a directory of agents.
    Check(Source),
    /// Looks up the tools of MCP servers, and writes them beside the servers' files for somebody to review.
    Lock {
        /// The directory.
        directory: PathBuf,
        /// The server; without it, all of them.
        server: Option<String>,
    },
    /// Checks a directory and publishes it as a new version.
    Publish {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        table: Table,
    },
    /// Lists the versions that were published, newest first.
    List(Table),
    /// Puts a version into use again.
    Use {
        /// The number of the version.
        version: u32,
        #[command(flatten)]
        table: Table,
    },
    /// Removes a version that is not in use, for turns that still wait with it, too.
    Remove {
        /// The number of the version.
        version: u32,
        #[command(flatten)]
        table: Table,
    },
}

#[derive(Args)]
struct Source {
    /// The directory.
    directory: PathBuf,
    /// The models of the deployment, separated by commas: those that an agent may name.
    #[arg(long, value_delimiter = ',')]
    models: Vec<String>,
}

#[derive(Args)]
struct Table {
    /// The table: the stack's output TableName, or the one that `make dev` names.
    #[arg(long)]
    table: String,
    /// The database's address, where it is not AWS: the one that `make dev` prints.
    #[arg(long)]
    endpoint: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Settings::parse().command).await {
        Ok(done) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<String, String> {
    match command {
        Command::Check(source) => source.check().map(|(_, agents)| format!("{}: {agents}", source.directory.display())),
        Command::Lock { directory, server } => locking::lock(&directory, &read(&directory)?, server.as_deref()).await,
        Command::Publish { source, table } => {
            let (files, agents) = source.check()?;
            let published = table.store().await.publish_agents(&files, Timestamp::now()).await;
            Ok(match published.map_err(said)? {
                Publication::Published(version) => format!("Published version {version}, {SOON}: {agents}"),
                Publication::Unchanged(version) => format!("Nothing has changed since version {version}: {agents}"),
            })
        }
        Command::List(table) => {
            let versions = table.store().await.agents_versions().await.map_err(said)?;
            Ok(match versions.is_empty() {
                true => "No agents are published.".to_owned(),
                false => versions.iter().map(listed).collect::<Vec<_>>().join("\n"),
            })
        }
        Command::Use { version, table } => {
            let is_there = table.store().await.use_agents(&AgentsVersion::published(version)).await.map_err(said)?;
            match is_there {
                true => Ok(format!("Version {version}, {SOON}.")),
                false => Err(format!("There is no version {version}.")),
            }
        }
        Command::Remove { version, table } => {
            match table.store().await.remove_agents(&AgentsVersion::published(version)).await.map_err(said)? {
                true => Ok(format!("Version {version} is removed. Functions may know it until they end.")),
                false => Err(format!("Version {version} is in use. Publish or use another one first.")),
            }
        }
    }
}

impl Source {
    // The files, and the names of the agents.
    fn check(&self) -> Result<(AgentFiles, String), String> {
        let files = read(&self.directory)?;
        let agents = check_agents(&files, &self.models)?;
        Ok((files, agents.join(", ")))
    }
}

impl Table {
    async fn store(&self) -> DynamoStore {
        operators_table(&self.table, self.endpoint.as_deref()).await
    }
}

fn read(directory: &Path) -> Result<AgentFiles, String> {
    AgentFiles::read(directory).map_err(|error| format!("{} cannot be read: {error}", directory.display()))
}

fn listed(published: &PublishedVersion) -> String {
    let millis = i64::try_from(published.published_at.0).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    let mark = if published.is_in_use { "  in use" } else { "" };
    format!("{:>5}  {}{mark}", published.version.to_string(), time.strftime("%Y-%m-%d %H:%M:%S UTC"))
}

fn said(error: StoreError) -> String {
    match error {
        StoreError::Stale => {
            "Somebody else has published agents at this moment. Look at theirs, and publish again.".to_owned()
        }
        error => error.to_string(),
    }
}
