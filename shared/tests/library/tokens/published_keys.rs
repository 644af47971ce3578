//! The issuer's set of keys: it changes, it fails, it may be anything.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures::future::join_all;
use futures::stream;
use natter::auth::{IssuerKeys, TokenError, TokenVerifier};
use natter::conversation::Timestamp;
use natter::http_clients::reqwest_client;
use serde_json::json;

use super::issuer::{ISSUER, Issuer, Key, claims};
use crate::support::{HttpServer, pass, until, user};

#[tokio::test]
async fn a_key_that_the_issuer_changes_to_is_found_without_a_restart() {
    let (old, new) = (Key::ed25519("old"), Key::ed25519("new"));
    let issuer = Issuer::publishing([old.jwk()]).await;
    let verifier = issuer.verifier();
    verifier.verify(&old.sign(claims())).await.unwrap();
    issuer.publish([new.jwk()]);

    assert!(verifier.verify(&new.sign(claims())).await.is_err(), "too soon to ask the issuer again");
    pass(Duration::from_secs(31)).await;
    verifier.verify(&new.sign(claims())).await.unwrap();
    assert!(verifier.verify(&old.sign(claims())).await.is_err());
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn unknown_key_ids_cannot_flood_the_issuer() {
    for is_down in [false, true] {
        let issuer = Issuer::publishing([Key::ed25519("ed-1").jwk()]).await;
        if is_down {
            issuer.go_down();
        }
        let verifier = issuer.verifier();
        let made_up = |number| Key::ed25519(&format!("made-up-{number}")).sign(claims());
        let tokens: Vec<_> = (0..40).map(made_up).collect();
        let at_once = async || join_all(tokens.iter().map(|token| verifier.verify(token))).await;
        for (pause, fetches) in [(0, 1), (29, 1), (2, 2), (29, 2)] {
            pass(Duration::from_secs(pause)).await;
            assert!(at_once().await.iter().all(Result::is_err));
            assert_eq!(issuer.fetches(), fetches, "{pause} s later; is it down: {is_down}");
        }
    }
}

#[tokio::test]
async fn a_token_with_a_known_key_does_not_wait_for_a_refresh() {
    let key = Key::ed25519("ed-1");
    let issuer = Issuer::publishing([key.jwk()]).await;
    let verifier = issuer.verifier();
    verifier.verify(&key.sign(claims())).await.unwrap();
    issuer.fall_silent();
    pass(Duration::from_secs(61 * 60)).await;

    let token = key.sign(claims());
    let beside = async {
        until(|| issuer.fetches() == 2).await;
        verifier.verify(&token).await
    };
    tokio::select! {
        _ = verifier.verify(&token) => panic!("the issuer is silent for longer"),
        beside = beside => assert_eq!(beside.unwrap().user, user("alice")),
    }
}

#[tokio::test]
async fn known_keys_stay_valid_for_a_day_while_the_issuer_is_down() {
    let (key, new) = (Key::ed25519("ed-1"), Key::ed25519("ed-2"));
    let issuer = Issuer::publishing([key.jwk()]).await;
    let verifier = issuer.verifier();
    let lasting = || {
        let mut claims = claims();
        claims["exp"] = json!(Timestamp::now().seconds() + 2 * 24 * 60 * 60);
        claims
    };
    verifier.verify(&key.sign(lasting())).await.unwrap();
    issuer.publish([key.jwk(), new.jwk()]);
    issuer.go_down();

    pass(Duration::from_secs(23 * 60 * 60)).await;
    verifier.verify(&key.sign(lasting())).await.unwrap();
    assert_eq!(issuer.fetches(), 2, "it was asked, and did not answer");
    // A key that is not known may be one that the issuer has changed to: that is not the token's fault.
    assert!(matches!(verifier.verify(&new.sign(lasting())).await, Err(TokenError::KeysUnavailable(_))));

    pass(Duration::from_secs(2 * 60 * 60)).await;
    assert!(matches!(verifier.verify(&key.sign(lasting())).await, Err(TokenError::KeysUnavailable(_))));
}

#[tokio::test]
async fn an_unreachable_issuer_is_reported_as_such() {
    let key = Key::ed25519("ed-1");
    let issuer = Issuer::publishing([key.jwk()]).await;
    issuer.go_down();
    assert!(matches!(issuer.verifier().verify(&key.sign(claims())).await, Err(TokenError::KeysUnavailable(_))));
}

#[tokio::test]
async fn a_key_of_an_unknown_kind_does_not_affect_the_others() {
    let key = Key::ed25519("ed-1");
    let for_encryption = Key::ed25519("encryption");
    let other_hash = Key::p256("other-hash");
    let marked = |mut jwk: serde_json::Value, field: &str, value: &str| {
        jwk[field] = json!(value);
        jwk
    };
    let issuer = Issuer::publishing([
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "kid": "later", "pub": "AAAA" }),
        json!({ "kty": "EC", "crv": "secp256k1", "kid": "odd", "x": "AAAA", "y": "AAAA" }),
        json!({ "kty": "RSA", "kid": "half" }),
        json!({ "kty": "oct", "kid": "shared", "k": "c2VjcmV0" }),
        json!("nonsense"),
        marked(for_encryption.jwk(), "use", "enc"),
        marked(other_hash.jwk(), "alg", "ES384"),
        marked(marked(key.jwk(), "use", "sig"), "alg", "EdDSA"),
    ])
    .await;
    let verifier = issuer.verifier();
    assert_eq!(verifier.verify(&key.sign(claims())).await.unwrap().user, user("alice"));
    for other in [for_encryption, other_hash] {
        assert!(verifier.verify(&other.sign(claims())).await.is_err());
    }
    let shared = super::hs256(&json!({"alg": "HS256", "kid": "shared"}), &claims(), b"secret");
    assert!(verifier.verify(&shared).await.is_err(), "a published key is no secret");
}

#[tokio::test]
async fn an_endless_response_of_the_issuer_is_aborted() {
    // Spaces, which may stand before JSON: as many as anyone reads at once, and one a second.
    let flood = || Body::from_stream(stream::repeat(Ok::<_, Infallible>(Bytes::from(vec![b' '; 8 * 1024]))));
    let trickle = || {
        Body::from_stream(stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), ()))
        }))
    };
    let router =
        Router::new().route("/flood", get(async move || flood())).route("/trickle", get(async move || trickle()));
    let server = HttpServer::start(router).await;
    let token = Key::ed25519("ed-1").sign(claims());
    for path in ["flood", "trickle"] {
        let http = reqwest_client(Duration::from_secs(20));
        let keys = IssuerKeys::published(http, ISSUER, Some(format!("{}/{path}", server.url)));
        let verifier = TokenVerifier::new(ISSUER.to_owned(), "natter".to_owned(), keys);
        let verified = tokio::time::timeout(Duration::from_secs(60), verifier.verify(&token)).await;
        assert!(matches!(verified, Ok(Err(TokenError::KeysUnavailable(_)))), "{path}: {verified:?}");
    }
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
