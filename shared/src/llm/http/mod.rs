//! What the adapters of servers that speak HTTP with server-sent events have in common.

mod endpoint;
mod event_source;
pub mod sse;
mod trace_parent;

pub use endpoint::{ApiKey, ModelEndpoint, TimeLimits};
pub(super) use event_source::{Dialect, Refusal, json, read, retry_after};
pub use trace_parent::TraceSource;
