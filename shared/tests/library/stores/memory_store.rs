use crate::support::MemoryStore;

async fn start() -> (MemoryStore, MemoryStore) {
    let store = MemoryStore::default();
    (store.clone(), store)
}

#[path = "allowance_contract.rs"]
mod allowance_contract;
#[path = "contract.rs"]
mod contract;
#[path = "conversation_contract.rs"]
mod conversation_contract;
