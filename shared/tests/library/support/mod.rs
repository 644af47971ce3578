//! What the tests are made of.

mod allowances;
mod chat;
mod choices;
mod conversation_builder;
mod database;
mod freezer;
mod http_server;
mod log_book;
mod memory_store;
mod past;
mod puppet_model;
mod recording_sink;
mod results;
mod scripted_model;
mod secret_store;
mod simulated_clock;
mod time;
mod whole;

pub use allowances::no_limits;
pub use chat::{Chat, LEASE};
pub use choices::only;
pub use conversation_builder::{conversation_id, edit, new_turn, new_turn_in, send, user};
pub use database::{Damage, TestDatabase};
pub use freezer::Freezer;
pub use http_server::HttpServer;
pub use log_book::LogBook;
pub use memory_store::MemoryStore;
pub use past::{Follows, PastTurn, put_past, saving};
pub use puppet_model::PuppetModel;
pub use recording_sink::RecordingSink;
pub use results::Results;
pub use scripted_model::{ScriptedModel, Step};
pub use secret_store::SecretStore;
pub use simulated_clock::{reset_simulated_clock, simulated_clock};
pub use time::{pass, until};
pub use whole::{export, history, newer, search, texts};
