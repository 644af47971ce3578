//! What the SDK's errors mean.

use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use super::super::error::StoreError;
use super::super::models::OwnerItem;
use super::item::{Item, read};
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
    let item = unmet(error)?.ok_or(StoreError::LeaseLost)?;
    let found: OwnerItem = read(item.clone())?;
    let ours = found.lease.is_some_and(|found| found.owner == lease.owner);
    match ours && found.status == status {
        true => Ok(item),
        false => Err(StoreError::LeaseLost),
    }
}

/// The item of a turn that does not pass to an owner, or is not closed by one, because it did so before.
pub fn passed_before(error: SdkError<UpdateItemError>, owner: &str) -> Result<Item, StoreError> {
    let item = unmet(error)?.ok_or(StoreError::LeaseLost)?;
    let found: OwnerItem = read(item.clone())?;
    match found.lease.is_some_and(|found| found.owner == owner) {
        true => Ok(item),
        false => Err(StoreError::LeaseLost),
    }
}
