//! Requests to a server, made by the guarded client for tools.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use zeroize::Zeroizing;

use super::failure::HttpFailure;
use crate::http_clients::{GuardedHttp, NotPublic};
use crate::secret::{Secret, SecretError, SecretValue};
use crate::tools::mcp_server::McpServer;

/// The headers of a request that are the protocol's.
pub(super) type Headers = HashMap<HeaderName, HeaderValue>;

const ACCEPTED: &str = "application/json, text/event-stream";

/// Where a server is reached.
#[derive(Clone)]
pub(super) struct Endpoint {
    http: GuardedHttp,
    server: Arc<McpServer<Arc<Secret>>>,
}

impl Endpoint {
    pub(super) fn new(http: &GuardedHttp, server: &Arc<McpServer<Arc<Secret>>>) -> Self {
        Self { http: http.clone(), server: Arc::clone(server) }
    }

    // A secret that is refused may have been rotated: the one that is stored now is tried once. Nobody acts on a request that is refused
    // for its secret.
    pub(super) async fn send(
        &self,
        method: Method,
        headers: &Headers,
        body: Option<Vec<u8>>,
    ) -> Result<Response, HttpFailure> {
        let Some(header) = &self.server.secret else { return self.send_with(method, headers, body, None).await };
        let value = header.secret.value().await.map_err(|error| no_secret(&error))?;
        let answer = self.send_with(method.clone(), headers, body.clone(), Some(&value)).await?;
        if answer.status() == StatusCode::UNAUTHORIZED
            && let Some(other) = header.secret.instead_of(&value).await.map_err(|error| no_secret(&error))?
        {
            return self.send_with(method, headers, body, Some(&other)).await;
        }
        header.secret.refresh().await;
        Ok(answer)
    }

    async fn send_with(
        &self,
        method: Method,
        headers: &Headers,
        body: Option<Vec<u8>>,
        secret: Option<&SecretValue>,
    ) -> Result<Response, HttpFailure> {
        let request = self.http.request(method, self.server.url.clone()).map_err(|_| HttpFailure::NotPublic)?;
        let mut request = request.header(ACCEPT, ACCEPTED);
        for (name, value) in &self.server.headers {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let (Some(header), Some(secret)) = (&self.server.secret, secret) {
            request = request.header(&header.name, secret_value(&header.prefix, secret)?);
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        request.send().await.map_err(|error| not_answered(&error))
    }
}

// Marked as sensitive, to hide it from the `Debug` output of a request.
fn secret_value(prefix: &str, secret: &SecretValue) -> Result<HeaderValue, HttpFailure> {
    let text = Zeroizing::new(format!("{prefix}{}", secret.expose()));
    let mut value = HeaderValue::from_str(&text).map_err(|_| HttpFailure::NoSecret)?;
    value.set_sensitive(true);
    Ok(value)
}

fn no_secret(error: &SecretError) -> HttpFailure {
    tracing::error!(%error, "a tool's secret cannot be read");
    HttpFailure::NoSecret
}

fn not_answered(error: &reqwest::Error) -> HttpFailure {
    let mut causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    if causes.any(|cause| cause.is::<NotPublic>()) {
        return HttpFailure::NotPublic;
    }
    match error.is_connect() || error.is_builder() {
        true => HttpFailure::NotSent,
        false => HttpFailure::Broken,
    }
}
