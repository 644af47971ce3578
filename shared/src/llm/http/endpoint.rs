//! The endpoint of a model, and its API key.

use std::sync::Arc;
use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::HeaderValue;
use serde_json::Value;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::event_stream::{self, Dialect};
use super::trace_parent::{TraceSource, trace_parent};
use crate::llm::model_error::Misconfiguration;
use crate::llm::stream_event::StreamEvents;
use crate::llm::{CallLimits, ModelError};
use crate::secret::{Secret, SecretError, SecretValue};

/// How long looking for a rotated key may delay an answered call.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(2);

/// The paths of OpenAI's protocols, which share a base URL.
const OPENAI_PATHS: [&str; 2] = ["/chat/completions", "/responses"];

/// The endpoint of a model over HTTP.
#[derive(Debug, Clone)]
pub struct ModelEndpoint {
    /// The base URL of the server's API, to which the adapter adds a path.
    pub base_url: String,
    /// The model's name there.
    pub model: String,
    /// The API key, if the server requires one.
    pub api_key: ApiKey,
    /// The limits of each call.
    pub limits: CallLimits,
    /// The source of the trace that is sent to the server; `None` sends none.
    pub trace: Option<TraceSource>,
}

impl ModelEndpoint {
    /// The URL of a call. A query, as Azure's `?api-version=…`, stays after the path; a path that the base URL has
    /// already is not added again, and the other path of a server with both of OpenAI's protocols is replaced.
    pub(in crate::llm) fn url(&self, path: &str) -> String {
        let (base, query) = match self.base_url.split_once('?') {
            Some((base, query)) => (base, format!("?{query}")),
            None => (self.base_url.as_str(), String::new()),
        };
        let base = base.trim_end_matches('/');
        let base = OPENAI_PATHS.iter().find_map(|other| base.strip_suffix(other)).unwrap_or(base);
        let path = match path.strip_prefix("/v1") {
            _ if base.ends_with(path) => "",
            Some(rest) if base.ends_with("/v1") => rest,
            _ => path,
        };
        format!("{base}{path}{query}")
    }

    fn traced(&self, request: RequestBuilder) -> RequestBuilder {
        match self.trace.and_then(|trace| trace_parent(&trace()?)) {
            Some(parent) => request.header("traceparent", parent),
            None => request,
        }
    }

    /// Makes the call of `request`, with the key in the headers of the dialect. A key that is rejected may have been
    /// rotated: the currently stored one is tried once.
    pub(in crate::llm) async fn call(
        &self,
        request: impl Fn() -> RequestBuilder,
        body: &Value,
        dialect: Dialect,
    ) -> Result<StreamEvents, ModelError> {
        let open = async |key: Option<&SecretValue>| {
            let request = self.traced(request().json(body));
            let request = match key {
                None => request,
                Some(key) => dialect.key_headers.iter().try_fold(request, |request, (name, prefix)| {
                    header_value(key, prefix).map(|value| request.header(*name, value))
                })?,
            };
            event_stream::open(request, self.limits, dialect).await
        };
        let ApiKey::Secret(secret) = &self.api_key else {
            return open(None).await;
        };
        let key = secret.value().await.map_err(unreachable)?;
        let (answer, _) = tokio::join!(open(Some(&key)), timeout(REFRESH_TIMEOUT, secret.refresh()));
        let Err(ModelError::Misconfigured { what: Misconfiguration::KeyRefused | Misconfiguration::NoAccess, .. }) =
            answer
        else {
            return answer;
        };
        match secret.instead_of(&key).await {
            Ok(Some(other)) => open(Some(&other)).await,
            Ok(None) => answer,
            Err(error) => {
                tracing::warn!(%error, "the model rejected its API key, and fetching another one failed");
                answer
            }
        }
    }
}

// Marked as sensitive, to hide it from the `Debug` output of a request.
fn header_value(key: &SecretValue, prefix: &str) -> Result<HeaderValue, ModelError> {
    let value = Zeroizing::new(format!("{prefix}{}", key.expose()));
    let mut value = HeaderValue::from_str(&value)
        .map_err(|_| ModelError::Misconfigured { status: None, what: Misconfiguration::UnusableKey })?;
    value.set_sensitive(true);
    Ok(value)
}

fn unreachable(error: SecretError) -> ModelError {
    ModelError::Unreachable(error.to_string())
}

/// The source of a model's API key.
#[derive(Debug, Clone)]
pub enum ApiKey {
    /// The server requires none.
    None,
    /// From Secrets Manager, fetched when first needed.
    Secret(Arc<Secret>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_have_a_query_and_the_path_of_the_call_already() {
        for (base_url, path, url) in [
            ("https://a.example/v1", "/chat/completions", "https://a.example/v1/chat/completions"),
            ("https://a.example/v1/", "/chat/completions", "https://a.example/v1/chat/completions"),
            ("https://a.example/v1/chat/completions", "/chat/completions", "https://a.example/v1/chat/completions"),
            (
                "https://a.example/m?api-version=1",
                "/chat/completions",
                "https://a.example/m/chat/completions?api-version=1",
            ),
            ("https://a.example/m/?a=/b", "/chat/completions", "https://a.example/m/chat/completions?a=/b"),
            ("https://a.example/v1/responses", "/responses", "https://a.example/v1/responses"),
            ("https://a.example/v1/chat/completions", "/responses", "https://a.example/v1/responses"),
            ("https://a.example/v1/responses?a=b", "/chat/completions", "https://a.example/v1/chat/completions?a=b"),
            ("https://a.example", "/v1/messages", "https://a.example/v1/messages"),
            ("https://a.example/v1", "/v1/messages", "https://a.example/v1/messages"),
            ("https://a.example/v1/messages?beta=true", "/v1/messages", "https://a.example/v1/messages?beta=true"),
        ] {
            let endpoint = ModelEndpoint {
                base_url: base_url.to_owned(),
                model: String::new(),
                api_key: ApiKey::None,
                limits: CallLimits::default(),
                trace: None,
            };
            assert_eq!(endpoint.url(path), url);
        }
    }
}
