//! Maps the SDK's errors of Bedrock calls. The service's messages are dropped: they may quote the conversation.

use aws_sdk_bedrockruntime::error::{ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamError;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_smithy_types::event_stream::RawMessage;

use crate::http_clients::innermost_cause;
use crate::llm::model_error::{Misconfiguration, Objection};
use crate::llm::retry_after::retry_after;
use crate::llm::server_error::ServerError;
use crate::llm::{CallLimits, ModelError, Phase};

/// Why no stream started.
pub fn refusal(error: &SdkError<ConverseStreamError>, limits: CallLimits) -> ModelError {
    use ConverseStreamError as Service;
    match error {
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            ModelError::Stalled { phase: Phase::Connect, limit: limits.connect }
        }
        SdkError::ResponseError(_) => ModelError::Malformed("it is no answer of Bedrock's".to_owned()),
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            let retry_after = retry_after(|name| answer.raw().headers().get(name));
            let overloaded = |status| ModelError::Overloaded { status, retry_after };
            match answer.err() {
                Service::ThrottlingException(_) | Service::ModelNotReadyException(_) => overloaded(429),
                Service::ServiceUnavailableException(_) => overloaded(503),
                // The model behind Bedrock failed or timed out.
                Service::ModelErrorException(_) | Service::ModelTimeoutException(_) => ModelError::Fault,
                // A cache that the model does not have is denied, too.
                Service::AccessDeniedException(denial) if says_of_cache(said(denial.meta())) => {
                    ModelError::Refused { status, objection: Some(Objection::CachePoints) }
                }
                Service::AccessDeniedException(_) => {
                    ModelError::Misconfigured { status: Some(status), what: Misconfiguration::NoAccess }
                }
                Service::ResourceNotFoundException(_) => {
                    ModelError::Misconfigured { status: Some(status), what: Misconfiguration::UnknownModel }
                }
                error => ServerError::of_words(Some(status), said(error.meta())).meaning(retry_after),
            }
        }
        // No connection, or no credentials for one.
        error => ModelError::Unreachable(innermost_cause(error)),
    }
}

/// Why a stream ended before the reply did.
pub fn fault(error: &SdkError<ConverseStreamOutputError, RawMessage>) -> ModelError {
    use ConverseStreamOutputError as Service;
    match error {
        SdkError::ServiceError(event) => match event.err() {
            // The event does not say when to retry.
            Service::ThrottlingException(_) => ModelError::Overloaded { status: 429, retry_after: None },
            Service::ServiceUnavailableException(_) => ModelError::Overloaded { status: 503, retry_after: None },
            Service::ValidationException(error) => ServerError::of_words(Some(400), said(error.meta())).meaning(None),
            _ => ModelError::Fault,
        },
        SdkError::DispatchFailure(_) => ModelError::BrokenOff(innermost_cause(error)),
        // The stream ended in the middle of an event.
        SdkError::ResponseError(event) if matches!(event.raw(), RawMessage::Invalid(Some(_))) => {
            ModelError::BrokenOff("in the middle of an event".to_owned())
        }
        // The SDK's message may quote it.
        _ => ModelError::Malformed("an event is not of the protocol".to_owned()),
    }
}

fn says_of_cache(words: &str) -> bool {
    words.contains("prompt caching")
}

fn said(error: &ErrorMetadata) -> &str {
    error.message().unwrap_or_default()
}
