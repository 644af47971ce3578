//! Every store keeps the same contract: DynamoDB through the real SDK, and the one in memory that fast tests stand on.

mod dynamo_store;
mod memory_store;
mod turns;
