//! A running stack.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::builder::Builder;
use crate::clock::Clock;
use crate::console::Console;
use crate::crash_points::{Calls, CrashPoints, Moment};
use crate::data::Storage;
use crate::database::Database;
use crate::faults::{Faults, FaultsError, Plan};
use crate::gateway::Gateway;
use crate::journal::Journal;
use crate::lambda::{InvocationError, Lambda};
use crate::meter::Usage;
use crate::metrics::Metric;
use crate::permissions::Permission;
use crate::template::{STAGE, Template};
use crate::token::{self, TokenIssuer};

/// How long in-flight requests may take when the stack stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// A running stack. It stops when it is dropped; [`LocalStack::stop`] also waits for that.
#[derive(Debug)]
pub struct LocalStack {
    pub(crate) template: Template,
    /// Where functions and clients reach it.
    pub(crate) address: SocketAddr,
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    pub(crate) console: Console,
    pub(crate) gateway: Gateway,
    pub(crate) lambda: Lambda,
    /// Aborts them when dropped.
    pub(crate) schedules: JoinSet<()>,
    pub(crate) faults: Faults,
    pub(crate) crash_points: CrashPoints,
    pub(crate) tokens: TokenIssuer,
    /// Whether the functions accept these tokens; not if another issuer is set.
    pub(crate) makes_tokens: bool,
    /// Whether the demo model answers, because no other is connected.
    pub(crate) has_demo_model: bool,
    pub(crate) server: JoinHandle<()>,
    pub(crate) stop_serving: Option<oneshot::Sender<()>>,
    /// `None` once it has been stopped.
    pub(crate) database: Option<Database>,
    pub(crate) database_url: String,
    /// Held for the functions, which call it.
    pub(crate) _services: Arc<Router>,
    /// Held for its lock on the data folder.
    pub(crate) _storage: Storage,
}

impl LocalStack {
    /// A stack that runs this template: on a free loopback port, with data in memory and functions from `target/debug`.
    pub fn builder(template: impl Into<PathBuf>) -> Builder {
        Builder::new(template.into())
    }

    /// `http://127.0.0.1:PORT`.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `ws://127.0.0.1:PORT/local`.
    pub fn socket_url(&self) -> String {
        format!("ws://{}/{STAGE}", self.address)
    }

    /// Endpoint of the database.
    pub fn database_url(&self) -> String {
        self.database_url.clone()
    }

    /// A development token for `user`, valid for an hour.
    pub fn token(&self, user: &str) -> String {
        self.tokens.token(user, token::HOUR)
    }

    /// Whether the functions accept this stack's tokens; not if another issuer is set.
    pub fn makes_tokens(&self) -> bool {
        self.makes_tokens
    }

    /// Whether the demo model answers, because no other is connected.
    pub fn has_demo_model(&self) -> bool {
        self.has_demo_model
    }

    /// What the template declares.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Process ids of a function's live environments, by its logical id.
    pub fn environments(&self, function: &str) -> Vec<u32> {
        self.lambda.environments(function)
    }

