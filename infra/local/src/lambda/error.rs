//! How an invocation can fail, in Lambda's terms.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

/// Maximum response of a function, in bytes. Lambda adds these 100 to its 6 MB.
pub(super) const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024 + 100;

/// Why an invocation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvocationError {
    /// The function returned an error, or reported a failed init.
    #[error("{kind}: {message}")]
    Function {
        /// `errorType`.
        kind: String,
        /// `errorMessage`.
        message: String,
    },
    /// The function reached its own timeout and was killed.
    #[error("Task timed out after {:.2} seconds", .0.as_secs_f64())]
    TimedOut(Duration),
    /// The process ended during the invocation, or before it could take one.
    #[error("{0}")]
    Exited(String),
    /// The function held more memory than it has and was killed.
    #[error("Runtime exited with error: signal: killed; it held {held} of its {limit} MB (MemorySize)")]
    OutOfMemory {
        /// What it held, in MB.
        held: u64,
        /// What the template gives it, in MB.
        limit: u64,
    },
    /// The response is larger than the limit.
    #[error("Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes).")]
    TooLarge,
    /// The concurrency limit is reached.
    #[error("Rate Exceeded: {}", throttled(*limit, *reserved))]
    Throttled {
        /// How many may run.
        limit: usize,
        /// Whether the template reserves this number for the function; else it is what others leave of the account's.
        reserved: bool,
    },
    /// There is no such function, or its endpoint could not be asked.
    #[error("{0}")]
    Unreachable(String),
}

impl InvocationError {
    /// The error that a function describes: in its body, else in the header `Lambda-Runtime-Function-Error-Type`.
    pub(super) fn described(body: &[u8], kind: Option<&str>) -> Self {
        let error: Value = serde_json::from_slice(body).unwrap_or_default();
        let field = |name: &str, or: &str| error.get(name).and_then(Value::as_str).unwrap_or(or).to_owned();
        Self::Function {
            kind: field("errorType", kind.unwrap_or("Error")),
            message: field("errorMessage", "no message"),
        }
    }

    /// The error of a process that exited with this status.
    pub(super) fn exited(status: ExitStatus) -> Self {
        // The signals that end programs by themselves or by the kernel's hand, as Go names them in Lambda's errors.
        let signal = |number| match number {
            4 => "illegal instruction".to_owned(),
            6 => "aborted".to_owned(),
            7 | 10 => "bus error".to_owned(),
            8 => "floating point exception".to_owned(),
            9 => "killed".to_owned(),
            11 => "segmentation fault".to_owned(),
            15 => "terminated".to_owned(),
            other => other.to_string(),
        };
        Self::Exited(match (status.code(), status.signal()) {
            (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
            (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
            (None, number) => format!("Runtime exited with error: signal: {}", signal(number.unwrap_or_default())),
        })
    }

    /// The error of a process that was killed from outside.
    pub(super) fn killed() -> Self {
        Self::Exited("Runtime exited with error: signal: killed".to_owned())
    }

    /// Lambda's name for it, or the function's own.
    pub fn kind(&self) -> &str {
        match self {
            Self::Function { kind, .. } => kind,
            Self::TimedOut(_) => "Sandbox.Timedout",
            Self::Exited(_) => "Runtime.ExitError",
            Self::OutOfMemory { .. } => "Runtime.OutOfMemory",
            Self::TooLarge => "Function.ResponseSizeTooLarge",
            Self::Throttled { .. } => "TooManyRequestsException",
            Self::Unreachable(_) => "ResourceNotFoundException",
        }
    }

    /// What the caller gets in place of the answer.
    pub(super) fn payload(&self, request_id: &str) -> Bytes {
        let message = match self {
            Self::Function { message, .. } => message.clone(),
            Self::TooLarge => self.to_string(),
            _ => format!("RequestId: {request_id} Error: {self}"),
        };
        json!({ "errorType": self.kind(), "errorMessage": message }).to_string().into()
    }
}

fn throttled(limit: usize, reserved: bool) -> String {
    if reserved {
        format!("{limit} invocations are running, as many as its ReservedConcurrentExecutions in the template allow")
    } else {
        format!("{limit} invocations are running, as many as this stack may run at once; --concurrency raises it")
    }
}
