//! The outgoing calls of a function's environment.

use std::fmt;

use http::{HeaderMap, Method};

/// The header that names DynamoDB's operation.
const DATABASE_OPERATION: &str = "x-amz-target";

/// An outgoing call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// An operation of DynamoDB, by its name.
    Database(String),
    /// A post to the client with this connection.
    Post,
    /// A request for a completion.
    Model,
    /// An invocation of a function.
    Invoke,
    /// The Runtime API: the function polls for its next event.
    Next,
    /// The Runtime API: the function answers.
    Response,
    /// The Runtime API: the function fails.
    Error,
    /// Any other path of the stack.
    Other,
}

impl Call {
    /// Classifies a request.
    pub fn of(method: &Method, path: &str, headers: &HeaderMap) -> Self {
        let operation = headers.get(DATABASE_OPERATION).and_then(|target| target.to_str().ok());
        match (path, operation) {
            ("/", Some(target)) => {
                Self::Database(target.rsplit_once('.').map_or(target, |(_, operation)| operation).to_owned())
            }
            _ if path.ends_with("/invocation/next") => Self::Next,
            _ if path.ends_with("/response") => Self::Response,
            _ if path.ends_with("/error") => Self::Error,
            _ if path.ends_with("/chat/completions") => Self::Model,
            _ if path.ends_with("/invocations") => Self::Invoke,
            _ if method == Method::POST && path.contains("/@connections/") => Self::Post,
            _ => Self::Other,
        }
    }

    /// Whether it writes to the database, alone or in a transaction.
    pub fn is_write(&self) -> bool {
        matches!(self, Self::Database(operation) if matches!(operation.as_str(), "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems"))
    }
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(operation) => write!(formatter, "dynamodb {operation}"),
            Self::Post => formatter.write_str("post"),
            Self::Model => formatter.write_str("model"),
            Self::Invoke => formatter.write_str("invoke"),
            Self::Next => formatter.write_str("next"),
            Self::Response => formatter.write_str("response"),
            Self::Error => formatter.write_str("error"),
            Self::Other => formatter.write_str("other"),
        }
    }
}
