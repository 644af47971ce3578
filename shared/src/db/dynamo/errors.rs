//! What the SDK's errors mean.

use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use super::super::items::{Item, OwnerItem, read};
use super::super::store::StoreError;
use crate::aws_error::summary;
use crate::turn::{Lease, Status};

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

/// The item of a turn that does not take a write because the same write came before: one whose answer was lost is sent
/// again by the SDK and then meets what it wrote itself, which is success.
pub fn written_before(error: SdkError<UpdateItemError>, lease: &Lease, status: Status) -> Result<Item, StoreError> {
    let item = unmet(error)?.ok_or(StoreError::NotOwner)?;
    let found: OwnerItem = read(item.clone())?;
    let ours = found.lease.is_some_and(|found| found.owner == lease.owner);
    match ours && found.status == status {
        true => Ok(item),
        false => Err(StoreError::NotOwner),
    }
}

/// Why the transaction that begins a turn was cancelled. Its first item is the request, and its last one the user's
/// allowance if the turn `is_admitted`.
pub fn refused(error: SdkError<TransactWriteItemsError>, is_admitted: bool) -> StoreError {
    let SdkError::ServiceError(failure) = &error else {
        return unavailable(error);
    };
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = failure.err() else {
        return unavailable(error);
    };
    let reasons = cancelled.cancellation_reasons();
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code().unwrap_or_default()).collect();
    let is_conflict = |code: &&str| matches!(*code, "ConditionalCheckFailed" | "TransactionConflict");
    match codes.as_slice() {
        ["ConditionalCheckFailed", ..] => StoreError::Duplicate,
        [others @ .., allowance] if is_admitted && is_conflict(allowance) && !others.iter().any(is_conflict) => {
            StoreError::Outrun
        }
        codes if codes.iter().any(is_conflict) => StoreError::Stale,
        _ => unavailable(error),
    }
}
