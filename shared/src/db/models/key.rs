//! The keys of the table. Every key of a user's data begins with the user, so that no request can reach another user's;
//! except for tickets, by which a user is found, and for the agents, which are everybody's.
//!
//! | item | `pk` | `sk` |
//! |---|---|---|
//! | conversation head | `USER#u` | `CONV#c` |
//! | message | `USER#u#CONV#c` | `MSG#<id that sorts by time>#~` |
//! | segment of a long reply | `USER#u#CONV#c` | `MSG#<id>#<attempt>#<number>` |
//! | branch | `USER#u#CONV#c` | `BRANCH#<id of its first message>` |
//! | message as its client sent it | `USER#u#CONV#c` | `SENT#<the client's id>#<digest of its text>` |
//! | connection | `USER#u` | `CONN#id` |
//! | connection slots of a user | `USER#u` | `PLACES` |
//! | traffic of a connection in a period | `USER#u` | `TRAFFIC#id#<number of the period>` |
//! | request | `USER#u` | `REQ#connection#request` |
//! | part of the text of a message that has not arrived | `USER#u` | `TEXT#connection#request#<number>` |
//! | allowance of a user | `USER#u` | `ALLOWANCE` |
//! | shard of the spending of all users on a day | `SPEND#<days since 1970>` | `SHARD#<number>` |
//! | ticket | `TICKET#<digest>` | `TICKET` |
//! | version of the agents | `AGENTS` | `VERSION#<number>` |
//! | which version is in use | `AGENTS` | `HEAD` |
//!
//! Ids contain no `#`. `~` sorts after every digit, so a message comes before its segments when the newest are read
//! first.
//!
//! The sparse index `activity` (`user_id`, `updated_at`) sorts the heads of a user's conversations by their last turn. No
//! other item has both attributes, and a deleted conversation's head loses the second.
//!
//! The sparse index `due` lists items that need attention at a time: running turns, to find abandoned ones, connections
//! that will be closed soon or have ended, and deleted conversations until they are purged. Its key does not change
//! while a turn runs, so that saves cost nothing there.

use serde::{Deserialize, Serialize};

use super::super::message_reader::PieceName;
use super::super::request_store::SentMessage;
use crate::allowance::RunId;
use crate::conversation::{CallId, ConnectionId, ConversationId, Day, MessageId, RequestId, UserId};
use crate::turn::TurnKey;

/// Over how many partitions each kind of due items is spread, so that none exceeds the write rate of a partition; and
/// over how many items the spending of a day.
const SHARDS: u64 = 16;

/// The partition of the agents, and the prefix of the sort keys of their versions.
pub const AGENTS: &str = "AGENTS";
/// See [`AGENTS`].
pub const AGENTS_VERSIONS: &str = "VERSION#";

/// The two strings that identify an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The partition.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

impl Key {
    /// The head of a conversation.
    pub fn conversation(user: &UserId, conversation: &ConversationId) -> Self {
        Self { pk: format!("USER#{user}"), sk: format!("CONV#{conversation}") }
    }

    /// A message.
    pub fn message(user: &UserId, conversation: &ConversationId, message: &MessageId) -> Self {
        Self { pk: messages_of(user, conversation), sk: format!("MSG#{message}#~") }
    }

    /// The reply of a turn.
    pub fn turn(turn: &TurnKey) -> Self {
        Self::message(&turn.user_id, &turn.conversation_id, &turn.message_id)
    }

    /// A segment of the reply of a turn. Each attempt has its own, so that an owner that has lost the lease overwrites
    /// nothing.
    pub fn segment(turn: &TurnKey, attempt: u32, number: u32) -> Self {
        Self {
            pk: messages_of(&turn.user_id, &turn.conversation_id),
            sk: format!("MSG#{}#{attempt:02}#{number:06}", turn.message_id),
        }
    }

    /// A part of the output of a tool's call, zero-based.
    pub fn output(turn: &TurnKey, call: &CallId, number: usize) -> Self {
        let prefix = outputs_of(&turn.message_id);
        Self {
            pk: messages_of(&turn.user_id, &turn.conversation_id),
            sk: format!("{prefix}{}#{number:02}", call.number()),
        }
    }

    /// A branch that begins with this message.
    pub fn branch(user: &UserId, conversation: &ConversationId, start: &MessageId) -> Self {
        Self { pk: messages_of(user, conversation), sk: format!("BRANCH#{start}") }
    }

    /// A message as its client sent it.
    pub fn sent_message(user: &UserId, conversation: &ConversationId, sent: &SentMessage) -> Self {
        Self { pk: messages_of(user, conversation), sk: sent_as(&sent.client_id) + &sent.digest }
    }

    /// A connection.
    pub fn connection(user: &UserId, connection: &ConnectionId) -> Self {
        Self { pk: format!("USER#{user}"), sk: format!("CONN#{connection}") }
    }

    /// The connection slots of a user.
    pub fn slots(user: &UserId) -> Self {
        Self { pk: format!("USER#{user}"), sk: "PLACES".to_owned() }
    }

