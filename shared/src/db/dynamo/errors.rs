//! Maps the SDK's errors.

use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use super::super::error::StoreError;
use super::super::models::OwnerItem;
use super::item::{Item, read};
use crate::aws_error::summary;
use crate::conversation::Status;
use crate::turn::Lease;

/// A failure that says nothing about what is stored.
pub fn unavailable<E>(error: SdkError<E>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    StoreError::Unavailable(summary(&error))
}

/// A malformed request.
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

/// Whether the condition of a write was not met.
pub fn is_unmet<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// The item that did not meet a write's condition, if the write asked for it; other failures stay failures.
pub fn unmet(error: SdkError<UpdateItemError>) -> Result<Option<Item>, StoreError> {
    match &error {
        SdkError::ServiceError(failure) => match failure.err() {
            UpdateItemError::ConditionalCheckFailedException(conflict) => Ok(conflict.item.clone()),
            _ => Err(unavailable(error)),
        },
        _ => Err(unavailable(error)),
    }
}

/// The item of a turn that rejects a save because the same save succeeded before: one whose answer was lost is retried
/// by the SDK and then conflicts with itself, which is success. Any other function would have ended the turn in another
/// name.
pub fn written_before(error: SdkError<UpdateItemError>, lease: &Lease, status: Status) -> Result<Item, StoreError> {
    let item = unmet(error)?.ok_or(StoreError::LeaseLost)?;
    let found: OwnerItem = read(item.clone())?;
    let ours = found.lease.is_some_and(|found| found.owner == lease.owner);
    match ours && found.status == status {
        true => Ok(item),
        false => Err(StoreError::LeaseLost),
    }
}

/// The item of a turn that rejects a takeover or close by an owner because the same call succeeded before.
pub fn passed_before(error: SdkError<UpdateItemError>, owner: &str) -> Result<Item, StoreError> {
    let item = unmet(error)?.ok_or(StoreError::LeaseLost)?;
    let found: OwnerItem = read(item.clone())?;
    match found.lease.is_some_and(|found| found.owner == owner) {
        true => Ok(item),
        false => Err(StoreError::LeaseLost),
    }
}
