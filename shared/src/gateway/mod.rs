//! The way back to clients: what of a reply goes into which frame, to whom, and how it is posted.

mod audience;
mod connections;
mod reply_sink;
mod reply_stream;
mod sigv4;

pub use audience::{Audience, Posted};
pub use connections::Connections;
pub use reply_sink::{PostError, ReplySink};
pub use reply_stream::{MAX_FRAME_BYTES, Outgoing, ReplyStream, too_many_followers};
