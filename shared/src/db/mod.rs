//! Storage: the traits of the stores, the items of the table, and the adapter for DynamoDB.

mod allowance_store;
mod connection_store;
mod conversation_store;
mod dynamo;
mod error;
mod models;
mod stored_message;
mod text_part_store;
mod ticket_store;
mod turn_store;

pub use allowance_store::AllowanceStore;
pub use connection_store::{ConnectionRecord, ConnectionStore, Period, SlotClaim, Traffic};
pub use conversation_store::{
    Activity, ConversationStore, HistoryPosition, LATE_WRITE_WINDOW, Listed, Piece, PieceName, Pieces,
};
pub use dynamo::{DynamoStore, Footprint};
pub use error::StoreError;
pub use stored_message::{ConversationSnapshot, StoredMessage};
pub use text_part_store::{TextPart, TextPartStore};
pub use ticket_store::{TicketRecord, TicketStore};
pub use turn_store::{
    MAX_SUBSCRIBERS, NewTurn, REORDER_WINDOW, RequestRecord, SEGMENT_BYTES, Save, SavedContent, SentMessage, Signals,
    Store, Subscription,
};
