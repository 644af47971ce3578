use crate::support::MemoryStore;

async fn start() -> (MemoryStore, MemoryStore) {
    let store = MemoryStore::default();
    (store.clone(), store)
}

#[path = "allowance_contract.rs"]
mod allowance_contract;
#[path = "connection_contract.rs"]
mod connection_contract;
#[path = "conversation_contract.rs"]
mod conversation_contract;
#[path = "reply_contract.rs"]
mod reply_contract;
#[path = "text_part_contract.rs"]
mod text_part_contract;
#[path = "turn_contract.rs"]
mod turn_contract;
#[path = "waiting_contract.rs"]
mod waiting_contract;
