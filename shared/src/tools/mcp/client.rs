//! The tools of one server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use tokio::time::timeout;

use super::content;
use super::failure::Failure;
use super::session::Session;
use crate::http_clients::GuardedHttp;
use crate::secret::{Secret, SecretValue};
use crate::tools::mcp_server::{ListedTool, McpServer};
use crate::tools::output::Output;
use crate::tools::runner::{Invocation, ToolRunner};
use crate::tools::tool_error::ToolError;

/// How long somebody who locks the tools of a server waits for its list.
const LIST_TIMEOUT: Duration = Duration::from_secs(60);

/// A server, which is connected to when it is first needed.
pub struct McpClient {
    // For logs.
    name: String,
    http: GuardedHttp,
    server: Arc<McpServer<Arc<Secret>>>,
    // The hashes with which tools were reviewed, by the server's names.
    reviewed: BTreeMap<String, String>,
    session: tokio::sync::Mutex<Option<Arc<Session>>>,
    // The tools that are no longer as they were reviewed, each of which is logged once.
    reported: Mutex<BTreeSet<String>>,
}

/// Calls a tool of a server.
pub struct McpRunner {
    client: Arc<McpClient>,
    tool: Arc<str>,
    prepare_limit: Duration,
}

impl McpClient {
    /// A server with this name, and the hashes of its tools as they were reviewed.
    pub fn new(
        name: &str,
        http: GuardedHttp,
        server: McpServer<Arc<Secret>>,
        reviewed: BTreeMap<String, String>,
    ) -> Self {
        let server = Arc::new(server);
        Self { name: name.to_owned(), http, server, reviewed, session: Default::default(), reported: Mutex::default() }
    }

    /// What runs a tool, whose calls take at most so long.
    pub fn runner(self: &Arc<Self>, tool: &str, limit: Duration) -> McpRunner {
        // So that what is slow before a call does not look like a call.
        McpRunner { client: Arc::clone(self), tool: tool.into(), prepare_limit: limit.mul_f64(0.75) }
    }

    /// The tools that the server lists and that the deployment allows, at most some more than so many.
    ///
    /// # Errors
    /// Says why there is no list.
    pub async fn tools(&self, most: usize) -> Result<Vec<ListedTool>, String> {
        let listed = async {
            let session = self.session().await?;
            session.tools(|tool| self.server.allows(tool), most).await
        };
        let listed = timeout(LIST_TIMEOUT, listed).await;
        let listed = listed.map_err(|_| format!("the server has not listed its tools within {LIST_TIMEOUT:?}"))?;
        let secret = self.secret().await;
        listed.map_err(|failure| content::without(secret.as_ref(), failure.to_string()))
    }

    async fn call(&self, tool: &str, limit: Duration, call: &Invocation) -> Result<Output, ToolError> {
        let mut is_lost = false;
        loop {
            let prepared = timeout(limit, self.prepared(tool)).await;
            let prepared = prepared.map_err(|_| ToolError::failed(too_slow(limit)))?;
            let session = match prepared {
                Ok(session) => session?,
                Err(Failure::SessionLost) if !is_lost => {
                    is_lost = true;
                    continue;
                }
                Err(failure) => return Err(self.cleaned(failure.before_call()).await),
            };
            match session.call(tool, &call.input, &call.key).await {
                Ok(response) => {
                    let secret = self.secret().await;
                    let output = content::output(response, secret.as_ref());
                    return output.map_err(|error| cleaned(error, secret.as_ref()));
                }
                Err(Failure::SessionLost) => {
                    self.forget(&session).await;
                    if is_lost {
                        return Err(Failure::SessionLost.before_call());
                    }
                    is_lost = true;
                }
                Err(failure) => {
                    // Behind a connection that broke another server may stand, with other tools.
                    if failure.is_of_connection() {
                        self.forget(&session).await;
                    }
                    return Err(self.cleaned(failure.of_call()).await);
                }
            }
        }
    }

    // A session in which the tool is as it was reviewed; or what the model is told.
    async fn prepared(&self, tool: &str) -> Result<Result<Arc<Session>, ToolError>, Failure> {
        let session = self.session().await?;
        let hash = match session.hash(tool, &self.reviewed).await {
            Ok(hash) => hash,
            Err(failure) => {
                if failure == Failure::SessionLost {
                    self.forget(&session).await;
                }
                return Err(failure);
            }
        };
        if hash.is_some() && hash.as_ref() == self.reviewed.get(tool) {
            self.reported.lock().unwrap_or_else(PoisonError::into_inner).remove(tool);
            return Ok(Ok(session));
        }
        let problem =
            if hash.is_none() { "is no longer offered by its server" } else { "has changed since it was reviewed" };
        if self.reported.lock().unwrap_or_else(PoisonError::into_inner).insert(tool.to_owned()) {
            tracing::error!(
                server = self.name,
                tool,
                "a tool {problem}; it is not called until its server is locked again"
            );
        }
        Ok(Err(ToolError::failed(format!(
            "The tool {problem}. It has not been called, and cannot be until an operator looks at it."
        ))))
    }

    async fn session(&self) -> Result<Arc<Session>, Failure> {
        // Others wait meanwhile, for the same one.
        let mut current = self.session.lock().await;
        if let Some(session) = current.as_ref().filter(|session| !session.is_closed()) {
            return Ok(Arc::clone(session));
        }
        let session = Arc::new(Session::open(&self.http, &self.server).await?);
        *current = Some(Arc::clone(&session));
        Ok(session)
    }

    async fn forget(&self, session: &Arc<Session>) {
        let mut current = self.session.lock().await;
        if current.as_ref().is_some_and(|known| Arc::ptr_eq(known, session)) {
            *current = None;
        }
    }

    async fn secret(&self) -> Option<SecretValue> {
        self.server.secret.as_ref()?.secret.value().await.ok()
    }

    async fn cleaned(&self, error: ToolError) -> ToolError {
        cleaned(error, self.secret().await.as_ref())
    }
}

impl ToolRunner for McpRunner {
    fn run(&self, call: Invocation) -> BoxFuture<'static, Result<Output, ToolError>> {
        let (client, tool, limit) = (Arc::clone(&self.client), Arc::clone(&self.tool), self.prepare_limit);
        async move { client.call(&tool, limit, &call).await }.boxed()
    }
}

fn cleaned(error: ToolError, secret: Option<&SecretValue>) -> ToolError {
    ToolError { sentence: content::without(secret, error.sentence), ..error }
}

fn too_slow(limit: Duration) -> String {
    let seconds = limit.as_secs_f64();
    format!("The tool's server did not list its tools within {seconds} seconds. The tool has not been called.")
}
