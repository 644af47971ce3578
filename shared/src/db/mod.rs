//! What is stored: the traits of a store, the items of the table with their keys, and the adapter for DynamoDB.

mod allowance_store;
mod connection_store;
mod content;
mod conversation_items;
mod conversation_store;
mod dynamo;
mod items;
mod keys;
mod store;
mod text_part_store;
mod ticket_store;

pub use allowance_store::AllowanceStore;
pub use connection_store::{ConnectionRecord, ConnectionStore, Period, PlaceClaim, Traffic};
pub use conversation_store::{Activity, ConversationStore, LATE_WRITES, Listed, Piece, PieceName, Pieces, Place};
pub use dynamo::{DynamoStore, Footprint};
pub use store::{
    MAX_SUBSCRIBERS, NewTurn, Opened, RequestRecord, Save, SavedContent, SentMessage, Signals, Store, StoreError,
    Subscription, Written,
};
pub use text_part_store::{TextPart, TextPartStore};
pub use ticket_store::{TicketRecord, TicketStore};
