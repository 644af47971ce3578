//! Development tokens, in place of an identity provider's, signed with a secret that only this stack and its functions know.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use ring::hmac;
use serde::Deserialize;
use serde_json::json;

/// How long a token is valid unless the caller says otherwise, in seconds.
pub const HOUR: i64 = 60 * 60;

/// Signs tokens (JWT, HS256).
#[derive(Clone, Debug)]
pub struct TokenIssuer {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
    /// The HMAC secret.
    pub secret: String,
}

impl TokenIssuer {
    /// A token for `user` that is valid for `seconds` from now; negative makes one that has expired.
    pub fn token(&self, user: &str, seconds: i64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        let claims = json!({
            "sub": user,
            "iss": self.issuer,
            "aud": self.audience,
            "iat": now,
            "exp": now.saturating_add(seconds),
        });
        let encode = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", encode(json!({"alg": "HS256", "typ": "JWT"})), encode(claims));
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

/// `GET /token?user=alice` → `{"token": "…"}`; nothing when the tokens come from elsewhere.
pub fn router(issuer: Option<TokenIssuer>) -> Router {
    Router::new().route("/token", get(token)).with_state(Arc::new(issuer))
}

#[derive(Deserialize)]
struct TokenQuery {
    user: String,
    seconds: Option<i64>,
}

async fn token(
    State(issuer): State<Arc<Option<TokenIssuer>>>,
    query: Result<Query<TokenQuery>, QueryRejection>,
) -> Response {
    let refuse = |status: StatusCode, message: &str| (status, Json(json!({"message": message}))).into_response();
    let Some(issuer) = issuer.as_ref() else {
        return refuse(StatusCode::NOT_FOUND, "Tokens come from TOKEN_ISSUER, since it is set; this stack makes none.");
    };
    match query {
        Ok(Query(query)) if !query.user.is_empty() => {
            let token = issuer.token(&query.user, query.seconds.unwrap_or(HOUR));
            Json(json!({ "token": token })).into_response()
        }
        _ => refuse(StatusCode::BAD_REQUEST, "Say for whom: /token?user=alice"),
    }
}
