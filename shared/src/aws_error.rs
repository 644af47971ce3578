//! Summarises a failed AWS call for the log.
//!
//! The SDK's own `DisplayErrorContext` and every `Debug` of its errors include the whole answer, which may be a
//! conversation or a secret.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// The service's code, its message and the request id; or, if no service answered, the chain of causes.
pub fn summary<E>(error: &SdkError<E>) -> String
where
    E: Error + ProvideErrorMetadata + 'static,
{
    match error {
        SdkError::ServiceError(failure) => {
            let (error, response) = (failure.err(), failure.raw());
            let request = response.headers().get("x-amzn-requestid").unwrap_or("unknown");
            let code = error.code().unwrap_or("no code");
            let sentence = error.message().unwrap_or("no message");
            format!("{code} (status {}, request {request}): {sentence}", response.status())
        }
        SdkError::ResponseError(failure) => format!("the answer with status {} is not one", failure.raw().status()),
        _ => {
            let mut text = error.to_string();
            let mut cause = error.source();
            while let Some(error) = cause {
                text.push_str(&format!(": {error}"));
                cause = error.source();
            }
            text
        }
    }
}
