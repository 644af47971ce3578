//! The events that the stack records.

mod event;
mod excerpt;
mod handshake;
mod invocation;
mod masked;
mod millis;
mod origin;

pub use event::Event;
pub use excerpt::Excerpt;
pub use handshake::Handshake;
pub use invocation::Invocation;
pub use origin::Origin;
