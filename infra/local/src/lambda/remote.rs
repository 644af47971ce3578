//! A function behind another invoke endpoint: `cargo lambda watch`, `sam local start-lambda`.

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

/// Timeout of the endpoint. Not the function's own, since the endpoint may have to build the function first.
const CALL_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// A function that another program runs.
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

    /// Begins an invocation before it returns, and resolves to its response. The function runs on when that future is dropped.
    pub(super) fn invoke(
        &self,
        request: InvokeRequest,
    ) -> impl Future<Output = Result<Bytes, InvocationError>> + use<> {
        let (this, console) = (self.clone(), self.console.clone());
        // A separate task: when the gateway stops waiting, the function must not be cancelled with the request.
        let answered = tokio::spawn(async move { this.record(request).await });
        async move {
            let result = answered.await.unwrap_or_else(|_| Err(InvocationError::killed()));
            result.inspect_err(|error| console.write("", Tone::Error, error))
        }
    }

    /// Invokes the function, and records what is visible from here: not its work after the response.
    async fn record(&self, request: InvokeRequest) -> Result<Bytes, InvocationError> {
        let started = Instant::now();
        let invocation =
            || Invocation { function: self.function.clone(), environment: None, request: Some(request.id.clone()) };
        self.journal.record(|| Event::InvocationStarted {
            invocation: invocation(),
            cold: false,
            waited: Duration::ZERO,
            origin: Origin::of(&request.payload),
        });
        let result = self.request(request.payload.clone()).await;
        self.journal.record(|| Event::InvocationEnded {
            invocation: invocation(),
            millis: started.elapsed(),
            init: None,
            billed_millis: started.elapsed().as_micros().div_ceil(1000) as u64,
            memory: self.memory,
            memory_used: None,
            error: result.as_ref().err().map(ToString::to_string),
        });
        result
    }

    async fn request(&self, payload: Bytes) -> Result<Bytes, InvocationError> {
        // The endpoint may never answer (it loses calls when it reloads a function), so the timeout is enforced here.
        let request =
            self.client.post(&self.url).header("Content-Type", "application/json").body(payload).timeout(CALL_TIMEOUT);
        let response = request.send().await.map_err(|error| self.failure(&error))?;
        let failed = response.headers().contains_key(FUNCTION_ERROR) || !response.status().is_success();
        let body = response.bytes().await.map_err(|error| self.failure(&error))?;
        if failed { Err(InvocationError::described(&body, None)) } else { Ok(body) }
    }

    fn failure(&self, error: &reqwest::Error) -> InvocationError {
        if error.is_timeout() {
            InvocationError::TimedOut(CALL_TIMEOUT)
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
