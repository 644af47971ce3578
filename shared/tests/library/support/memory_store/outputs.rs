//! Outputs of tools.

use async_trait::async_trait;
use natter::conversation::CallId;
use natter::db::{OutputPart, OutputStore, StoreError, output_parts};
use natter::turn::TurnKey;

use super::MemoryStore;

#[async_trait]
impl OutputStore for MemoryStore {
    async fn save_output(&self, _: &TurnKey, call: &CallId, text: &str) -> Result<(), StoreError> {
        self.lock().outputs.insert(call.clone(), output_parts(text));
        Ok(())
    }

    async fn output_part(&self, _: &TurnKey, call: &CallId, number: usize) -> Result<Option<OutputPart>, StoreError> {
        Ok(self.lock().outputs.get(call).and_then(|parts| parts.get(number).cloned()))
    }
}
