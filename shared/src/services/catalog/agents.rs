//! The agents of a server: those of the environment, of a directory, or those that are published.
//!
//! What is published is looked up once a minute, within the first database round trip of a turn, and read whole only when
//! it has changed. What cannot be read or used is logged, and the agents known before stay in use.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::error::CatalogError;
use crate::agent_files::AgentFiles;
use crate::agents::{AgentsDirectory, ChatAgent};
use crate::conversation::AgentsVersion;
use crate::db::AgentsStore;
use crate::protocol::Choice;

/// How long agents are used before it is looked up whether others were published.
const REFRESH_AFTER: Duration = Duration::from_secs(60);

/// How many earlier versions are kept, for turns that began with one.
const MAX_EARLIER: usize = 4;

/// An agent.
#[derive(Clone)]
pub struct AgentChoice {
    /// Its description for clients.
    pub choice: Choice,
    /// Makes prompts of messages, and replies of deltas.
    pub agent: Arc<ChatAgent>,
    /// The name of the model that it asks if a message names none.
    pub model: Option<String>,
    /// Whether clients may choose it.
    pub is_listed: bool,
}

/// Makes the agents of a directory, at least one. The error says what is wrong with them.
pub type BuildAgents = Box<dyn Fn(AgentsDirectory) -> Result<Vec<AgentChoice>, String> + Send + Sync>;

/// One version of the agents, at least one of them.
pub(super) struct AgentSet {
    /// `None` of those in the environment.
    pub(super) version: Option<AgentsVersion>,
    agents: Vec<AgentChoice>,
}

/// Where agents come from.
pub struct AgentSource {
    origin: Origin,
    build: BuildAgents,
    known: Mutex<Known>,
}

enum Origin {
    Environment,
    /// A directory that is read for each turn.
    Directory(PathBuf),
    Published {
        store: Arc<dyn AgentsStore>,
        /// Those in use as long as nothing is published.
        unpublished: Arc<AgentSet>,
    },
}

#[derive(Default)]
struct Known {
    current: Option<Arc<AgentSet>>,
    // The newest last.
    earlier: Vec<Arc<AgentSet>>,
    looked_up: Option<Instant>,
    // The version that could not be used, which is logged once.
    rejected: Option<AgentsVersion>,
}

/// Why agents cannot be used.
enum Problem {
    /// They could not be read.
    Unreadable(String),
    /// Something is wrong with this version.
    Unusable(AgentsVersion, String),
}

impl AgentSet {
    fn new(version: Option<AgentsVersion>, agents: Vec<AgentChoice>) -> Arc<Self> {
        assert!(!agents.is_empty(), "there is an agent to choose");
        Arc::new(Self { version, agents })
    }

    /// The agent with this id, or without an id the first.
    pub(super) fn find(&self, id: Option<&str>) -> Option<&AgentChoice> {
        self.agents.iter().find(|choosable| id.is_none_or(|id| choosable.choice.id == id))
    }

    /// The agent of messages that name none.
    pub(super) fn first(&self) -> &AgentChoice {
        &self.agents[0]
    }

    /// Those that clients may choose.
    pub(super) fn listed(&self) -> impl Iterator<Item = &AgentChoice> {
        self.agents.iter().filter(|agent| agent.is_listed)
    }
}

impl AgentSource {
    /// Agents that do not change, at least one.
    pub fn fixed(agents: Vec<AgentChoice>) -> Self {
        let known = Known { current: Some(AgentSet::new(None, agents)), ..Known::default() };
        let build = Box::new(|_| Err("these agents do not change".to_owned()));
        Self { origin: Origin::Environment, build, known: Mutex::new(known) }
    }

    /// The agents of a directory, which is read again for each turn. For development.
    ///
    /// # Errors
    /// The directory cannot be read, or what is wrong with it.
    pub fn directory(directory: PathBuf, build: BuildAgents) -> Result<Self, String> {
        let mut source = Self { origin: Origin::Directory(directory), build, known: Mutex::default() };
        let Origin::Directory(directory) = &source.origin else { return Ok(source) };
        let files = AgentFiles::read(directory).map_err(|error| error.to_string())?;
        match source.build(files.version(), &files) {
            Ok(set) => source.known.get_mut().current = Some(set),
            Err(Problem::Unusable(_, cause) | Problem::Unreadable(cause)) => return Err(cause),
        }
        Ok(source)
    }

    /// The agents that are published; as long as nothing is, `unpublished`, at least one.
    pub fn published(store: Arc<dyn AgentsStore>, unpublished: Vec<AgentChoice>, build: BuildAgents) -> Self {
        let unpublished = AgentSet::new(None, unpublished);
        Self { origin: Origin::Published { store, unpublished }, build, known: Mutex::default() }
    }

