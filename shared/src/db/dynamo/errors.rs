//! What the SDK's errors mean.

use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::CancellationReason;

use super::super::error::StoreError;
use super::super::models::OwnerItem;
use super::item::{Item, read};
use super::turn_writes::Action;
use crate::aws_error::summary;
use crate::conversation::Status;
use crate::turn::Lease;

/// A failure that tells nothing about what is stored.
pub fn unavailable<E>(error: SdkError<E>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    StoreError::Unavailable(summary(&error))
}

/// A request that was not built as it should be.
pub fn malformed(error: BuildError) -> StoreError {
    StoreError::Unreadable(error.to_string())
}

/// Whether a write's condition was met; other failures stay failures.
pub fn met(written: Result<(), SdkError<UpdateItemError>>) -> Result<bool, StoreError> {
    match written {
        Ok(()) => Ok(true),
        Err(error) => unmet(error).map(|_| false),
    }
}

/// Whether it was a write's condition that was not met.
pub fn is_unmet<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// The item that did not meet a write's condition, where the write asked for it; other failures stay failures.
pub fn unmet(error: SdkError<UpdateItemError>) -> Result<Option<Item>, StoreError> {
    match &error {
        SdkError::ServiceError(failure) => match failure.err() {
            UpdateItemError::ConditionalCheckFailedException(conflict) => Ok(conflict.item.clone()),
            _ => Err(unavailable(error)),
        },
        _ => Err(unavailable(error)),
    }
}

/// The item of a turn that does not take a save because the same save came before: one whose answer was lost is sent again by
/// the SDK and then meets what it wrote itself, which is success. Whoever else ended the turn did so in another name.
pub fn written_before(error: SdkError<UpdateItemError>, lease: &Lease, status: Status) -> Result<Item, StoreError> {
    let item = unmet(error)?.ok_or(StoreError::NotOwner)?;
    let found: OwnerItem = read(item.clone())?;
    let ours = found.lease.is_some_and(|found| found.owner == lease.owner);
    match ours && found.status == status {
        true => Ok(item),
        false => Err(StoreError::NotOwner),
    }
}

/// The item of a turn that does not pass to an owner, or is not closed by one, because it did so before.
pub fn passed_before(error: SdkError<UpdateItemError>, owner: &str) -> Result<Item, StoreError> {
    let item = unmet(error)?.ok_or(StoreError::NotOwner)?;
    let found: OwnerItem = read(item.clone())?;
    match found.lease.is_some_and(|found| found.owner == owner) {
        true => Ok(item),
        false => Err(StoreError::NotOwner),
    }
}

/// Why the transaction that begins a turn with these actions was cancelled.
pub fn refused(error: SdkError<TransactWriteItemsError>, actions: &[Action]) -> StoreError {
    let Some(codes) = cancelled(&error) else { return unavailable(error) };
    let refused: Vec<Action> =
        actions.iter().zip(&codes).filter(|(_, code)| is_conflict(code)).map(|(action, _)| *action).collect();
    match refused.as_slice() {
        [] => unavailable(error),
        [Action::Request, ..] => StoreError::Duplicate,
        refused if refused.contains(&Action::Conversation) => StoreError::Stale,
        refused if refused.contains(&Action::Sent) => StoreError::Repeated,
        _ => StoreError::Outrun,
    }
}

const UNMET: &str = "ConditionalCheckFailed";

fn is_conflict(code: &str) -> bool {
    code == UNMET || code == "TransactionConflict"
}

// For each action of a transaction that was cancelled what was in its way, or "None".
fn cancelled(error: &SdkError<TransactWriteItemsError>) -> Option<Vec<String>> {
    let SdkError::ServiceError(failure) = error else { return None };
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = failure.err() else { return None };
    let code = |reason: &CancellationReason| reason.code().unwrap_or_default().to_owned();
    Some(cancelled.cancellation_reasons().iter().map(code).collect())
}
