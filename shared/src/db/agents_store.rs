//! The traits of a store of the agents that are published: what a turn reads of it, and what a person does.

use async_trait::async_trait;

use super::error::StoreError;
use crate::agent_files::AgentFiles;
use crate::conversation::{AgentsVersion, Timestamp};

/// Reads the agents that are published: each version is one document, and one of them is in use.
#[async_trait]
pub trait AgentsStore: Send + Sync {
    /// The version in use; `None` if nothing was published. One that was published a moment ago may not be seen yet.
    async fn agents_in_use(&self) -> Result<Option<AgentsVersion>, StoreError>;

    /// The files of a version, if there is one.
    async fn agents(&self, version: &AgentsVersion) -> Result<Option<AgentFiles>, StoreError>;
}

/// Publishes agents.
#[async_trait]
pub trait AgentsPublisher: Send + Sync {
    /// Stores the files as a new version and puts it into use, unless they are those in use already.
    ///
    /// # Errors
    /// [`StoreError::Stale`]: another version was published meanwhile.
    async fn publish_agents(&self, files: &AgentFiles, now: Timestamp) -> Result<Publication, StoreError>;

    /// Puts a version into use. Returns whether there is one.
    async fn use_agents(&self, version: &AgentsVersion) -> Result<bool, StoreError>;

    /// Removes a version that is not in use: turns that began with it go on with the agents in use. Returns whether it is gone.
    async fn remove_agents(&self, version: &AgentsVersion) -> Result<bool, StoreError>;

    /// The versions, newest first.
    async fn agents_versions(&self) -> Result<Vec<PublishedVersion>, StoreError>;
}

/// What became of files that were to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publication {
    /// They are this version, which is in use now.
    Published(AgentsVersion),
    /// They are the version in use already.
    Unchanged(AgentsVersion),
}

/// A version of the agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedVersion {
    /// The version.
    pub version: AgentsVersion,
    /// When it was published.
    pub published_at: Timestamp,
    /// Whether it is in use.
    pub is_in_use: bool,
}
