//! What the tests are made of.

mod conversation_builder;
mod database;
mod http_server;
mod recording_sink;
mod scripted_model;

pub use conversation_builder::{conversation_id, new_turn, send, user};
pub use database::TestDatabase;
pub use http_server::HttpServer;
pub use recording_sink::RecordingSink;
pub use scripted_model::{ScriptedModel, Step};
