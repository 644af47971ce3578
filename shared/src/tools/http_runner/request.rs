//! The request of a call.

use std::sync::Arc;

use reqwest::header::{ACCEPT, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Url};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::http_clients::GuardedHttp;
use crate::secret::{Secret, SecretValue};
use crate::tools::http_endpoint::{HttpEndpoint, Method};
use crate::tools::runner::Invocation;
use crate::tools::tool_error::ToolError;
use crate::tools::url_template::{UrlTemplate, scalar};

/// Names a call to the server, so that it can tell a repeated one.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The request of a call.
///
/// # Errors
/// It cannot be made, and nothing was sent.
pub(super) fn request(
    http: &GuardedHttp,
    endpoint: &HttpEndpoint<Arc<Secret>>,
    call: &Invocation,
    secret: Option<&SecretValue>,
) -> Result<RequestBuilder, ToolError> {
    let mut url = endpoint.url.fill(&call.input).map_err(ToolError::failed)?;
    let rest = arguments_behind(&endpoint.url, &call.input);
    if !endpoint.method.has_body() {
        add_query(&mut url, &rest);
    }
    let request = http.request(name(endpoint.method), url);
    let mut request = request.map_err(|_| ToolError::failed("The tool's address is not public."))?;
    request = request.header(ACCEPT, "application/json, text/*, image/*").header(IDEMPOTENCY_KEY, &call.key);
    for (name, value) in &endpoint.headers {
        let value = value.replace("{user}", call.user.as_str());
        request = request.header(name, value.replace("{conversation}", call.conversation.as_str()));
    }
    if let (Some(header), Some(secret)) = (&endpoint.secret, secret) {
        request = request.header(&header.name, secret_value(&header.prefix, secret)?);
    }
    Ok(if endpoint.method.has_body() { request.json(&rest) } else { request })
}

// The arguments that are not in the URL.
fn arguments_behind(url: &UrlTemplate, input: &Value) -> Map<String, Value> {
    let is_in_url = |name: &str| url.arguments().any(|argument| argument == name);
    let arguments = input.as_object().into_iter().flatten();
    arguments.filter(|(name, _)| !is_in_url(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

// Marked as sensitive, to hide it from the `Debug` output of a request.
fn secret_value(prefix: &str, secret: &SecretValue) -> Result<HeaderValue, ToolError> {
    let text = Zeroizing::new(format!("{prefix}{}", secret.expose()));
    let value = HeaderValue::from_str(&text);
    let mut value = value.map_err(|_| ToolError::failed("The tool's secret cannot be in a header."))?;
    value.set_sensitive(true);
    Ok(value)
}

fn name(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Delete => reqwest::Method::DELETE,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
    }
}

// A list is repeated; an object is JSON; null is left out.
fn add_query(url: &mut Url, arguments: &Map<String, Value>) {
    let written = |value: &Value| match value {
        Value::Null => None,
        other => Some(scalar(other).unwrap_or_else(|| other.to_string())),
    };
    let pairs: Vec<(&String, String)> = arguments
        .iter()
        .flat_map(|(name, value)| {
            let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            values.iter().filter_map(written).map(move |value| (name, value))
        })
        .collect();
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
}
