//! What is stored: one trait for all stores, the items of the table, and the adapter for DynamoDB.

mod dynamo_store;
mod models;
mod store;

pub use dynamo_store::DynamoStore;
pub use store::{Abandoned, NewTurn, Opened, Save, Signals, Store, StoreError, Subscriber, Written};
