//! Why a server has not answered, and what a model is told of it.

use std::error::Error;

use reqwest::StatusCode;
use rmcp::ServiceError;
use rmcp::service::ClientInitializeError;
use rmcp::transport::streamable_http_client::StreamableHttpError;

use crate::tools::output::MAX_ERROR_BYTES;
use crate::tools::tool_error::ToolError;

/// Why a request over HTTP has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum HttpFailure {
    #[error("the host has no public address, and is not among the private hosts of the configuration")]
    NotPublic,
    #[error("the server cannot be reached")]
    NotSent,
    #[error("its secret cannot be read")]
    NoSecret,
    #[error("the server answered {0}")]
    Status(StatusCode),
    #[error("the connection broke before the server answered")]
    Broken,
    #[error("the server's answer has more than {0} bytes")]
    TooLarge(usize),
    #[error("the server's answer is no message of MCP")]
    NotMcp,
}

/// Why a request of MCP has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server no longer knows the session, and has not looked at the request.
    SessionLost,
    /// There is no answer.
    Http(HttpFailure),
    /// The server answered with this error.
    Refused(String),
    /// The connection ended before there was an answer.
    Closed,
    /// The answer is something else than what was asked for.
    Unexpected,
}

impl Failure {
    /// Whether the connection to the server failed, and not the server.
    pub(super) fn is_of_connection(&self) -> bool {
        matches!(self, Failure::Closed | Failure::Http(HttpFailure::NotSent | HttpFailure::Broken))
    }

    /// What became of a call that failed so.
    pub(super) fn of_call(self) -> ToolError {
        match self {
            Failure::Http(HttpFailure::Status(status)) if may_have_acted(status) => {
                ToolError::unknown(format!("The tool's server answered {status}. It may have acted nevertheless."))
            }
            Failure::Http(HttpFailure::Status(status)) if status.is_redirection() => {
                ToolError::failed(format!("The tool's server answered {status}. Redirects are not followed."))
            }
            Failure::Http(HttpFailure::Status(status)) => {
                ToolError::failed(format!("The tool's server answered {status}."))
            }
            Failure::Http(HttpFailure::TooLarge(most)) => ToolError::too_large(most),
            Failure::Http(HttpFailure::NotMcp) | Failure::Unexpected => {
                ToolError::failed("The tool ran, but its server's answer is not the result of a tool.")
            }
            Failure::Http(HttpFailure::Broken) | Failure::Closed => ToolError::unknown(
                "The connection to the tool's server broke before it answered. It may have acted nevertheless.",
            ),
            Failure::Refused(said) => ToolError::failed(format!("The tool's server refused the call: {said}")),
            Failure::SessionLost | Failure::Http(_) => self.before_call(),
        }
    }

    /// What is said of a call that was not made, since its server could not be asked for its tools.
    pub(super) fn before_call(self) -> ToolError {
        ToolError::failed(format!("The tool has not been called: {self}."))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::SessionLost => formatter.write_str("the server does not keep its sessions"),
            Failure::Http(failure) => failure.fmt(formatter),
            Failure::Refused(said) => write!(formatter, "the server refused: {said}"),
            Failure::Closed => formatter.write_str("the connection to the server ended"),
            Failure::Unexpected => formatter.write_str("the server answered something else than what it was asked"),
        }
    }
}

// What stands between did not get the server's own answer.
fn may_have_acted(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT)
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::McpError(error) => Failure::Refused(shortened(&error.message)),
            ServiceError::TransportSend(error) => of_transport(&*error.error),
            ServiceError::UnexpectedResponse => Failure::Unexpected,
            _ => Failure::Closed,
        }
    }
}

impl From<ClientInitializeError> for Failure {
    fn from(error: ClientInitializeError) -> Self {
        match error {
            ClientInitializeError::TransportError { error, .. } => of_transport(&*error.error),
            ClientInitializeError::JsonRpcError(error) => Failure::Refused(shortened(&error.message)),
            ClientInitializeError::LegacyFallbackFailed { fallback, .. } => Failure::from(*fallback),
            ClientInitializeError::ConnectionClosed(_) | ClientInitializeError::Cancelled => Failure::Closed,
            ClientInitializeError::NoCompatibleProtocolVersion { .. } => {
                Failure::Refused("it has no version of the protocol that is known here".to_owned())
            }
            _ => Failure::Unexpected,
        }
    }
}

fn of_transport(error: &(dyn Error + Send + Sync + 'static)) -> Failure {
    match error.downcast_ref::<StreamableHttpError<HttpFailure>>() {
        Some(StreamableHttpError::SessionExpired) => Failure::SessionLost,
        Some(StreamableHttpError::Client(failure)) => Failure::Http(*failure),
        Some(StreamableHttpError::UnexpectedServerResponse(_) | StreamableHttpError::Deserialize(_)) => {
            Failure::Http(HttpFailure::NotMcp)
        }
        _ => Failure::Closed,
    }
}

pub(super) fn shortened(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_ERROR_BYTES)].trim().to_owned()
}
