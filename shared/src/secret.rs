//! Secrets, such as the key of a model: given in the environment (development) or kept in AWS Secrets Manager.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::aws_error::summary;

/// A value this old is fetched again beside the next use, so that a changed secret is known everywhere soon.
const REFRESH_AFTER: Duration = Duration::from_secs(15 * 60);

/// However often a value is refused, the store is not asked more often than this.
const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(60);

/// A secret, fetched when first needed, and again when it may have been rotated.
pub struct Secret {
    cache: Mutex<Cache>,
    // Where it is stored, unless the value was given.
    store: Option<(Client, String)>,
}

#[derive(Default)]
struct Cache {
    value: Option<SecretValue>,
    asked: Option<Instant>,
}

/// The text of a secret. Its memory is zeroed when dropped; copies inside an HTTP or TLS client are not.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(Arc<Zeroizing<String>>);

/// A secret could not be fetched. The message names the secret, never its value.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the secret {id}: {cause}")]
pub struct SecretError {
    id: String,
    cause: String,
}

impl Secret {
    /// A secret with a known value.
    pub fn given(value: String) -> Self {
        let cache = Cache { value: Some(SecretValue::from(value)), asked: None };
        Self { cache: Mutex::new(cache), store: None }
    }

    /// The secret with this id, an ARN or a name, in Secrets Manager.
    pub fn kept(client: Client, id: String) -> Self {
        Self { cache: Mutex::default(), store: Some((client, id)) }
    }

    /// The value. A failure is not cached: the next call fetches again.
    ///
    /// # Errors
    /// The store is unreachable, rejects the call, or holds no text under this id.
    pub async fn value(&self) -> Result<SecretValue, SecretError> {
        let mut cache = self.cache.lock().await;
        match &cache.value {
            Some(value) => Ok(value.clone()),
            None => self.fetch_into(&mut cache).await,
        }
    }

    /// The current value in the store, after `refused` was rejected. `None` if there is no other, or it was fetched
    /// only a moment ago.
    ///
    /// # Errors
    /// As for [`Self::value`].
    pub async fn instead_of(&self, refused: &SecretValue) -> Result<Option<SecretValue>, SecretError> {
        let mut cache = self.cache.lock().await;
        if cache.value.as_ref() == Some(refused) && self.store.is_some() && cache.is_older_than(MIN_REFRESH_INTERVAL) {
            self.fetch_into(&mut cache).await?;
        }
        Ok(cache.value.clone().filter(|value| value != refused))
    }

    /// Fetches the value again if it is stale. The old one stays in use meanwhile, and if that fails: other turns do
    /// not wait.
    pub async fn refresh(&self) {
        if !self.is_due().await {
            return;
        }
        match self.fetch().await {
            Ok(value) => self.cache.lock().await.value = Some(value),
            Err(error) => {
                tracing::warn!(%error, "refreshing a secret failed; the cached value stays in use");
            }
        }
    }

    // True once per refresh: the value counts as fetched from then on.
    async fn is_due(&self) -> bool {
        let mut cache = self.cache.lock().await;
        let is_due = self.store.is_some() && cache.value.is_some() && cache.is_older_than(REFRESH_AFTER);
        if is_due {
            cache.asked = Some(Instant::now());
        }
        is_due
    }

    // All who need the value wait for it.
    async fn fetch_into(&self, cache: &mut Cache) -> Result<SecretValue, SecretError> {
        cache.asked = Some(Instant::now());
        let value = self.fetch().await?;
        cache.value = Some(value.clone());
        Ok(value)
    }

    async fn fetch(&self) -> Result<SecretValue, SecretError> {
        let (client, id) = self.store.as_ref().ok_or_else(|| error("", "none was given"))?;
        let answer = client.get_secret_value().secret_id(id).send().await;
        let answer = answer.map_err(|cause| error(id, summary(&cause)))?;
        answer.secret_string.map(SecretValue::from).ok_or_else(|| error(id, "it is not text"))
    }
}

impl Cache {
    fn is_older_than(&self, age: Duration) -> bool {
        self.asked.is_none_or(|asked| asked.elapsed() >= age)
    }
}

impl SecretValue {
    /// The text, trimmed. Callers must not pass it on further than necessary.
    pub fn expose(&self) -> &str {
        self.0.trim()
    }
}

impl From<String> for SecretValue {
    fn from(text: String) -> Self {
        Self(Arc::new(Zeroizing::new(text)))
    }
}

fn error(id: &str, cause: impl fmt::Display) -> SecretError {
    SecretError { id: id.to_owned(), cause: cause.to_string() }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretValue(…)")
    }
}
