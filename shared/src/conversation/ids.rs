//! Identifiers, validated on entry.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::{NoContext, Uuid};

use super::timestamp::Timestamp;

/// An invalid identifier: empty, too long, or with a character that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id must have 1 to {MAX_ID_BYTES} visible ASCII characters other than '#'")]
pub struct InvalidId;

/// The longest identifier that is accepted, in bytes. OpenID Connect allows 255 for a subject.
pub const MAX_ID_BYTES: usize = 255;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(as = "String"))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            // '#' separates the parts of a database key: an id with one could name another user's item.
            fn try_from(id: String) -> Result<Self, InvalidId> {
                let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
                match id.len() {
                    1..=MAX_ID_BYTES if id.bytes().all(allowed) => Ok(Self(id)),
                    _ => Err(InvalidId),
                }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(id: &str) -> Result<Self, InvalidId> {
                Self::try_from(id.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

identifier!(
    /// The user, from the token's subject. Never taken from a frame.
    UserId
);
identifier!(
    /// A conversation, named by the client; unique only within its user.
    ConversationId
);
identifier!(
    /// One state of the deployment's agents: the number under which it was published, or a digest of what is not.
    AgentsVersion
);
identifier!(
    /// A message. The server's ids sort by creation time (see [`MessageId::after`]); those of clients are opaque.
    MessageId
);
identifier!(
    /// One WebSocket, named by API Gateway.
    ConnectionId
);
identifier!(
    /// One request of a client, unique only within its connection.
    RequestId
);

impl AgentsVersion {
    /// The version that was published under this number.
    pub fn published(number: u32) -> Self {
        Self(number.to_string())
    }

    /// The version of files with this digest, which are not published.
    pub fn of_digest(digest: u64) -> Self {
        Self(format!("unpublished-{digest:016x}"))
    }

    /// The number under which it was published, if it was.
    pub fn number(&self) -> Option<u32> {
        self.0.parse().ok()
    }
}

impl MessageId {
    /// A new id (a UUID version 7) that sorts after `previous` even if this machine's clock is behind.
    pub fn after(previous: Option<&MessageId>, now: Timestamp) -> Self {
        let earliest = previous.and_then(MessageId::timestamp).map_or(0, |timestamp| timestamp.0 + 1);
        let time = Duration::from_millis(now.0.max(earliest));
        let timestamp = uuid::Timestamp::from_unix(NoContext, time.as_secs(), time.subsec_nanos());
        Self(Uuid::new_v7(timestamp).simple().to_string())
    }

    /// Whether the server made the id. Ids of clients may look like it, but hardly ever do.
    pub fn is_ours(&self) -> bool {
        self.0.len() == uuid::fmt::Simple::LENGTH
            && Uuid::parse_str(&self.0).is_ok_and(|id| id.get_version() == Some(uuid::Version::SortRand))
    }

    fn timestamp(&self) -> Option<Timestamp> {
        let (seconds, nanos) = Uuid::parse_str(&self.0).ok()?.get_timestamp()?.to_unix();
        Some(Timestamp(seconds * 1000 + u64::from(nanos) / 1_000_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_change_a_key_is_rejected() {
        for id in ["", "a#CONV#b", "a b", "a\u{0}b", "ünï", &"x".repeat(MAX_ID_BYTES + 1)] {
            assert_eq!(ConversationId::try_from(id.to_owned()), Err(InvalidId), "{id:?}");
        }
        for id in ["auth0|5f7c", "a@example.org", "KqX6yJbRzPaLWn1s"] {
            assert!(UserId::try_from(id.to_owned()).is_ok(), "{id:?}");
        }
    }

    #[test]
    fn server_ids_are_distinguished_from_client_ids() {
        assert!(MessageId::after(None, Timestamp(2_000_000_000_000)).is_ours());
        for id in ["m1", "msg-9vYVYw2Xq3", "3f2b9c1e-0a47-4d6b-9a55-2f8f6a1f7c3d", "00000000000000000000000000000000"] {
            assert!(!MessageId::try_from(id.to_owned()).unwrap().is_ours(), "{id}");
        }
    }

    #[test]
    fn a_message_id_sorts_after_its_predecessor_even_if_the_clock_is_behind() {
        let ahead = MessageId::after(None, Timestamp(2_000_000_000_000));
        let behind = MessageId::after(Some(&ahead), Timestamp(1_000_000_000_000));
        assert!(behind > ahead);
    }
}
