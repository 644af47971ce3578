//! The wire: the frames of the AI SDK's `WebSocketChatTransport` and our extensions to them.
//!
//! Nothing else knows JSON frames. What comes in is checked here, once, and leaves as our own words
//! ([`ClientFrame`]); what goes out is written here ([`ServerFrame`], [`Chunk`]).
//! `shared/tests/fixtures/frames` holds one example of each frame.

mod chunk;
mod client_frame;
mod server_frame;

pub use chunk::{Chunk, MessageMetadata, PartKind, Timings};
pub use client_frame::{ClientFrame, InvalidFrame, MAX_TEXT_BYTES, ResumeFrame, SendFrame};
pub use server_frame::{Notice, ServerFrame};
