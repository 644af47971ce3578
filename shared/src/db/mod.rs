//! Storage: the traits of the stores, the items of the table, and the adapter for DynamoDB.

mod agents_store;
mod allowance_store;
mod connection_store;
mod conversation_store;
mod dynamo;
mod error;
mod message_reader;
mod models;
mod output_store;
mod request_store;
mod stored_message;
mod text_part_store;
mod ticket_store;
mod turn_store;
mod user_erasure;

pub use agents_store::{AgentsPublisher, AgentsStore, Publication, PublishedVersion};
pub use allowance_store::AllowanceStore;
pub use connection_store::{ConnectionRecord, ConnectionStore, Period, SlotClaim, Traffic};
pub use conversation_store::{Activity, ConversationStore, LATE_WRITE_WINDOW, Listed};
pub use dynamo::DynamoStore;
pub use error::StoreError;
pub use message_reader::{HistoryPosition, MessageReader, Piece, PieceName, Pieces};
pub use output_store::{OUTPUT_PART_BYTES, OutputPart, OutputStore, output_parts};
pub use request_store::{MAX_SUBSCRIBERS, REORDER_WINDOW, RequestRecord, RequestStore, SentMessage, Subscription};
pub use stored_message::{ConversationSnapshot, StoredMessage};
pub use text_part_store::{TextPart, TextPartStore};
pub use ticket_store::{TicketRecord, TicketStore};
pub use turn_store::{Answers, ClosedWait, Delivered, NewTurn, SEGMENT_BYTES, Save, SavedContent, Signals, TurnStore};
pub use user_erasure::{Footprint, UserErasure};
