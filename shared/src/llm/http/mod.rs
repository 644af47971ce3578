//! What the adapters of HTTP servers have in common.

mod answer_body;
mod endpoint;
mod event_reader;
mod event_stream;
mod json_mender;
pub mod sse;
mod trace_parent;

pub use endpoint::{ApiKey, ModelEndpoint};
pub(super) use event_reader::ReadEvent;
pub(super) use event_stream::{Dialect, read};
pub use trace_parent::TraceSource;
