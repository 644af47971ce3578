//! The use cases, in terms of the domain, the protocol and traits; no SDK is named here.

mod allowance_service;
mod catalog;
mod chat_service;
mod connection_service;
mod conversation_service;
mod first_part;
mod flood_guard;
mod memory_service;
mod text_assembly;

pub use allowance_service::AllowanceService;
pub use catalog::{AgentChoice, AgentSource, BuildAgents, Catalog, CatalogError, ModelChoice, Started};
pub use chat_service::{ChatService, Resumed, TitleService, Turn};
pub use connection_service::ConnectionService;
pub use conversation_service::{ConversationService, PAGE_BYTES, Performed};
pub use first_part::FirstPart;
pub use flood_guard::FloodGuard;
pub use memory_service::{MemoryLimits, MemoryService, estimated_tokens};
pub use text_assembly::{Leftover, TextAssembly};
