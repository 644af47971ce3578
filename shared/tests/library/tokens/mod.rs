//! Token verification: tokens signed by real keys, keys published by a real server.

mod forgery;
mod issuer;
mod published_keys;

use natter::auth::{Identity, IssuerKeys, TokenError, TokenVerifier, token_of_connection};
use natter::conversation::Timestamp;
use serde_json::{Value, json};

use crate::support::user;
use issuer::{ISSUER, Issuer, Key, RS256_TOKEN, claims, hs256, rs256_jwk};

#[tokio::test]
async fn a_token_of_each_accepted_algorithm_names_its_user() {
    let (ed, ec) = (Key::ed25519("ed-1"), Key::p256("ec-1"));
    let issuer = Issuer::publishing([ed.jwk(), ec.jwk(), rs256_jwk()]).await;
    let verifier = issuer.verifier();
    for token in [ed.sign(claims()), ec.sign(claims()), RS256_TOKEN.trim().to_owned()] {
        assert_eq!(verifier.verify(&token).await.unwrap().user, user("alice"));
    }
    assert_eq!(issuer.fetches(), 1, "the keys are fetched once");
}

#[tokio::test]
async fn an_expired_token_or_another_audience_is_rejected() {
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
async fn clocks_may_differ_by_half_a_minute_and_no_more() {
    let key = Key::ed25519("ed-1");
    let issuer = Issuer::publishing([key.jwk()]).await;
    let verifier = issuer.verifier();
    let now = Timestamp::now().seconds();
    // The clock goes on while this runs, which must not decide.
    for (what, field, value, is_good) in [
        ("expired 25 s ago", "exp", now - 25, true),
        ("expired 31 s ago", "exp", now - 31, false),
        ("good in 29 s", "nbf", now + 29, true),
        ("good in 45 s", "nbf", now + 45, false),
    ] {
        let mut claims = claims();
        claims[field] = json!(value);
        let verified = verifier.verify(&key.sign(claims)).await;
        assert_eq!(verified.is_ok(), is_good, "{what}: {verified:?}");
    }
}

#[tokio::test]
async fn an_error_quotes_nothing_of_the_token() {
    let key = Key::ed25519("ed-1");
    let issuer = Issuer::publishing([key.jwk()]).await;
    let verifier = issuer.verifier();
    let with = |field: &str, value: Value| {
        let mut claims = claims();
        claims[field] = value;
        key.sign(claims)
    };
    for token in [
        key.sign_with(json!({"alg": "marker", "kid": "ed-1"}), claims()),
        key.sign_with(json!({"alg": "EdDSA", "kid": "marker"}), claims()),
        with("exp", json!("marker")),
        with("sub", json!("marker #")),
        with("iss", json!("marker")),
        with("aud", json!(["marker"])),
    ] {
        let refused = verifier.verify(&token).await.unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("marker"), "{refused:?}");
    }
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
