//! Secrets, fetched with the real SDK from a server that answers as Secrets Manager does.

use std::time::Duration;

use natter::secret::{Secret, SecretValue};

use crate::support::{SecretStore, pass, until};

#[tokio::test]
async fn a_secret_is_fetched_once_and_failures_are_not_remembered() {
    let store = SecretStore::start().await;
    let secret = store.secret();
    let refused = secret.value().await.unwrap_err();
    assert!(refused.to_string().contains("model-key"), "{refused}");
    assert!(refused.to_string().contains("AccessDeniedException"), "{refused}");

    store.keep("sk-123\n");
    assert_eq!(secret.value().await.unwrap().expose(), "sk-123");
    assert_eq!(secret.value().await.unwrap().expose(), "sk-123");
    assert_eq!(store.asked(), 2);
}

#[tokio::test]
async fn a_rejected_value_is_refetched_at_most_once_a_minute() {
    let store = SecretStore::keeping("sk-old").await;
    let secret = store.secret();
    let old = secret.value().await.unwrap();
    store.keep("sk-new");
    assert_eq!(secret.instead_of(&old).await.unwrap(), None, "it was fetched only a moment ago");

    pass(Duration::from_secs(61)).await;
    let new = secret.instead_of(&old).await.unwrap().unwrap();
    assert_eq!(new.expose(), "sk-new");
    // Another call that was made with the old value, and one with the new.
    assert_eq!(secret.instead_of(&old).await.unwrap(), Some(new.clone()));
    assert_eq!(secret.instead_of(&new).await.unwrap(), None);
    assert_eq!(store.asked(), 2);
}

#[tokio::test]
async fn a_stale_value_is_refreshed_and_kept_if_that_fails() {
    let store = SecretStore::keeping("sk-old").await;
    let secret = store.secret();
    secret.value().await.unwrap();
    secret.refresh().await;
    assert_eq!(store.asked(), 1, "it is not old yet");

    store.refuse();
    pass(Duration::from_secs(16 * 60)).await;
    secret.refresh().await;
    assert_eq!(secret.value().await.unwrap().expose(), "sk-old");

    store.keep("sk-new");
    pass(Duration::from_secs(16 * 60)).await;
    secret.refresh().await;
    assert_eq!(secret.value().await.unwrap().expose(), "sk-new");
    assert_eq!(store.asked(), 3);
}

#[tokio::test]
async fn a_refresh_does_not_block_callers_of_the_cached_value() {
    let store = SecretStore::keeping("sk-123").await;
    let secret = store.secret();
    secret.value().await.unwrap();
    store.fall_silent();
    pass(Duration::from_secs(16 * 60)).await;

    let beside = async {
        until(|| store.asked() == 2).await;
        secret.value().await
    };
    let beside = tokio::time::timeout(Duration::from_secs(15), beside);
    tokio::select! {
        () = secret.refresh() => panic!("the store is silent"),
        beside = beside => assert_eq!(beside.unwrap().unwrap().expose(), "sk-123"),
    }
}

#[tokio::test]
async fn a_given_value_is_never_fetched() {
    let secret = Secret::given("sk-123".to_owned());
    let value = secret.value().await.unwrap();
    secret.refresh().await;
    assert_eq!(secret.instead_of(&value).await.unwrap(), None);
}

#[tokio::test]
async fn no_secret_shows_in_debug_output() {
    let secret = Secret::given("sk-123".to_owned());
    let shown = format!("{secret:?} {:?} {:?}", secret.value().await, SecretValue::from("sk-123".to_owned()));
    assert!(!shown.contains("sk-123"), "{shown}");
}
