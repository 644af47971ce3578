//! The limits of time and size of a model call.

use std::time::Duration;

/// The limits of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// To connect, TLS included.
    pub connect: Duration,
    /// From the request to the first token. Keep-alives do not count.
    pub first_token: Duration,
    /// From one token to the next.
    pub next_token: Duration,
    /// Bytes of text, reasoning included, at which a reply ends with the finish reason `length`.
    pub reply_bytes: usize,
    /// Parts, alternating reasoning and text, at which it does, too.
    pub reply_parts: usize,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            // A deployment may have any name, which does not reveal whether its model reasons first.
            first_token: Duration::from_secs(120),
            next_token: Duration::from_secs(30),
            reply_bytes: 2_000_000,
            reply_parts: 200,
        }
    }
}
