use natter::db::DynamoStore;

use crate::support::TestDatabase;

async fn start() -> (TestDatabase, DynamoStore) {
    let database = TestDatabase::start().await;
    let store = database.store();
    (database, store)
}

#[path = "contract.rs"]
mod contract;
