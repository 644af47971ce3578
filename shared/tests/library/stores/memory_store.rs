use crate::support::MemoryStore;

async fn start() -> (MemoryStore, MemoryStore) {
    let store = MemoryStore::default();
    (store.clone(), store)
}

#[path = "contract.rs"]
mod contract;
