//! The items of the table and their keys, as serde writes and reads them.
//!
//! `expires_at` (seconds since 1970) is the table's time to live. DynamoDB deletes late, so expired items are filtered
//! by time wherever it matters.

mod agents;
mod connection;
mod content;
mod conversation;
mod key;
mod message;
mod output;
mod owner;
mod request;
mod segment;
mod text_part;

pub use agents::{AgentsHeadItem, AgentsItem, AgentsSummary};
pub use connection::{ConnectionItem, LOSS_RETENTION, SLOTS_LIFETIME, SlotsItem, TicketItem};
pub use content::{Content, added_entries};
pub use conversation::{BranchItem, ConversationItem};
pub use key::{AGENTS, AGENTS_VERSIONS, Due, Key, messages_of, outputs_of, sent_as, spending_of, text_parts_of};
pub use message::MessageItem;
pub use output::OutputItem;
pub use owner::{OwnerItem, subscriber_to_text};
pub use request::{RequestItem, SentItem, request_expiry};
pub use segment::{Counted, SegmentItem};
pub use text_part::TextPartItem;
