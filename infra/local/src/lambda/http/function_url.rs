//! Function URLs: an HTTP request invokes a function.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::lambda::service::Lambda;
use crate::template::FunctionUrl;

/// Maximum request and response in bytes.
const MAX_PAYLOAD_BYTES: usize = 6 * 1024 * 1024;

/// `/function-urls/{logical id}`, where AWS gives each function its own host.
pub fn router(lambda: Lambda) -> Router {
    Router::new()
        .route("/function-urls/{id}", any(request))
        .layer(DefaultBodyLimit::max(MAX_PAYLOAD_BYTES))
        .with_state(lambda)
}

async fn request(
    State(lambda): State<Lambda>,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let function = lambda.functions.get(&id);
    let Some(url) = function.and_then(|function| function.declared.url.as_ref()) else {
        return (StatusCode::NOT_FOUND, "There is no function with a URL of this name.\n").into_response();
    };
    let told = cors(url, &headers);
    // Lambda itself answers preflight requests, where the function has `Cors`.
    if method == Method::OPTIONS && !url.origins.is_empty() {
        return (told, StatusCode::OK).into_response();
    }
    let event = event(&id, &method, &headers, &body);
    let answered = lambda.invoke(&id, event.to_string().into()).await;
    let answer = answered.ok().and_then(|answer| serde_json::from_slice(&answer).ok()).and_then(answer);
    (told, answer.unwrap_or_else(|| (StatusCode::BAD_GATEWAY, "Internal Server Error").into_response())).into_response()
}

/// The payload, format 2.0.
fn event(id: &str, method: &Method, headers: &HeaderMap, body: &[u8]) -> Value {
    let mut texts = Map::new();
    for name in headers.keys() {
        let values: Vec<_> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        texts.insert(name.as_str().to_owned(), values.join(",").into());
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "requestContext": {
            "accountId": "anonymous",
            "apiId": id,
            "http": { "method": method.as_str(), "path": "/", "protocol": "HTTP/1.1" },
            "routeKey": "$default",
            "stage": "$default",
        },
        "headers": texts,
        "isBase64Encoded": false,
    });
    if !body.is_empty() {
        match std::str::from_utf8(body) {
            Ok(text) => event["body"] = text.into(),
            Err(_) => {
                event["body"] = STANDARD.encode(body).into();
                event["isBase64Encoded"] = true.into();
            }
        }
    }
    event
}

/// Converts a function's response to HTTP. One without a `statusCode` is the body itself.
fn answer(answer: Value) -> Option<Response> {
    let Some(status) = answer.get("statusCode") else {
        return Some(axum::Json(answer).into_response());
    };
    let status = StatusCode::from_u16(u16::try_from(status.as_u64()?).ok()?).ok()?;
    let text = answer["body"].as_str().unwrap_or_default();
    let body = match answer["isBase64Encoded"].as_bool() {
        Some(true) => STANDARD.decode(text).ok()?,
        _ => text.as_bytes().to_vec(),
    };
    let mut headers =
        HeaderMap::from_iter([(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"))]);
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        headers.insert(http::HeaderName::try_from(name).ok()?, value.as_str()?.try_into().ok()?);
    }
    Some((status, headers, body).into_response())
}

/// The CORS headers, if the page's origin is allowed.
fn cors(url: &FunctionUrl, headers: &HeaderMap) -> HeaderMap {
    let mut told = HeaderMap::new();
    let Some(origin) = headers.get(header::ORIGIN) else { return told };
    if !url.origins.iter().any(|allowed| allowed == "*" || allowed.as_bytes() == origin.as_bytes()) {
        return told;
    }
    told.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    told.insert(header::VARY, http::HeaderValue::from_static("Origin"));
    for (name, values) in
        [(header::ACCESS_CONTROL_ALLOW_METHODS, &url.methods), (header::ACCESS_CONTROL_ALLOW_HEADERS, &url.headers)]
    {
        if let Ok(values) = values.join(",").try_into() {
            told.insert(name, values);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(name), http::HeaderValue::from_static(value))])
    }

    #[test]
    fn a_request_becomes_a_payload_of_format_2() {
        let event = event("TicketFunction", &Method::POST, &headers("authorization", "Bearer abc"), b"{}");
        assert_eq!(event["version"], "2.0");
        assert_eq!(event["requestContext"]["http"]["method"], "POST");
        assert_eq!(event["headers"], json!({"authorization": "Bearer abc"}));
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{}"), &json!(false)));
    }

    #[test]
    fn a_response_has_its_status_and_headers_and_an_invalid_one_is_refused() {
        let response =
            answer(json!({"statusCode": 401, "headers": {"Cache-Control": "no-store"}, "body": "no"})).unwrap();
        assert_eq!(
            (response.status(), &response.headers()["cache-control"]),
            (StatusCode::UNAUTHORIZED, &"no-store".parse().unwrap())
        );
        assert_eq!(answer(json!({"any": "thing"})).unwrap().status(), StatusCode::OK);
        for odd in
            [json!({"statusCode": "x"}), json!({"statusCode": 99}), json!({"statusCode": 200, "headers": {"a b": "c"}})]
        {
            assert!(answer(odd.clone()).is_none(), "{odd}");
        }
    }

    #[test]
    fn only_pages_of_allowed_origins_get_cors_headers() {
        let url = FunctionUrl {
            origins: vec!["https://chat.example.org".to_owned()],
            methods: vec!["POST".to_owned()],
            headers: vec![],
        };
        let told = cors(&url, &headers("origin", "https://chat.example.org"));
        assert_eq!(told["access-control-allow-origin"], "https://chat.example.org");
        assert_eq!(told["access-control-allow-methods"], "POST");
        assert!(cors(&url, &headers("origin", "https://evil.example.com")).is_empty());
        assert!(cors(&url, &HeaderMap::new()).is_empty());
    }
}
