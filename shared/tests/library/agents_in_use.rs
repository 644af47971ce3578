//! Which agents answer: what is published is in use within a minute, and what cannot be used changes nothing.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use natter::agent_files::AgentFiles;
use natter::agents::{AgentsDirectory, ChatAgent};
use natter::config::AgentConfig;
use natter::conversation::AgentsVersion;
use natter::db::{AgentsStore, StoreError};
use natter::error::{ChatError, ErrorCode};
use natter::protocol::Choice;
use natter::services::{AgentChoice, AgentSource, BuildAgents, Catalog, ModelChoice, Started};
use tokio::time::advance;

use crate::support::{LogBook, ScriptedModel};

const MINUTE: Duration = Duration::from_secs(60);

/// What is published, and how often it is read.
#[derive(Default)]
struct Published {
    versions: Mutex<Vec<AgentFiles>>,
    in_use: Mutex<Option<u32>>,
    is_unreachable: AtomicBool,
    heads_read: AtomicUsize,
    documents_read: AtomicUsize,
}

impl Published {
    /// An agent with this name, or with an empty one a mistake.
    fn publish(&self, name: &str) {
        let mut versions = self.versions.lock().unwrap();
        let agent = format!("name = \"{name}\"");
        let files = [("clerk/agent.toml", agent.as_str()), ("clerk/instructions.md", "Be exact.")];
        versions.push(files.map(|(path, text)| (path.to_owned(), text.to_owned())).into_iter().collect());
        *self.in_use.lock().unwrap() = u32::try_from(versions.len()).ok();
    }

    fn use_version(&self, number: u32) {
        *self.in_use.lock().unwrap() = Some(number);
    }

    fn reads(&self) -> (usize, usize) {
        (self.heads_read.load(Ordering::Relaxed), self.documents_read.load(Ordering::Relaxed))
    }