    /// The agents as they are now.
    ///
    /// # Errors
    /// They cannot be read, or cannot be used, and none are known from before.
    pub(super) async fn current(&self) -> Result<Arc<AgentSet>, CatalogError> {
        // Others wait meanwhile: for one read, once a minute.
        let mut known = self.known.lock().await;
        if self.is_due(&known) {
            known.looked_up = Some(Instant::now());
            match self.look_up(&known).await {
                Ok(None) => {}
                Ok(Some(set)) => known.replace(set),
                Err(problem) => return known.current_despite(problem),
            }
        }
        known.current.clone().ok_or(CatalogError::Unusable)
    }

    /// The agents of a version, as long as it exists; else those of now.
    ///
    /// # Errors
    /// See [`Self::current`].
    pub(super) async fn at(&self, version: Option<&AgentsVersion>) -> Result<Arc<AgentSet>, CatalogError> {
        let Some(version) = version else { return self.current().await };
        if let Some(known) = self.known.lock().await.find(version) {
            return Ok(known);
        }
        let Origin::Published { store, .. } = &self.origin else { return self.current().await };
        match self.read(&**store, version).await {
            Ok(set) => {
                self.known.lock().await.keep(Arc::clone(&set));
                Ok(set)
            }
            Err(problem) => {
                tracing::warn!(%problem, "the agents that a turn began with cannot be used; it goes on with those of now");
                self.current().await
            }
        }
    }

    fn is_due(&self, known: &Known) -> bool {
        match self.origin {
            Origin::Environment => false,
            Origin::Directory(_) => true,
            Origin::Published { .. } => known.looked_up.is_none_or(|at| at.elapsed() >= REFRESH_AFTER),
        }
    }

    // The agents that are in use now, unless they are those that are known, or were rejected before.
    async fn look_up(&self, known: &Known) -> Result<Option<Arc<AgentSet>>, Problem> {
        let current = known.current.as_ref().and_then(|set| set.version.as_ref());
        let is_known = |version: &AgentsVersion| Some(version) == current || Some(version) == known.rejected.as_ref();
        match &self.origin {
            Origin::Environment => Ok(None),
            Origin::Directory(directory) => {
                let files = AgentFiles::read(directory).map_err(|error| Problem::Unreadable(error.to_string()))?;
                let version = files.version();
                if is_known(&version) { Ok(None) } else { self.build(version, &files).map(Some) }
            }
            Origin::Published { store, unpublished } => {
                let in_use = store.agents_in_use().await.map_err(|error| Problem::Unreadable(error.to_string()))?;
                match in_use {
                    None => Ok(known.current.is_none().then(|| Arc::clone(unpublished))),
                    Some(version) if is_known(&version) => Ok(None),
                    Some(version) => match known.find(&version) {
                        Some(set) => Ok(Some(set)),
                        None => self.read(&**store, &version).await.map(Some),
                    },
                }
            }
        }
    }

    async fn read(&self, store: &dyn AgentsStore, version: &AgentsVersion) -> Result<Arc<AgentSet>, Problem> {
        let files = store.agents(version).await.map_err(|error| Problem::Unreadable(error.to_string()))?;
        let files = files.ok_or_else(|| Problem::Unreadable(format!("there is no version {version}")))?;
        self.build(version.clone(), &files)
    }

    fn build(&self, version: AgentsVersion, files: &AgentFiles) -> Result<Arc<AgentSet>, Problem> {
        let directory = AgentsDirectory::parse(files).map_err(|mistakes| mistakes.to_string());
        match directory.and_then(&self.build) {
            Ok(agents) => Ok(AgentSet::new(Some(version), agents)),
            Err(problem) => Err(Problem::Unusable(version, problem)),
        }
    }
}

impl Known {
    fn find(&self, version: &AgentsVersion) -> Option<Arc<AgentSet>> {
        let all = self.current.iter().chain(&self.earlier);
        all.filter(|set| set.version.as_ref() == Some(version)).map(Arc::clone).next()
    }

    fn replace(&mut self, set: Arc<AgentSet>) {
        self.earlier.retain(|known| known.version != set.version);
        if let Some(before) = self.current.replace(set) {
            self.keep(before);
        }
    }

    fn keep(&mut self, set: Arc<AgentSet>) {
        // Two turns may have read it at once.
        self.earlier.retain(|known| known.version != set.version);
        self.earlier.push(set);
        if self.earlier.len() > MAX_EARLIER {
            self.earlier.remove(0);
        }
    }

    // The agents known from before, if there are any. The next turn tries again what could not be read.
    fn current_despite(&mut self, problem: Problem) -> Result<Arc<AgentSet>, CatalogError> {
        match &self.current {
            Some(_) => tracing::error!(%problem, "the agents cannot be used; those from before stay in use"),
            None => tracing::error!(%problem, "the agents cannot be used"),
        }
        let error = match problem {
            Problem::Unusable(version, _) => {
                self.rejected = Some(version);
                CatalogError::Unusable
            }
            Problem::Unreadable(_) => {
                self.looked_up = None;
                CatalogError::Unreadable
            }
        };
        self.current.clone().ok_or(error)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(cause) => write!(formatter, "they cannot be read: {cause}"),
            Self::Unusable(version, mistakes) => write!(formatter, "version {version} has mistakes:\n{mistakes}"),
        }
    }
}