    /// Returns a function for the same, which may be called repeatedly and after the stack has stopped.
    pub fn watch_environments(&self, function: &str) -> impl Fn() -> Vec<u32> + Send + 'static {
        let (lambda, function) = (self.lambda.clone(), function.to_owned());
        move || lambda.environments(&function)
    }

    /// Kills (SIGKILL) all environments of a function, and waits until they are gone.
    pub async fn kill_environments(&self, function: &str) {
        self.lambda.kill_environments(function).await;
    }

    /// Invokes a function by its logical id, and returns its response. Its work after that can be waited for with
    /// [`LocalStack::settled`].
    pub async fn invoke(&self, function: &str, event: Value) -> Result<Value, InvocationError> {
        let answer = self.lambda.invoke(function, event.to_string().into()).await?;
        Ok(serde_json::from_slice(&answer).unwrap_or_default())
    }

    /// Invokes a function asynchronously by its logical id, and returns the request id. A failure is retried after one and two
    /// minutes, unless the template says otherwise.
    pub fn invoke_async(&self, function: &str, event: Value) -> Result<String, InvocationError> {
        self.lambda.invoke_async(function, event.to_string().into())
    }

    /// How many asynchronous events of a function failed and wait for a retry.
    pub fn waiting_events(&self, function: &str) -> usize {
        self.lambda.waiting_events(function)
    }

    /// Injects random faults into calls of functions from now on, as [`Builder::faults`]. A plan without a seed gets a random
    /// one, which is logged.
    pub fn set_faults(&self, plan: &str) -> Result<(), FaultsError> {
        let plan: Plan = plan.parse()?;
        if !plan.is_empty() {
            self.console.say(format_args!("faults: {plan}"));
        }
        self.faults.set(plan);
        Ok(())
    }

    /// Injects no further faults.
    pub fn clear_faults(&self) {
        self.faults.set(Plan::default());
    }

    /// The active fault plan with its seed; `None` without faults.
    pub fn faults(&self) -> Option<String> {
        Some(self.faults.plan()).filter(|plan| !plan.is_empty()).map(|plan| plan.to_string())
    }

    /// Numbers the calls of these functions from now on, in place of any numbered before.
    pub fn count_calls(&self, functions: &[&str]) -> Calls {
        self.crash_points.mark(functions, None)
    }

    /// Like [`LocalStack::count_calls`], and kills (SIGKILL) the environment that makes the call with this number, from 1.
    pub fn kill_at(&self, functions: &[&str], number: usize, moment: Moment) -> Calls {
        self.crash_points.mark(functions, Some((number, moment)))
    }

    /// Counts a call that a function has made to a server of the test, by a name, and returns whether the server is to kill the function
    /// (with [`LocalStack::kill_environments`]) before or after it does what it was called for.
    pub fn is_called(&self, function: &str, name: &str) -> Option<Moment> {
        self.crash_points.count(function, name)
    }

    /// The usage that AWS would have charged since the start, or since the last [`LocalStack::reset_meter`].
    pub fn meter(&self) -> Usage {
        self.journal.usage()
    }

    /// The metrics that functions have logged since the start, in CloudWatch's Embedded Metric Format.
    pub fn metrics(&self) -> Vec<Metric> {
        self.journal.metrics()
    }

    /// Resets the meter.
    pub fn reset_meter(&self) {
        self.journal.reset_usage();
    }

    /// The permissions that each function's calls of the database and of `@connections` would have needed on AWS, by logical id.
    /// What the template allows is in [`Function::policy`](crate::template::Function::policy).
    pub fn permissions_needed(&self) -> BTreeMap<String, BTreeSet<Permission>> {
        self.journal.permissions()
    }

    /// The events after number `after` (0 is before the first), oldest first, as `/local/events` sends them. The journal is
    /// bounded and drops the oldest.
    pub fn events(&self, after: u64) -> Vec<Value> {
        let entries = self.journal.after(after, usize::MAX);
        entries.iter().filter_map(|entry| serde_json::to_value(entry).ok()).collect()
    }

    /// Waits until no function is busy: each environment has polled for its next invocation.
    pub async fn settled(&self) {
        self.lambda.settled().await;
    }

    /// Advances the clock of every limit of the platform, but not the functions' own clocks.
    ///
    /// In-flight work then seems to take that much longer, so wait for [`LocalStack::settled`] first where that is not meant.
    pub fn advance_clock(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Closes all connections, kills all functions and closes the database.
    pub async fn stop(mut self) {
        self.schedules.abort_all();
        self.journal.close();
        self.gateway.close_all();
        self.lambda.stop().await;
        self.stop_serving.take();
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut self.server).await.is_err() {
            self.console.say("some requests did not end and were dropped");
        }
        if let Some(database) = self.database.take() {
            database.stop().await;
        }
    }
}

impl Drop for LocalStack {
    fn drop(&mut self) {
        self.lambda.close();
        self.server.abort();
    }
}