    /// The traffic of a connection in a period.
    pub fn traffic(user: &UserId, connection: &ConnectionId, period: u64) -> Self {
        Self { pk: format!("USER#{user}"), sk: format!("TRAFFIC#{connection}#{period}") }
    }

    /// A request.
    pub fn request(user: &UserId, connection: &ConnectionId, request: &RequestId) -> Self {
        Self { pk: format!("USER#{user}"), sk: format!("REQ#{connection}#{request}") }
    }

    /// A part of the text that a request is going to send.
    pub fn text_part(user: &UserId, connection: &ConnectionId, request: &RequestId, index: usize) -> Self {
        Self { pk: format!("USER#{user}"), sk: format!("{}{index:02}", text_parts_of(connection, request)) }
    }

    /// The allowance of a user.
    pub fn allowance(user: &UserId) -> Self {
        Self { pk: format!("USER#{user}"), sk: "ALLOWANCE".to_owned() }
    }

    /// The shard of a day's spending that a run adds to. So many turns end at once that one item would be too hot.
    pub fn spending(day: Day, run: &RunId) -> Self {
        Self { pk: spending_of(day), sk: format!("SHARD#{:02}", shard_of(run.as_str().bytes())) }
    }

    /// A ticket, by its digest.
    pub fn ticket(digest: &str) -> Self {
        Self { pk: format!("TICKET#{digest}"), sk: "TICKET".to_owned() }
    }

    /// A version of the agents.
    pub fn agents(number: u32) -> Self {
        Self { pk: AGENTS.to_owned(), sk: format!("{AGENTS_VERSIONS}{number:08}") }
    }

    /// Which version of the agents is in use.
    pub fn agents_head() -> Self {
        Self { pk: AGENTS.to_owned(), sk: "HEAD".to_owned() }
    }

    /// The turn whose reply this key names.
    pub fn to_turn(&self) -> Option<TurnKey> {
        let (user, conversation) = self.pk.strip_prefix("USER#")?.split_once("#CONV#")?;
        let message = self.sk.strip_prefix("MSG#")?.strip_suffix("#~")?;
        Some(TurnKey {
            user_id: user.parse().ok()?,
            conversation_id: conversation.parse().ok()?,
            message_id: message.parse().ok()?,
        })
    }

    /// A piece of a message.
    pub fn piece(user: &UserId, conversation: &ConversationId, message: &MessageId, name: &PieceName) -> Self {
        Self { pk: messages_of(user, conversation), sk: format!("MSG#{message}#{}", name.as_str()) }
    }

    /// The user and conversation whose head this key identifies.
    pub fn to_conversation(&self) -> Option<(UserId, ConversationId)> {
        let user = self.pk.strip_prefix("USER#")?.parse().ok()?;
        Some((user, self.sk.strip_prefix("CONV#")?.parse().ok()?))
    }

    /// The user and connection that this key identifies.
    pub fn to_connection(&self) -> Option<(UserId, ConnectionId)> {
        let user = self.pk.strip_prefix("USER#")?.parse().ok()?;
        Some((user, self.sk.strip_prefix("CONN#")?.parse().ok()?))
    }
}

/// The prefix of the sort keys of a message as its client sent it, with any text.
pub fn sent_as(client_id: &MessageId) -> String {
    format!("SENT#{client_id}#")
}

/// The partition of a conversation's messages.
pub fn messages_of(user: &UserId, conversation: &ConversationId) -> String {
    format!("USER#{user}#CONV#{conversation}")
}

/// The prefix of the sort keys of the outputs of a reply's tools.
pub fn outputs_of(message: &MessageId) -> String {
    format!("OUTPUT#{message}#")
}

/// The prefix of the sort keys of the parts of a request's text.
pub fn text_parts_of(connection: &ConnectionId, request: &RequestId) -> String {
    format!("TEXT#{connection}#{request}#")
}

/// The partition of a day's spending.
pub fn spending_of(day: Day) -> String {
    format!("SPEND#{}", day.0)
}

// Any distribution will do, if it stays the same for each name.
fn shard_of(name: impl Iterator<Item = u8>) -> u64 {
    name.fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))) % SHARDS
}

/// The kinds of due items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// A running turn.
    Turn,
    /// A connection that will be closed soon, or has ended.
    Connection,
    /// A conversation that was deleted.
    Deletion,
}

impl Due {
    /// The index partition of the item with this key.
    pub fn partition(self, key: &Key) -> String {
        self.shard(shard_of(key.pk.bytes().chain(key.sk.bytes())))
    }

    /// All partitions of the index for this kind.
    pub fn partitions(self) -> impl Iterator<Item = String> {
        (0..SHARDS).map(move |shard| self.shard(shard))
    }

    fn shard(self, shard: u64) -> String {
        let kind = match self {
            Due::Turn => "TURN",
            Due::Connection => "CONNECTION",
            Due::Deletion => "DELETION",
        };
        format!("{kind}#{shard:02}")
    }
}
