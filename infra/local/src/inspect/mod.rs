//! The developer's page at `/inspect`, and what it reads: the journal, the meter, the state of the stack, and its tables.
//!
//! Frames contain users' messages, so only this machine's own page may read them; see [`guard`](crate::guard).

mod events;
mod inspected;
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

pub use inspected::Inspected;

use crate::guard::{self, Audience};
use crate::journal::CAPACITY;
use crate::template::Function;

/// `/inspect`, and its data below `/local/`.
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

/// `GET /local/meter` → the usage, and its cost.
async fn meter(State(inspected): State<Arc<Inspected>>) -> Json<Value> {
    let usage = inspected.journal.usage();
    Json(json!({ "usage": usage, "bill": usage.bill() }))
}

/// `GET /local/metrics` → `{"metrics": […]}`, the functions' metrics.
async fn metrics(State(inspected): State<Arc<Inspected>>) -> Json<Value> {
    Json(json!({ "metrics": inspected.journal.metrics() }))
}

async fn reset_meter(State(inspected): State<Arc<Inspected>>) -> StatusCode {
    inspected.journal.reset_usage();
    StatusCode::NO_CONTENT
}

/// `GET /local/stack` → the current state.
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
