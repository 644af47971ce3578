//! What the SDK's errors mean when Bedrock is called. Of the service's words only codes are kept: its sentences may quote
//! the conversation.

use aws_sdk_bedrockruntime::error::{ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamError;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_smithy_types::event_stream::RawMessage;

use crate::http_clients::innermost_cause;
use crate::llm::http;
use crate::llm::model_error::says_too_long;
use crate::llm::{CallLimits, ModelError, Phase};

/// Why no stream began.
pub fn refusal(error: &SdkError<ConverseStreamError>, limits: CallLimits) -> ModelError {
    use ConverseStreamError as Service;
    match error {
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            ModelError::Silent { phase: Phase::Connect, limit: limits.connect }
        }
        SdkError::ResponseError(_) => ModelError::Malformed("it is no answer of Bedrock's".to_owned()),
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            let retry_after = http::retry_after(|name| answer.raw().headers().get(name));
            let overloaded = |status| ModelError::Overloaded { status, retry_after };
            let code = || answer.err().code().unwrap_or_default().to_owned();
            match answer.err() {
                Service::ThrottlingException(_) | Service::ModelNotReadyException(_) => overloaded(429),
                Service::ServiceUnavailableException(_) => overloaded(503),
                Service::ValidationException(error) if is_too_long(error.meta()) => ModelError::ContextTooLong,
                // It was the model behind Bedrock that failed, and had its time for it.
                Service::ModelErrorException(_) | Service::ModelTimeoutException(_) => ModelError::Fault(code()),
                _ if matches!(status, 429 | 503) => overloaded(status),
                _ if status >= 500 => ModelError::Unreachable(format!("status {status} {}", code())),
                _ => ModelError::Refused { status, code: code() },
            }
        }
        // No connection, or no credentials for one.
        error => ModelError::Unreachable(innermost_cause(error)),
    }
}

/// Why a stream ended before the reply did.
pub fn fault(error: &SdkError<ConverseStreamOutputError, RawMessage>) -> ModelError {
    use ConverseStreamOutputError as Service;
    let named = |code: &str| ModelError::Fault(code.to_owned());
    match error {
        SdkError::ServiceError(event) => match event.err() {
            Service::ThrottlingException(_) => overloaded(429),
            Service::ServiceUnavailableException(_) => overloaded(503),
            Service::ValidationException(error) if is_too_long(error.meta()) => ModelError::ContextTooLong,
            // Events name their error apart from its body, so the SDK has no code for it.
            Service::ValidationException(_) => named("ValidationException"),
            Service::InternalServerException(_) => named("InternalServerException"),
            Service::ModelStreamErrorException(_) => named("ModelStreamErrorException"),
            error => named(error.code().unwrap_or_default()),
        },
        SdkError::DispatchFailure(_) => ModelError::BrokenOff(innermost_cause(error)),
        // Part of an event was left when the stream ended.
        SdkError::ResponseError(event) if matches!(event.raw(), RawMessage::Invalid(Some(_))) => {
            ModelError::BrokenOff("in the middle of an event".to_owned())
        }
        // What the SDK says of it may quote it.
        _ => ModelError::Malformed("an event is not of the protocol".to_owned()),
    }
}

// An event says nothing of when to come again.
fn overloaded(status: u16) -> ModelError {
    ModelError::Overloaded { status, retry_after: None }
}

fn is_too_long(error: &ErrorMetadata) -> bool {
    error.message().is_some_and(says_too_long)
}
