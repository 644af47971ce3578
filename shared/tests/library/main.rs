//! What the library promises, with real parts where they can be had: the AWS SDK against a DynamoDB in this process,
//! HTTP servers on loopback that speak a model's and an issuer's language.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "tests")]
#![allow(clippy::duplicate_mod, reason = "one contract, included for each adapter")]

mod support;

mod agents_in_use;
mod allowances;
mod answered_frames;
mod answers_in_time;
mod audience;
mod chat_service;
mod connection_service;
mod connections;
mod conversation_service;
mod forgetting;
mod frames;
mod fuzzing;
mod hostile_frames;
mod logging;
mod long_messages;
mod metrics;
mod model_based_turns;
mod models;
mod monitoring;
mod notices;
mod placing;
mod privacy;
mod recovery;
mod refused_frames;
mod reply_stream;
mod resuming;
mod retrying_model;
mod save_cost;
mod secret;
mod sent_again;
mod stopping;
mod stores;
mod tokens;
mod tool_turns;
mod tools;
mod waiting_turns;
mod whole_conversations;
