//! The keys by which an issuer's tokens are verified.

use std::time::Duration;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::token::TokenError;

/// A set this old is fetched again before it is used.
const FRESH: Duration = Duration::from_secs(60 * 60);

/// A key that is not in the set makes it be fetched again, since issuers rotate their keys; but not more often than this,
/// so that tokens with made-up keys cannot make us flood the issuer.
const BETWEEN_FETCHES: Duration = Duration::from_secs(30);

/// How long one fetch may take. A connection waits for it.
const FETCH_LIMIT: Duration = Duration::from_secs(5);

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
}

enum Address {
    Set(String),
    Configuration(String),
}

#[derive(Default)]
struct Cache {
    set: Option<JwkSet>,
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

    /// The set that the issuer publishes at `address`; `None`: at the address in its OpenID configuration.
    pub fn published(http: reqwest::Client, issuer: &str, address: Option<String>) -> Self {
        let issuer = issuer.trim_end_matches('/');
        let address = address
            .map_or_else(|| Address::Configuration(format!("{issuer}/.well-known/openid-configuration")), Address::Set);
        Self(Source::Published(Published { http, address, cache: Mutex::default() }))
    }

    /// The key that `id` names, and the one algorithm it is for. The token's own word for the algorithm is not asked.
    pub(super) async fn find(&self, id: Option<&str>) -> Result<(DecodingKey, Algorithm), TokenError> {
        match &self.0 {
            Source::Development(secret) => Ok((secret.clone(), Algorithm::HS256)),
            Source::Published(published) => published.find(id).await,
        }
    }
}

impl Published {
    async fn find(&self, id: Option<&str>) -> Result<(DecodingKey, Algorithm), TokenError> {
        let mut cache = self.cache.lock().await;
        let is_fresh = cache.fetched.is_some_and(|fetched| fetched.elapsed() < FRESH);
        let may_fetch = cache.tried.is_none_or(|tried| tried.elapsed() >= BETWEEN_FETCHES);
        let known = cache.set.as_ref().and_then(|set| key_of(set, id));
        if let Some(key) = known.clone().filter(|_| is_fresh || !may_fetch) {
            return verifying(&key);
        }
        if may_fetch {
            cache.tried = Some(Instant::now());
            match self.fetch().await {
                Ok(set) => {
                    cache.set = Some(set);
                    cache.fetched = Some(Instant::now());
                }
                // The keys that are known stay good while the issuer cannot be reached.
                Err(error) if known.is_none() => return Err(error),
                Err(error) => tracing::warn!(%error, "the issuer's keys could not be renewed"),
            }
        }
        let found = cache.set.as_ref().and_then(|set| key_of(set, id));
        match found {
            Some(key) => verifying(&key),
            None if cache.set.is_none() => Err(TokenError::KeysUnavailable("the last fetch failed".to_owned())),
            None => Err(TokenError::Invalid("its key is not one of the issuer's".to_owned())),
        }
    }

    async fn fetch(&self) -> Result<JwkSet, TokenError> {
        let address = match &self.address {
            Address::Set(address) => address.clone(),
            Address::Configuration(address) => self.get::<Configuration>(address).await?.jwks_uri,
        };
        self.get(&address).await
    }

    async fn get<T: DeserializeOwned>(&self, address: &str) -> Result<T, TokenError> {
        let get = async {
            let response = self.http.get(address).timeout(FETCH_LIMIT).send().await?;
            response.error_for_status()?.json().await
        };
        get.await.map_err(|error: reqwest::Error| TokenError::KeysUnavailable(error.to_string()))
    }
}

// A token without a key id is verified by the set's only key.
fn key_of(set: &JwkSet, id: Option<&str>) -> Option<Jwk> {
    match (id, set.keys.as_slice()) {
        (Some(id), _) => set.find(id).cloned(),
        (None, [only]) => Some(only.clone()),
        (None, _) => None,
    }
}

fn verifying(key: &Jwk) -> Result<(DecodingKey, Algorithm), TokenError> {
    let algorithm = match &key.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        _ => {
            return Err(TokenError::Invalid("its key is of a kind that is not accepted".to_owned()));
        }
    };
    let key = DecodingKey::from_jwk(key).map_err(|error| TokenError::KeysUnavailable(error.to_string()))?;
    Ok((key, algorithm))
}
