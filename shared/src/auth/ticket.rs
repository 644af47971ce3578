//! Tickets: valid for one connection and one minute, so that no token has to be part of a URL.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::token::{CLOCK_LEEWAY, Identity};
use crate::conversation::Timestamp;

/// How long a ticket is valid.
const LIFETIME: Duration = Duration::from_secs(60);

/// 256 bits of entropy.
const BYTES: usize = 32;

/// A ticket, which only its owner has: the store has its digest.
#[derive(Clone)]
pub struct Ticket(Zeroizing<String>);

impl Ticket {
    /// Generates a ticket from the system's random source; `None` if that fails.
    pub fn draw() -> Option<Self> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        SystemRandom::new().fill(bytes.as_mut()).ok()?;
        Some(Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// Parses a client's ticket; `None` if it is malformed.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == BYTES).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text, for its owner alone.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its digest, which is stored.
    pub fn digest(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.0.as_bytes()))
    }

    /// When a ticket expires that is issued now for this identity: never later than its token.
    pub fn end(identity: &Identity, now: Timestamp) -> Timestamp {
        let token = Timestamp::from_seconds(identity.expires_at) + CLOCK_LEEWAY;
        token.min(now + LIFETIME)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Ticket(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_random_and_identified_by_its_digest() {
        let ticket = Ticket::draw().unwrap();
        assert_eq!(Ticket::read(ticket.expose()).unwrap().digest(), ticket.digest());
        assert_ne!(Ticket::draw().unwrap().digest(), ticket.digest());
        assert!(!format!("{ticket:?} {}", ticket.digest()).contains(ticket.expose()));
    }

    #[test]
    fn a_malformed_ticket_is_rejected_without_a_read() {
        for text in ["", "short", "a#b", &"x".repeat(42), &"x".repeat(44), &"=".repeat(43), &"x".repeat(100_000)] {
            assert!(Ticket::read(text).is_none(), "{text:.50}");
        }
    }

    #[test]
    fn a_ticket_is_good_for_a_minute_and_never_longer_than_its_token() {
        let identity = |expires_at| Identity { user: "alice".parse().unwrap(), expires_at };
        let now = Timestamp(1_000_000);
        assert_eq!(Ticket::end(&identity(5000), now), Timestamp(1_060_000));
        assert_eq!(Ticket::end(&identity(1010), now), Timestamp(1_040_000));
    }
}