    fn check(&self) -> Result<(), StoreError> {
        match self.is_unreachable.load(Ordering::Relaxed) {
            true => Err(StoreError::Unavailable("no route".to_owned())),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl AgentsStore for Published {
    async fn agents_in_use(&self) -> Result<Option<AgentsVersion>, StoreError> {
        self.check()?;
        self.heads_read.fetch_add(1, Ordering::Relaxed);
        Ok(self.in_use.lock().unwrap().map(AgentsVersion::published))
    }

    async fn agents(&self, version: &AgentsVersion) -> Result<Option<AgentFiles>, StoreError> {
        self.check()?;
        self.documents_read.fetch_add(1, Ordering::Relaxed);
        let index = version.number().unwrap() as usize - 1;
        Ok(self.versions.lock().unwrap().get(index).cloned())
    }
}

fn build() -> BuildAgents {
    Box::new(|directory: AgentsDirectory| Ok(directory.agents.into_iter().map(built).collect()))
}

fn built(AgentConfig { id, name, description, instructions, model, is_listed, .. }: AgentConfig) -> AgentChoice {
    let choice = Choice { id, name, description };
    AgentChoice { choice, agent: Arc::new(ChatAgent::new(instructions)), model, is_listed }
}

fn catalog(published: &Arc<Published>) -> Catalog {
    let unpublished = built(AgentConfig::new("assistant", "Nobody yet", String::new()));
    with(AgentSource::published(Arc::clone(published) as _, vec![unpublished], build()))
}

fn with(agents: AgentSource) -> Catalog {
    let model =
        ModelChoice { model: Arc::new(ScriptedModel::new([])), prices: Arc::default(), first_part: Arc::default() };
    Catalog::new(vec![model], agents)
}

/// The name of the agent that answers a message.
async fn answers(catalog: &Catalog) -> Result<String, ErrorCode> {
    let chosen = catalog.offer().await.choose(None, None);
    chosen.map(|chosen| chosen.agent.choice.name).map_err(|error: ChatError| error.code)
}

#[tokio::test(start_paused = true)]
async fn what_is_published_is_in_use_within_a_minute() {
    let published = Arc::new(Published::default());
    let catalog = catalog(&published);
    assert_eq!(answers(&catalog).await.unwrap(), "Nobody yet");

    published.publish("A");
    assert_eq!(answers(&catalog).await.unwrap(), "Nobody yet", "it was looked up a moment ago");
    advance(MINUTE).await;
    assert_eq!(answers(&catalog).await.unwrap(), "A");

    published.publish("B");
    advance(MINUTE).await;
    assert_eq!(answers(&catalog).await.unwrap(), "B");

    published.use_version(1);
    advance(MINUTE).await;
    assert_eq!(answers(&catalog).await.unwrap(), "A");
    assert_eq!(published.reads(), (4, 2), "a version that is known is not read again");
}

#[tokio::test(start_paused = true)]
async fn a_turn_goes_on_with_the_version_that_it_began_with() {
    let published = Arc::new(Published::default());
    let catalog = catalog(&published);
    published.publish("A");
    let begun = catalog.offer().await.choose(None, None).unwrap();
    assert_eq!(begun.version, Some(AgentsVersion::published(1)));
    published.publish("B");
    advance(MINUTE).await;
    assert_eq!(answers(&catalog).await.unwrap(), "B");

    let gone = AgentsVersion::published(9);
    // Also in a process that has not seen it before.
    for catalog in [catalog, self::catalog(&published)] {
        let goes_on = async |version| {
            let started = Started { agent: Some("clerk"), version, ..Started::default() };
            catalog.go_on_with(started).await.unwrap().agent.choice.name
        };
        assert_eq!(goes_on(begun.version.as_ref()).await, "A");
        assert_eq!(goes_on(Some(&gone)).await, "B", "of what is gone, the agents of now");
        assert_eq!(goes_on(None).await, "B");
    }
}

#[tokio::test(start_paused = true)]
async fn agents_with_mistakes_change_nothing_and_are_logged_once() {
    let log = LogBook::open();
    let published = Arc::new(Published::default());
    let catalog = catalog(&published);
    published.publish("A");
    assert_eq!(answers(&catalog).await.unwrap(), "A");
    published.publish("");
    for _ in 0..3 {
        advance(MINUTE).await;
        assert_eq!(answers(&catalog).await.unwrap(), "A");
    }
    let mistake = "clerk/agent.toml:1: name must be a text";
    assert_eq!(log.text().matches(mistake).count(), 1, "{}", log.text());

    // Where nothing is known from before, nothing answers: no other agent does in its place.
    let other = self::catalog(&published);
    for _ in 0..2 {
        assert_eq!(answers(&other).await.unwrap_err(), ErrorCode::Misconfigured);
    }
    published.publish("C");
    advance(MINUTE).await;
    assert_eq!(answers(&other).await.unwrap(), "C");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_read_again_with_the_next_turn() {
    let published = Arc::new(Published::default());
    let catalog = catalog(&published);
    published.publish("A");
    published.is_unreachable.store(true, Ordering::Relaxed);
    assert_eq!(answers(&catalog).await.unwrap_err(), ErrorCode::Internal);
    published.is_unreachable.store(false, Ordering::Relaxed);
    assert_eq!(answers(&catalog).await.unwrap(), "A");

    published.publish("B");
    published.is_unreachable.store(true, Ordering::Relaxed);
    advance(MINUTE).await;
    assert_eq!(answers(&catalog).await.unwrap(), "A", "those that are known stay in use");
    published.is_unreachable.store(false, Ordering::Relaxed);
    assert_eq!(answers(&catalog).await.unwrap(), "B");
}

#[tokio::test]
async fn a_hidden_agent_is_not_for_clients() {
    let agent = |id: &str, is_listed| built(AgentConfig { is_listed, ..AgentConfig::new(id, id, String::new()) });
    let catalog = with(AgentSource::fixed(vec![agent("assistant", true), agent("helper", false)]));
    let listed = catalog.describe_agents().await.unwrap();
    assert_eq!(listed.into_iter().map(|choice| choice.id).collect::<Vec<_>>(), ["assistant"]);
    let refused = catalog.offer().await.choose(None, Some("helper")).map(drop).unwrap_err();
    assert_eq!(refused.code, ErrorCode::InvalidFrame);
}

/// A directory with one agent, which is removed in the end.
struct Directory(PathBuf);

impl Directory {
    fn of(test: &str, name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("natter-agents-{test}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("clerk/skills")).unwrap();
        let directory = Self(folder);
        directory.write("clerk/instructions.md", b"Be exact.");
        directory.name(name);
        directory
    }

    fn name(&self, name: &str) {
        self.write("clerk/agent.toml", format!("name = \"{name}\"").as_bytes());
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        std::fs::write(self.0.join(path), bytes).unwrap();
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn a_directory_is_read_but_for_hidden_files() {
    let directory = Directory::of("read", "A");
    directory.write(".DS_Store", b"\xff");
    directory.write("clerk/skills/refunds.md", b"Refunds.");
    let read = AgentFiles::read(&directory.0).unwrap();
    let paths: Vec<_> = read.iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["clerk/agent.toml", "clerk/instructions.md", "clerk/skills/refunds.md"]);
    directory.name("B");
    assert_ne!(AgentFiles::read(&directory.0).unwrap().version(), read.version());
    directory.write("clerk/logo.png", b"\xff\xfe");
    assert!(AgentFiles::read(&directory.0).unwrap_err().to_string().contains("clerk/logo.png"));
}

#[tokio::test]
async fn a_directory_is_read_again_when_it_changes() {
    let directory = Directory::of("changed", "");
    let source = || AgentSource::directory(directory.0.clone(), build());
    let mistake = source().map(drop).unwrap_err();
    assert!(mistake.starts_with("clerk/agent.toml:1: name must be"), "{mistake}");

    directory.name("A");
    let catalog = with(source().unwrap());
    assert_eq!(answers(&catalog).await.unwrap(), "A");
    for (written, answering) in [("B", "B"), ("", "B"), ("C", "C")] {
        directory.name(written);
        assert_eq!(answers(&catalog).await.unwrap(), answering);
    }
}
