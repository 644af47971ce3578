//! Where a model is served, and the key it wants.

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

/// How long a call that was answered is kept back at most by looking for a changed key beside it.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(2);

/// Where a model is served over HTTP.
#[derive(Debug, Clone)]
pub struct ModelEndpoint {
    /// The address of the server's API, to which the adapter adds the path of its call. Each adapter says which.
    pub base_url: String,
    /// The model's name there.
    pub model: String,
    /// The key, where the server wants one.
    pub api_key: ApiKey,
    /// The bounds of each call.
    pub limits: CallLimits,
    /// Whence the trace comes that the server is told; without, it is told none.
    pub trace: Option<TraceSource>,
}

impl ModelEndpoint {
    /// The address of a call. A query, as Azure's `?api-version=…`, stays behind the path; a path that the address has already is
    /// not added again.
    pub(in crate::llm) fn url(&self, path: &str) -> String {
        let (base, query) = match self.base_url.split_once('?') {
            Some((base, query)) => (base, format!("?{query}")),
            None => (self.base_url.as_str(), String::new()),
        };
        let base = base.trim_end_matches('/');
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

    /// Makes the call that `request` begins, with the key in the headers that the dialect names. A key that is refused may
    /// have been changed: the one that is kept now is tried once.
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

// Marked as sensitive, so that no `Debug` of a request shows it.
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

/// How the key of a model is had.
#[derive(Debug, Clone)]
pub enum ApiKey {
    /// The server wants none.
    None,
    /// From the store of secrets, fetched when it is first needed.
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
