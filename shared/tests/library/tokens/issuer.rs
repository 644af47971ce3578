//! An issuer of tokens with real keys, and a server that publishes them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use natter::auth::{IssuerKeys, TokenVerifier};
use natter::conversation::Timestamp;
use natter::http_clients::reqwest_client;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use crate::support::HttpServer;

pub const ISSUER: &str = "https://login.example.org/";

/// Signed by a key that nobody has any more; good until 2100.
pub const RS256_TOKEN: &str = include_str!("../../fixtures/tokens/rs256.jwt");
const RS256_KEYS: &str = include_str!("../../fixtures/tokens/rs256.jwks.json");

/// The key by which [`RS256_TOKEN`] is verified.
pub fn rs256_jwk() -> Value {
    serde_json::from_str::<Value>(RS256_KEYS).unwrap()["keys"][0].clone()
}

pub fn claims() -> Value {
    let now = Timestamp::now().seconds();
    json!({ "sub": "alice", "iss": ISSUER, "aud": ["natter", "other"], "iat": now, "exp": now + 600 })
}

pub fn encode(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

pub fn hs256(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    let signature = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, message.as_bytes()));
    format!("{message}.{signature}")
}

/// A key pair of an issuer.
pub struct Key {
    id: String,
    pair: Pair,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

impl Key {
    pub fn ed25519(id: &str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self { id: id.to_owned(), pair: Pair::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()) }
    }

    pub fn p256(id: &str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        Self { id: id.to_owned(), pair: Pair::P256(pair) }
    }

    pub fn public(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
            Pair::P256(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    pub fn jwk(&self) -> Value {
        let public = self.public();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.pair {
            Pair::Ed25519(_) => json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.id, "x": text(&public) }),
            Pair::P256(_) => {
                let (x, y) = public[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "kid": self.id, "x": text(x), "y": text(y) })
            }
        }
    }

    pub fn sign(&self, claims: Value) -> String {
        let algorithm = match &self.pair {
            Pair::Ed25519(_) => "EdDSA",
            Pair::P256(_) => "ES256",
        };
        self.sign_with(json!({ "alg": algorithm, "kid": self.id }), claims)
    }

    /// A token whose header says what it should not.
    pub fn sign_with(&self, header: Value, claims: Value) -> String {
        let message = format!("{}.{}", encode(&header), encode(&claims));
        let signature = match &self.pair {
            Pair::Ed25519(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
            Pair::P256(pair) => pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec(),
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// An issuer that publishes its keys and its OpenID configuration.
pub struct Issuer {
    pub server: HttpServer,
    keys: Arc<Mutex<Value>>,
    is_down: Arc<AtomicBool>,
    is_silent: Arc<AtomicBool>,
    fetches: Arc<AtomicUsize>,
}

impl Issuer {
    pub async fn publishing(keys: impl IntoIterator<Item = Value>) -> Self {
        let keys = Arc::new(Mutex::new(Value::from_iter(keys)));
        let (is_down, is_silent) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let fetches = Arc::<AtomicUsize>::default();
        let (published, down, count) = (Arc::clone(&keys), Arc::clone(&is_down), Arc::clone(&fetches));
        let silent = Arc::clone(&is_silent);
        let answer = move || async move {
            count.fetch_add(1, Ordering::SeqCst);
            if silent.load(Ordering::SeqCst) {
                return std::future::pending().await;
            }
            match down.load(Ordering::SeqCst) {
                true => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                false => Json(json!({ "keys": *published.lock().unwrap() })).into_response(),
            }
        };
        let configuration = |headers: axum::http::HeaderMap| async move {
            let host = headers["host"].to_str().unwrap().to_owned();
            Json(json!({ "jwks_uri": format!("http://{host}/keys") }))
        };
        let router =
            Router::new().route("/keys", get(answer)).route("/.well-known/openid-configuration", get(configuration));
        Self { server: HttpServer::start(router).await, keys, is_down, is_silent, fetches }
    }

    pub fn verifier(&self) -> TokenVerifier {
        let address = format!("{}/keys", self.server.url);
        let keys = IssuerKeys::published(reqwest_client(Duration::from_secs(2)), ISSUER, Some(address));
        TokenVerifier::new(ISSUER.to_owned(), "natter".to_owned(), keys)
    }

    pub fn publish(&self, keys: impl IntoIterator<Item = Value>) {
        *self.keys.lock().unwrap() = Value::from_iter(keys);
    }

    /// Answers nothing from now on.
    pub fn fall_silent(&self) {
        self.is_silent.store(true, Ordering::SeqCst);
    }

    pub fn go_down(&self) {
        self.is_down.store(true, Ordering::SeqCst);
    }

    pub fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}
