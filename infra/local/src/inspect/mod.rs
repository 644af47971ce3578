//! The developer's page at `/inspect`, and what it reads: the journal, the meter, the state of the stack, and its tables.
//!
//! Frames hold what people wrote, so only this machine's own page may read them; see [`guard`](crate::guard).

mod events;
mod page;
mod tables;

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::faults::Faults;
use crate::guard::{self, Audience};
use crate::journal::{CAPACITY, Journal};
use crate::lambda::Lambda;
use crate::template::{Function, Table};

/// What the page looks into.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// Where the stack is reached, as host and port.
    pub domain: String,
    /// What happened.
    pub journal: Journal,
    /// The time that limits are measured in.
    pub clock: Clock,
    /// Which faults are in force.
    pub faults: Faults,
    /// The functions' environments.
    pub lambda: Lambda,
    /// The functions.
    pub functions: Vec<Function>,
    /// The tables.
    pub tables: Vec<Table>,
    /// Endpoint of the database.
    pub database_url: String,
    /// Asks the database.
    pub client: reqwest::Client,
}

/// `/inspect`, and below `/local/` what it reads.
pub fn router(inspected: Inspected) -> Router {
    Router::new()
        .merge(page::router())
        .route("/local/journal", get(journal))
        .route("/local/events", get(events::stream))
        .route("/local/meter", get(meter))
        .route("/local/meter/reset", post(reset_meter))
        .route("/local/metrics", get(metrics))
        .route("/local/stack", get(stack))
        .route("/local/tables", get(tables::list))
        .route("/local/tables/{name}", get(tables::browse))
        .layer(from_fn_with_state(Audience::Machine, guard::admit))
        .with_state(Arc::new(inspected))
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    after: u64,
    #[serde(default = "whole")]
    limit: usize,
}

fn whole() -> usize {
    CAPACITY
}

/// `GET /local/journal?after=0&limit=100` → `{"entries": […]}`, oldest first.
async fn journal(State(inspected): State<Arc<Inspected>>, Query(page): Query<Page>) -> Json<Value> {
    Json(json!({ "entries": inspected.journal.after(page.after, page.limit) }))
}

/// `GET /local/meter` → what was used, and what it would cost.
async fn meter(State(inspected): State<Arc<Inspected>>) -> Json<Value> {
    let usage = inspected.journal.usage();
    Json(json!({ "usage": usage, "bill": usage.bill() }))
}

/// `GET /local/metrics` → `{"metrics": […]}`, what functions have counted.
async fn metrics(State(inspected): State<Arc<Inspected>>) -> Json<Value> {
    Json(json!({ "metrics": inspected.journal.metrics() }))
}

async fn reset_meter(State(inspected): State<Arc<Inspected>>) -> StatusCode {
    inspected.journal.reset_usage();
    StatusCode::NO_CONTENT
}

/// `GET /local/stack` → how it stands now.
async fn stack(State(inspected): State<Arc<Inspected>>) -> Json<Value> {
    let function = |function: &Function| {
        let environments = inspected.lambda.environments(&function.id).len();
        let timeout = function.timeout.as_secs();
        json!({ "id": function.id, "memory": function.memory, "timeout": timeout, "environments": environments })
    };
    let faults = inspected.faults.plan();
    Json(json!({
        "domain": inspected.domain,
        "now": inspected.clock.epoch_millis(),
        "records": inspected.journal.records(),
        "faults": (!faults.is_empty()).then(|| faults.to_string()),
        "functions": inspected.functions.iter().map(function).collect::<Vec<_>>(),
        "connections": inspected.journal.connections(),
    }))
}
