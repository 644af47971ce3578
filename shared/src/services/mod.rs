//! What Natter does, in terms of the vocabulary, the protocol and traits; no SDK is named here.

mod allowance_service;
mod chat_service;
mod choices;
mod connection_service;
mod conversation_service;
mod first_part;
mod flood_guard;
mod memory_service;
mod running_turn;
mod saver;
mod text_assembly;
mod title_service;
mod turn_report;

pub use allowance_service::AllowanceService;
pub use chat_service::{ChatService, Resumed, Turn};
pub use choices::{AgentChoice, Choices, ModelChoice};
pub use connection_service::ConnectionService;
pub use conversation_service::{ConversationService, PAGE_BYTES, Performed};
pub use first_part::FirstPart;
pub use flood_guard::FloodGuard;
pub use memory_service::{MemoryLimits, MemoryService, estimated_tokens};
pub use text_assembly::{Leftover, TextAssembly};
pub use title_service::TitleService;
