//! The agents that are published, as they are stored.

use serde::{Deserialize, Serialize};

use super::key::Key;
use crate::agent_files::AgentFiles;
use crate::conversation::Timestamp;

/// Which version is in use, and the number of the newest.
#[derive(Serialize, Deserialize)]
pub struct AgentsHeadItem {
    #[serde(flatten)]
    key: Key,
    /// The version in use.
    pub current: u32,
    /// The newest version.
    pub newest: u32,
}

/// A version of the agents. It never changes.
#[derive(Serialize, Deserialize)]
pub struct AgentsItem {
    #[serde(flatten)]
    key: Key,
    /// Its number.
    pub version: u32,
    /// The files, as JSON: an object of their paths and texts.
    pub files: String,
    /// When it was published.
    pub published_at: Timestamp,
}

/// A version of the agents, without its files.
#[derive(Deserialize)]
pub struct AgentsSummary {
    /// Its number.
    pub version: u32,
    /// When it was published.
    pub published_at: Timestamp,
}

impl AgentsHeadItem {
    /// The newest version is in use.
    pub fn newest(version: u32) -> Self {
        Self { key: Key::agents_head(), current: version, newest: version }
    }
}

impl AgentsItem {
    /// A version with these files.
    pub fn new(version: u32, files: &AgentFiles, published_at: Timestamp) -> serde_json::Result<Self> {
        Ok(Self { key: Key::agents(version), version, files: serde_json::to_string(files)?, published_at })
    }
}
