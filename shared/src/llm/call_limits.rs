//! How long a call of a model may take, and how much it may bring.

use std::time::Duration;

/// The bounds of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// To connect, TLS included.
    pub connect: Duration,
    /// From the request to the first token. Keep-alives do not count.
    pub first_token: Duration,
    /// From one token to the next.
    pub next_token: Duration,
    /// Bytes of text, thoughts included, behind which a reply ends as one that reached its length.
    pub reply_bytes: usize,
    /// Parts, thoughts and answers in turn, behind which it does, too.
    pub reply_parts: usize,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            // A deployment may have any name, so that one which thinks first is not known for that.
            first_token: Duration::from_secs(120),
            next_token: Duration::from_secs(30),
            reply_bytes: 2_000_000,
            reply_parts: 200,
        }
    }
}
