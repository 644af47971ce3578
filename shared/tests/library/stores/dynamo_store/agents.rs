//! The agents that are published: versions, and which of them is in use.

use natter::agent_files::AgentFiles;
use natter::conversation::{AgentsVersion, Timestamp};
use natter::db::{AgentsPublisher, AgentsStore, Publication, StoreError};

use super::start;

fn files(name: &str) -> AgentFiles {
    [("assistant/agent.toml".to_owned(), format!("name = \"{name}\""))].into_iter().collect()
}

fn version(number: u32) -> AgentsVersion {
    AgentsVersion::published(number)
}

#[tokio::test]
async fn each_publication_is_a_version_that_can_be_used_again() {
    let (_database, store) = start().await;
    assert_eq!(store.agents_in_use().await.unwrap(), None);
    assert_eq!(store.agents(&version(1)).await.unwrap(), None);
    assert!(!store.use_agents(&version(1)).await.unwrap(), "there is none");
    assert_eq!(store.agents_versions().await.unwrap(), []);

    let now = Timestamp::now();
    let publish = async |name: &str| store.publish_agents(&files(name), now).await.unwrap();
    assert_eq!(publish("a").await, Publication::Published(version(1)));
    assert_eq!(publish("b").await, Publication::Published(version(2)));
    assert_eq!(publish("b").await, Publication::Unchanged(version(2)));
    assert_eq!(store.agents_in_use().await.unwrap(), Some(version(2)));
    assert_eq!(store.agents(&version(1)).await.unwrap(), Some(files("a")));

    assert!(store.use_agents(&version(1)).await.unwrap());
    assert!(!store.use_agents(&version(7)).await.unwrap());
    assert_eq!(store.agents_in_use().await.unwrap(), Some(version(1)));
    assert!(!store.remove_agents(&version(1)).await.unwrap(), "it is in use");
    assert!(store.remove_agents(&version(2)).await.unwrap());
    assert_eq!(store.agents(&version(2)).await.unwrap(), None);
    assert_eq!(publish("c").await, Publication::Published(version(3)), "numbers are not used again");
    let versions = store.agents_versions().await.unwrap();
    let listed: Vec<_> = versions.into_iter().map(|published| (published.version, published.is_in_use)).collect();
    assert_eq!(listed, [(version(3), true), (version(1), false)]);
}

#[tokio::test]
async fn of_two_publications_at_once_one_is_refused() {
    let (_database, store) = start().await;
    let now = Timestamp::now();
    store.publish_agents(&files("first"), now).await.unwrap();
    let (a, b) = (files("a"), files("b"));
    let both = tokio::join!(store.publish_agents(&a, now), store.publish_agents(&b, now));
    let is_refused = |result: &Result<Publication, StoreError>| matches!(result, Err(StoreError::Stale));
    let published = [both.0, both.1];
    // One may have come after the other after all.
    let refused = published.iter().filter(|result| is_refused(result)).count();
    assert!(refused <= 1 && published.iter().all(|result| result.is_ok() || is_refused(result)), "{published:?}");
    assert_eq!(store.agents_versions().await.unwrap().len(), 3 - refused);
}
