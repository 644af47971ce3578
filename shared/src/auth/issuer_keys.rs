//! The keys that verify an issuer's tokens.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::error::TokenError;
use super::key_set::{KeySet, PublishedSet};

/// A set this old is refreshed before it is used.
const REFRESH_AFTER: Duration = Duration::from_secs(60 * 60);

/// While the issuer is unreachable, a set is used up to this age. Beyond that, a key may have been withdrawn.
const MAX_STALENESS: Duration = Duration::from_secs(24 * 60 * 60);

/// An unknown key id triggers a refresh, since issuers rotate their keys; but not more often than this, so that tokens
/// with made-up key ids cannot make us flood the issuer.
const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(30);

/// How long a fetch may take, configuration and set together. A connection waits for it.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// The largest answer of an issuer that is accepted, in bytes. Sets have a few kilobytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// The keys of one issuer.
pub struct IssuerKeys(Source);

enum Source {
    Development(DecodingKey),
    Published(Published),
}

struct Published {
    http: reqwest::Client,
    address: Address,
    cache: Mutex<Cache>,
    // Held while the set is being fetched.
    fetching: Mutex<()>,
}

enum Address {
    Set(String),
    Configuration(String),
}

#[derive(Default)]
struct Cache {
    keys: KeySet,
    fetched: Option<Instant>,
    tried: Option<Instant>,
}

/// The part of an OpenID configuration that is read.
#[derive(Deserialize)]
struct Configuration {
    jwks_uri: String,
}

impl IssuerKeys {
    /// A shared secret (HS256), for development.
    pub fn development(secret: &str) -> Self {
        Self(Source::Development(DecodingKey::from_secret(secret.as_bytes())))
    }

    /// The set that the issuer publishes at `address`, or with `None` at the address in its OpenID configuration.
    pub fn published(http: reqwest::Client, issuer: &str, address: Option<String>) -> Self {
        let issuer = issuer.trim_end_matches('/');
        let address = address
            .map_or_else(|| Address::Configuration(format!("{issuer}/.well-known/openid-configuration")), Address::Set);
        Self(Source::Published(Published { http, address, cache: Mutex::default(), fetching: Mutex::default() }))
    }

    /// The key with this id, and the one algorithm it is for. The algorithm in the token's header is ignored.
    pub(super) async fn find(&self, id: Option<&str>) -> Result<(DecodingKey, Algorithm), TokenError> {
        match &self.0 {
            Source::Development(secret) => Ok((secret.clone(), Algorithm::HS256)),
            Source::Published(published) => published.find(id).await,
        }
    }
}

impl Published {
    async fn find(&self, id: Option<&str>) -> Result<(DecodingKey, Algorithm), TokenError> {
        if let Some(key) = self.known(id, REFRESH_AFTER).await {
            return Ok(key);
        }
        // One fetches for all who need a refresh. A caller with a key that is still usable does not wait.
        let _fetching = match self.fetching.try_lock() {
            Ok(fetching) => fetching,
            Err(_) => match self.known(id, MAX_STALENESS).await {
                Some(key) => return Ok(key),
                None => self.fetching.lock().await,
            },
        };
        if self.is_to_be_fetched(id).await {
            let fetched = self.fetch().await;
            let mut cache = self.cache.lock().await;
            match fetched {
                Ok(keys) => *cache = Cache { keys, fetched: cache.tried, tried: cache.tried },
                Err(error) => tracing::warn!(%error, "refreshing the issuer's keys failed"),
            }
        }
        let unavailable = || TokenError::KeysUnavailable("the last fetch failed".to_owned());
        let cache = self.cache.lock().await;
        if !cache.is_younger_than(MAX_STALENESS) {
            return Err(unavailable());
        }
        cache.keys.find(id).ok_or_else(|| match cache.fetched == cache.tried {
            true => TokenError::Invalid("its key is not one of the issuer's"),
            // It may be a new key of the issuer.
            false => unavailable(),
        })
    }

    // The key with this id in a set younger than `age`.
    async fn known(&self, id: Option<&str>, age: Duration) -> Option<(DecodingKey, Algorithm)> {
        let cache = self.cache.lock().await;
        cache.keys.find(id).filter(|_| cache.is_younger_than(age))
    }

    async fn is_to_be_fetched(&self, id: Option<&str>) -> bool {
        let mut cache = self.cache.lock().await;
        let is_wanting = !cache.is_younger_than(REFRESH_AFTER) || cache.keys.find(id).is_none();
        let is_to_be = is_wanting && cache.tried.is_none_or(|tried| tried.elapsed() >= MIN_REFRESH_INTERVAL);
        if is_to_be {
            cache.tried = Some(Instant::now());
        }
        is_to_be
    }

    async fn fetch(&self) -> Result<KeySet, TokenError> {
        let fetching = async {
            let address = match &self.address {
                Address::Set(address) => address.clone(),
                Address::Configuration(address) => self.get::<Configuration>(address).await?.jwks_uri,
            };
            self.get::<PublishedSet>(&address).await.map(KeySet::from)
        };
        let too_slow = |_| TokenError::KeysUnavailable(format!("no answer within {} s", FETCH_TIMEOUT.as_secs()));
        timeout(FETCH_TIMEOUT, fetching).await.map_err(too_slow)?
    }

    async fn get<T: DeserializeOwned>(&self, address: &str) -> Result<T, TokenError> {
        let unavailable = |error: reqwest::Error| TokenError::KeysUnavailable(error.to_string());
        let response = self.http.get(address).send().await.map_err(unavailable)?;
        let mut response = response.error_for_status().map_err(unavailable)?;
        let mut answer = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(unavailable)? {
            if answer.len() + piece.len() > MAX_ANSWER_BYTES {
                return Err(TokenError::KeysUnavailable(format!("{address} has over {MAX_ANSWER_BYTES} bytes")));
            }
            answer.extend_from_slice(&piece);
        }
        serde_json::from_slice(&answer)
            .map_err(|_| TokenError::KeysUnavailable(format!("{address} is not what it should be")))
    }
}

impl Cache {
    fn is_younger_than(&self, age: Duration) -> bool {
        self.fetched.is_some_and(|fetched| fetched.elapsed() < age)
    }
}
