//! What environments call outside their processes, and how that goes wrong.

mod database_call;
mod model_stream;
mod outgoing;

pub(super) use outgoing::{forward, inject_fault};
