//! Tools that are endpoints over HTTP.

mod answer;
mod request;

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use reqwest::StatusCode;

use super::http_endpoint::HttpEndpoint;
use super::output::Output;
use super::runner::{Invocation, ToolRunner};
use super::tool_error::ToolError;
use crate::http_clients::{GuardedHttp, NotPublic};
use crate::secret::{Secret, SecretError, SecretValue};

/// Calls an endpoint.
pub struct HttpRunner {
    calls: Arc<Calls>,
}

struct Calls {
    http: GuardedHttp,
    endpoint: HttpEndpoint<Arc<Secret>>,
    max_output_bytes: usize,
}

impl HttpRunner {
    /// A runner whose answers may have this many bytes.
    pub fn new(http: GuardedHttp, endpoint: HttpEndpoint<Arc<Secret>>, max_output_bytes: usize) -> Self {
        Self { calls: Arc::new(Calls { http, endpoint, max_output_bytes }) }
    }
}

impl ToolRunner for HttpRunner {
    fn run(&self, call: Invocation) -> BoxFuture<'static, Result<Output, ToolError>> {
        let calls = Arc::clone(&self.calls);
        async move { calls.call(&call).await }.boxed()
    }
}

impl Calls {
    // A secret that is refused may have been rotated: the one that is stored now is tried once. Nobody acts on a call that is refused
    // for its secret.
    async fn call(&self, call: &Invocation) -> Result<Output, ToolError> {
        let Some(header) = &self.endpoint.secret else {
            return answer::read(self.send(call, None).await?, self.max_output_bytes, None).await;
        };
        let value = header.secret.value().await.map_err(|error| no_secret(&error))?;
        let answer = self.send(call, Some(&value)).await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            let other = header.secret.instead_of(&value).await.map_err(|error| no_secret(&error))?;
            if let Some(other) = other {
                return answer::read(self.send(call, Some(&other)).await?, self.max_output_bytes, Some(&other)).await;
            }
        }
        let (output, ()) =
            tokio::join!(answer::read(answer, self.max_output_bytes, Some(&value)), header.secret.refresh());
        output
    }

    async fn send(&self, call: &Invocation, secret: Option<&SecretValue>) -> Result<reqwest::Response, ToolError> {
        request::request(&self.http, &self.endpoint, call, secret)?.send().await.map_err(|error| not_answered(&error))
    }
}

fn not_answered(error: &reqwest::Error) -> ToolError {
    let mut causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    if causes.any(|cause| cause.is::<NotPublic>()) {
        return ToolError::failed(
            "The tool's host has no public address, and is not among the private hosts of the configuration.",
        );
    }
    match error.is_connect() || error.is_builder() {
        true => ToolError::failed("The tool's server cannot be reached. It has not been called."),
        false => ToolError::unknown(
            "The connection to the tool's server broke before it answered. It may have acted nevertheless.",
        ),
    }
}

fn no_secret(error: &SecretError) -> ToolError {
    tracing::error!(%error, "a tool's secret cannot be read");
    ToolError::failed("The tool's secret cannot be read. It has not been called.")
}
