//! Delivery to clients: which frames a reply becomes, who gets them, and how they are posted.

mod api_gateway_sink;
mod broadcast;
mod listener;
mod notifier;
mod reply_sink;
mod reply_stream;
mod sdk_telemetry;
mod sigv4;
mod tool_chunks;

pub use api_gateway_sink::Connections;
pub use broadcast::Audience;
pub use listener::Posted;
pub use notifier::Notifier;
pub use reply_sink::{PostError, ReplySink};
pub use reply_stream::{MAX_FRAME_BYTES, Outgoing, ReplyStream, too_many_subscribers};
