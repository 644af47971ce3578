//! A function behind an invoke endpoint: `cargo lambda watch`, `sam local start-lambda`.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::error::InvocationError;
use super::request::InvokeRequest;
use crate::console::{Console, Tone};
use crate::events::{Event, Invocation, Origin};
use crate::journal::Journal;
use crate::template;

/// Lambda puts this header beside status 200 when the function failed; `cargo lambda watch` answers 500 instead.
const FUNCTION_ERROR: &str = "x-amz-function-error";

/// How long the endpoint may take. Not the function's own timeout, since the endpoint may have to build the function first.
const LONGEST_CALL: Duration = Duration::from_secs(15 * 60);

/// A function that somebody else runs.
#[derive(Clone, Debug)]
pub struct Remote {
    /// `{endpoint}/2015-03-31/functions/{name}/invocations`.
    url: String,
    endpoint: String,
    client: reqwest::Client,
    console: Console,
    journal: Journal,
    /// Its logical id.
    function: String,
    /// In MB.
    memory: u64,
}

impl Remote {
    /// The function `name` at an endpoint such as `http://127.0.0.1:9000`.
    pub fn new(
        endpoint: &str,
        name: &str,
        function: &template::Function,
        client: reqwest::Client,
        console: Console,
        journal: Journal,
    ) -> Self {
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        let url = format!("{endpoint}/2015-03-31/functions/{name}/invocations");
        Self { url, endpoint, client, console, journal, function: function.id.clone(), memory: function.memory }
    }

    /// Begins an invocation before it returns, and gives its answer. The function runs on when that future is dropped.
    pub(super) fn invoke(
        &self,
        request: InvokeRequest,
    ) -> impl Future<Output = Result<Bytes, InvocationError>> + use<> {
        let (this, console) = (self.clone(), self.console.clone());
        // A task of its own: when the gateway stops waiting, the function must not be cancelled with the request.
        let answered = tokio::spawn(async move { this.record(request).await });
        async move {
            let result = answered.await.unwrap_or_else(|_| Err(InvocationError::killed()));
            result.inspect_err(|error| console.write("", Tone::Error, error))
        }
    }

    /// Invokes the function, and records what can be seen of that from here: not what it does after its answer.
    async fn record(&self, request: InvokeRequest) -> Result<Bytes, InvocationError> {
        let begun = Instant::now();
        let invocation =
            || Invocation { function: self.function.clone(), environment: None, request: Some(request.id.clone()) };
        self.journal.record(|| Event::InvocationBegun {
            invocation: invocation(),
            cold: false,
            waited: Duration::ZERO,
            origin: Origin::of(&request.payload),
        });
        let result = self.request(request.payload.clone()).await;
        self.journal.record(|| Event::InvocationEnded {
            invocation: invocation(),
            millis: begun.elapsed(),
            init: None,
            billed_millis: begun.elapsed().as_micros().div_ceil(1000) as u64,
            memory: self.memory,
            memory_used: None,
            error: result.as_ref().err().map(ToString::to_string),
        });
        result
    }

    async fn request(&self, payload: Bytes) -> Result<Bytes, InvocationError> {
        // The endpoint may never answer (it loses calls when it reloads a function), so the limit is kept here.
        let request =
            self.client.post(&self.url).header("Content-Type", "application/json").body(payload).timeout(LONGEST_CALL);
        let response = request.send().await.map_err(|error| self.failure(&error))?;
        let failed = response.headers().contains_key(FUNCTION_ERROR) || !response.status().is_success();
        let body = response.bytes().await.map_err(|error| self.failure(&error))?;
        if failed { Err(InvocationError::described(&body, None)) } else { Ok(body) }
    }

    fn failure(&self, error: &reqwest::Error) -> InvocationError {
        if error.is_timeout() {
            InvocationError::TimedOut(LONGEST_CALL)
        } else if error.is_connect() {
            InvocationError::Unreachable(format!(
                "nothing answers at {}; start the functions there first",
                self.endpoint
            ))
        } else {
            InvocationError::Unreachable(format!("{} broke off", self.endpoint))
        }
    }
}
