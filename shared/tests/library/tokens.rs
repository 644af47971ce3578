//! Whose a token is: tokens signed by real keys, keys published by a real server.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use natter::auth::{Identity, IssuerKeys, TokenError, TokenVerifier, token_of_connection};
use natter::conversation::Timestamp;
use natter::http_clients::reqwest_client;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use crate::support::{HttpServer, user};

const ISSUER: &str = "https://login.example.org/";

/// Signed by a key that nobody has any more; good until 2100.
const RS256_TOKEN: &str = include_str!("../fixtures/tokens/rs256.jwt");
const RS256_KEYS: &str = include_str!("../fixtures/tokens/rs256.jwks.json");

#[tokio::test]
async fn a_token_of_each_accepted_algorithm_names_its_user() {
    let (ed, ec) = (Key::ed25519("ed-1"), Key::p256("ec-1"));
    let issuer =
        Issuer::publishing([ed.jwk(), ec.jwk(), serde_json::from_str::<Value>(RS256_KEYS).unwrap()["keys"][0].clone()])
            .await;
    let verifier = issuer.verifier();
    for token in [ed.sign(claims()), ec.sign(claims()), RS256_TOKEN.trim().to_owned()] {
        assert_eq!(verifier.verify(&token).await.unwrap().user, user("alice"));
    }
    assert_eq!(issuer.fetches(), 1, "the keys are fetched once");
}

#[tokio::test]
async fn a_token_that_is_expired_or_not_for_us_is_refused() {
    let key = Key::ed25519("ed-1");
    let issuer = Issuer::publishing([key.jwk()]).await;
    let verifier = issuer.verifier();
    let now = Timestamp::now().seconds();
    for (what, field, value) in [
        ("expired", "exp", json!(now - 60)),
        ("not yet good", "nbf", json!(now + 60)),
        ("of another issuer", "iss", json!("https://login.example.com/")),
        ("for another audience", "aud", json!("other")),
        ("without an end", "exp", Value::Null),
        ("without a subject", "sub", Value::Null),
        ("with a subject that could reach into another key", "sub", json!("alice#CONV#1")),
        ("with an end that is no number", "exp", json!("never")),
    ] {
        let mut claims = claims();
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(field)),
            value => claims[field] = value,
        }
        let refused = verifier.verify(&key.sign(claims)).await;
        assert!(matches!(refused, Err(TokenError::Invalid(_))), "{what}: {refused:?}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_half_a_minute() {
    let key = Key::ed25519("ed-1");
    let issuer = Issuer::publishing([key.jwk()]).await;
    let verifier = issuer.verifier();
    let mut claims = claims();
    claims["exp"] = json!(Timestamp::now().seconds() - 20);
    assert!(verifier.verify(&key.sign(claims)).await.is_ok());
}

#[tokio::test]
async fn the_algorithm_is_the_keys_and_never_the_tokens_choice() {
    let key = Key::ed25519("ed-1");
    let issuer = Issuer::publishing([key.jwk()]).await;
    let verifier = issuer.verifier();
    let unsigned = format!("{}.{}.", encode(&json!({"alg": "none", "kid": "ed-1"})), encode(&claims()));
    // A verifier that took the public key for a shared secret would accept this one.
    let confused = hs256(&json!({"alg": "HS256", "kid": "ed-1"}), &claims(), &key.public());
    let mut tampered = key.sign(claims());
    tampered.replace_range(..4, "AAAA");
    for token in [unsigned, confused, tampered, "no.token".to_owned(), String::new(), "x".repeat(10_000)] {
        assert!(matches!(verifier.verify(&token).await, Err(TokenError::Invalid(_))), "{token}");
    }
}

#[tokio::test]
async fn a_key_that_the_issuer_changes_to_is_found_without_a_restart() {
    let (old, new) = (Key::ed25519("old"), Key::ed25519("new"));
    let issuer = Issuer::publishing([old.jwk()]).await;
    let verifier = issuer.verifier();
    verifier.verify(&old.sign(claims())).await.unwrap();
    issuer.publish([new.jwk()]);

    tokio::time::pause();
    assert!(verifier.verify(&new.sign(claims())).await.is_err(), "too soon to ask the issuer again");
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    verifier.verify(&new.sign(claims())).await.unwrap();
    assert!(verifier.verify(&old.sign(claims())).await.is_err());
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn made_up_keys_cannot_make_us_flood_the_issuer() {
    let issuer = Issuer::publishing([Key::ed25519("ed-1").jwk()]).await;
    let verifier = issuer.verifier();
    for number in 0..20 {
        let stranger = Key::ed25519(&format!("made-up-{number}"));
        assert!(verifier.verify(&stranger.sign(claims())).await.is_err());
    }
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn known_keys_stay_good_while_the_issuer_is_down() {
    let key = Key::ed25519("ed-1");
    let issuer = Issuer::publishing([key.jwk()]).await;
    let verifier = issuer.verifier();
    verifier.verify(&key.sign(claims())).await.unwrap();
    issuer.go_down();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2 * 60 * 60)).await;
    tokio::time::resume();
    let mut claims = claims();
    claims["exp"] = json!(Timestamp::now().seconds() + 3 * 60 * 60);
    verifier.verify(&key.sign(claims)).await.unwrap();
    assert_eq!(issuer.fetches(), 2, "it was asked, and did not answer");
}

