//! What the adapters of servers that speak HTTP have in common.

mod answer_body;
mod endpoint;
mod event_reader;
mod event_source;
mod json_mender;
mod retry_after;
pub mod sse;
mod trace_parent;

pub use endpoint::{ApiKey, ModelEndpoint};
pub(super) use event_reader::ReadEvent;
pub(super) use event_source::{Dialect, read};
pub(super) use retry_after::{pause, retry_after};
pub use trace_parent::TraceSource;
