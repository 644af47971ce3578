//! What the adapters of servers that speak HTTP with server-sent events have in common.

mod endpoint;
mod event_source;
mod retry_after;
pub mod sse;
mod trace_parent;

pub use endpoint::{ApiKey, ModelEndpoint};
pub(super) use event_source::{Dialect, Refusal, json, read};
pub(super) use retry_after::retry_after;
pub use trace_parent::TraceSource;
