//! [`OutputStore`] on DynamoDB.

use async_trait::async_trait;
use futures::future::try_join_all;

use super::super::error::StoreError;
use super::super::models::{Key, OutputItem};
use super::super::output_store::{OutputPart, OutputStore, output_parts};
use super::DynamoStore;
use super::item::{read, write};
use crate::conversation::CallId;
use crate::turn::TurnKey;

#[async_trait]
impl OutputStore for DynamoStore {
    async fn save_output(&self, turn: &TurnKey, call: &CallId, text: &str) -> Result<(), StoreError> {
        let items = output_parts(text).into_iter().enumerate();
        let items = items.map(|(number, part)| write(&OutputItem::new(turn, call, number, part)));
        let items: Vec<_> = items.collect::<Result<_, _>>()?;
        try_join_all(items.into_iter().map(|item| self.put(item))).await.map(drop)
    }

    async fn output_part(
        &self,
        turn: &TurnKey,
        call: &CallId,
        number: usize,
    ) -> Result<Option<OutputPart>, StoreError> {
        let item = self.get(Key::output(turn, call, number)).await?;
        Ok(item.map(read::<OutputItem>).transpose()?.map(OutputItem::into_part))
    }
}
