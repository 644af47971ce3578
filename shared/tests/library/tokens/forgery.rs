//! Tokens that were never issued.

use natter::auth::TokenError;
use serde_json::{Value, json};

use super::issuer::{Issuer, Key, RS256_TOKEN, claims, encode, hs256, rs256_jwk};

#[tokio::test]
async fn the_key_determines_the_algorithm_and_never_the_token() {
    let (key, ec) = (Key::ed25519("ed-1"), Key::p256("ec-1"));
    let issuer = Issuer::publishing([key.jwk(), ec.jwk(), rs256_jwk()]).await;
    let verifier = issuer.verifier();
    let unsigned =
        |algorithm: &str, id: &str| format!("{}.{}.", encode(&json!({"alg": algorithm, "kid": id})), encode(&claims()));
    // A verifier that took a public key for a shared secret would accept these.
    let modulus = rs256_jwk()["n"].as_str().unwrap().to_owned();
    let with_public_key = |id: Value, public: &[u8]| hs256(&json!({"alg": "HS256", "kid": id}), &claims(), public);
    let rs256_id = || rs256_jwk()["kid"].clone();
    // The signature of one key under the name of another, or under another algorithm than the key's.
    let under = |id: Value, algorithm: &str| ec.sign_with(json!({"alg": algorithm, "kid": id}), claims());
    let (_, signed) = RS256_TOKEN.trim().split_once('.').unwrap();
    let restated = |algorithm: &str| format!("{}.{signed}", encode(&json!({"alg": algorithm, "kid": rs256_id()})));
    let mut tampered = key.sign(claims());
    tampered.replace_range(..4, "AAAA");
    for token in [
        unsigned("none", "ed-1"),
        unsigned("None", "ed-1"),
        unsigned("EdDSA", "ed-1"),
        with_public_key(json!("ed-1"), &key.public()),
        with_public_key(json!("ec-1"), &ec.public()),
        with_public_key(rs256_id(), modulus.as_bytes()),
        under(json!("ed-1"), "ES256"),
        under(json!("ed-1"), "EdDSA"),
        under(json!("ec-1"), "EdDSA"),
        under(json!("ec-1"), "RS256"),
        under(rs256_id(), "ES256"),
        restated("RS512"),
        restated("PS256"),
        tampered,
        "no.token".to_owned(),
        String::new(),
        "x".repeat(10_000),
    ] {
        assert!(matches!(verifier.verify(&token).await, Err(TokenError::Invalid(_))), "{token}");
    }
}

#[tokio::test]
async fn a_key_inside_the_token_is_not_trusted() {
    let (key, stranger) = (Key::ed25519("ed-1"), Key::ed25519("stranger"));
    let issuer = Issuer::publishing([key.jwk()]).await;
    let elsewhere = Issuer::publishing([stranger.jwk()]).await;
    let verifier = issuer.verifier();
    let address = format!("{}/keys", elsewhere.server.url);
    for (id, field, value) in [
        ("ed-1", "jwk", stranger.jwk()),
        ("stranger", "jwk", stranger.jwk()),
        ("stranger", "jku", json!(address)),
        ("stranger", "x5u", json!(address)),
    ] {
        let mut header = json!({ "alg": "EdDSA", "kid": id });
        header[field] = value;
        assert!(verifier.verify(&stranger.sign_with(header, claims())).await.is_err(), "{field}");
    }
    assert_eq!(elsewhere.fetches(), 0, "nobody asks where a token says");
}

#[tokio::test]
async fn a_critical_header_extension_is_rejected() {
    let key = Key::ed25519("ed-1");
    let issuer = Issuer::publishing([key.jwk()]).await;
    let verifier = issuer.verifier();
    for extension in ["exp", "b64", "http://example.org/unknown"] {
        let header = json!({ "alg": "EdDSA", "kid": "ed-1", "crit": [extension], extension: false });
        let refused = verifier.verify(&key.sign_with(header, claims())).await;
        assert!(matches!(refused, Err(TokenError::Invalid(_))), "{extension}: {refused:?}");
    }
}
