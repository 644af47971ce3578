//! The journal as a stream of server-sent events.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::{HeaderMap, StatusCode};
use tokio::sync::watch;

use super::inspected::Inspected;
use crate::journal::{Entry, Journal};

/// How many entries one event carries at most.
const MAX_ENTRIES: usize = 500;

/// `GET /local/events`: each event is a list of entries; a browser that reconnects continues after the last it has seen.
pub async fn stream(State(inspected): State<Arc<Inspected>>, headers: HeaderMap) -> Response {
    let journal = inspected.journal.clone();
    // The one response that keeps a browser from reconnecting.
    let Some(newest) = journal.newest() else { return StatusCode::NO_CONTENT.into_response() };
    let last_seen: u64 = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(0);
    // A larger number is of an earlier stack.
    let after = if journal.after(last_seen.saturating_sub(1), 1).is_empty() { 0 } else { last_seen };
    let events = stream::unfold((journal, newest, after), |(journal, mut newest, after)| async move {
        let entries = next(&journal, &mut newest, after).await?;
        let last = entries.last()?.sequence;
        let event = Event::default().id(last.to_string()).json_data(&entries).unwrap_or_default();
        Some((Ok::<_, Infallible>(event), (journal, newest, last)))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// The entries after `after`, once there are any. `None` if the journal has ended.
async fn next(journal: &Journal, newest: &mut watch::Receiver<u64>, after: u64) -> Option<Vec<Arc<Entry>>> {
    loop {
        let entries = journal.after(after, MAX_ENTRIES);
        if !entries.is_empty() {
            return Some(entries);
        }
        newest.changed().await.ok()?;
    }
}