#[tokio::test]
async fn an_issuer_that_was_never_reached_is_not_the_tokens_fault() {
    let key = Key::ed25519("ed-1");
    let issuer = Issuer::publishing([key.jwk()]).await;
    issuer.go_down();
    assert!(matches!(issuer.verifier().verify(&key.sign(claims())).await, Err(TokenError::KeysUnavailable(_))));
}

#[tokio::test]
async fn the_keys_are_found_through_the_issuers_openid_configuration() {
    let key = Key::ed25519("ed-1");
    let issuer = Issuer::publishing([key.jwk()]).await;
    let address = issuer.server.url.clone();
    let keys = IssuerKeys::published(reqwest_client(Duration::from_secs(2)), &address, None);
    let verifier = TokenVerifier::new(address.clone(), "natter".to_owned(), keys);
    let mut claims = claims();
    claims["iss"] = json!(address);
    assert_eq!(verifier.verify(&key.sign(claims)).await.unwrap().user, user("alice"));
}

#[tokio::test]
async fn a_development_token_names_its_user_and_its_end() {
    let verifier = TokenVerifier::new(ISSUER.to_owned(), "natter".to_owned(), IssuerKeys::development("secret"));
    let claims = claims();
    let token = hs256(&json!({"alg": "HS256"}), &claims, b"secret");
    let identity = Identity { user: user("alice"), expires_at: claims["exp"].as_u64().unwrap() };
    assert_eq!(verifier.verify(&token).await, Ok(identity));
    let forged = hs256(&json!({"alg": "HS256"}), &claims, b"guess");
    assert!(verifier.verify(&forged).await.is_err());
}

#[test]
fn a_token_is_taken_from_the_query_or_from_the_subprotocol() {
    assert_eq!(token_of_connection(Some("q"), Some("chat, bearer.s")), Some("q"));
    assert_eq!(token_of_connection(None, Some("chat, bearer.s.t.u")), Some("s.t.u"));
    assert_eq!(token_of_connection(None, Some("bearer.s,chat")), Some("s"));
    assert_eq!(token_of_connection(None, Some("chat, bearer.")), None);
    assert_eq!(token_of_connection(Some(""), None), None);
    assert_eq!(token_of_connection(None, None), None);
}

fn claims() -> Value {
    let now = Timestamp::now().seconds();
    json!({ "sub": "alice", "iss": ISSUER, "aud": ["natter", "other"], "iat": now, "exp": now + 600 })
}

fn encode(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

fn hs256(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    let signature = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, message.as_bytes()));
    format!("{message}.{signature}")
}

/// A key pair of an issuer.
struct Key {
    id: String,
    pair: Pair,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

impl Key {
    fn ed25519(id: &str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self { id: id.to_owned(), pair: Pair::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()) }
    }

    fn p256(id: &str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        Self { id: id.to_owned(), pair: Pair::P256(pair) }
    }

    fn public(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
            Pair::P256(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    fn jwk(&self) -> Value {
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

    fn sign(&self, claims: Value) -> String {
        let algorithm = match &self.pair {
            Pair::Ed25519(_) => "EdDSA",
            Pair::P256(_) => "ES256",
        };
        let message = format!("{}.{}", encode(&json!({ "alg": algorithm, "kid": self.id })), encode(&claims));
        let signature = match &self.pair {
            Pair::Ed25519(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
            Pair::P256(pair) => pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec(),
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// An issuer that publishes its keys and its OpenID configuration.
struct Issuer {
    server: HttpServer,
    keys: Arc<Mutex<Value>>,
    is_down: Arc<AtomicBool>,
    fetches: Arc<AtomicUsize>,
}

impl Issuer {
    async fn publishing(keys: impl IntoIterator<Item = Value>) -> Self {
        let keys = Arc::new(Mutex::new(Value::from_iter(keys)));
        let (is_down, fetches) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let (published, down, count) = (Arc::clone(&keys), Arc::clone(&is_down), Arc::clone(&fetches));
        let answer = move || async move {
            count.fetch_add(1, Ordering::SeqCst);
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
        Self { server: HttpServer::start(router).await, keys, is_down, fetches }
    }

    fn verifier(&self) -> TokenVerifier {
        let address = format!("{}/keys", self.server.url);
        let keys = IssuerKeys::published(reqwest_client(Duration::from_secs(2)), ISSUER, Some(address));
        TokenVerifier::new(ISSUER.to_owned(), "natter".to_owned(), keys)
    }

    fn publish(&self, keys: impl IntoIterator<Item = Value>) {
        *self.keys.lock().unwrap() = Value::from_iter(keys);
    }

    fn go_down(&self) {
        self.is_down.store(true, Ordering::SeqCst);
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}
