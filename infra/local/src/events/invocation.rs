//! Which invocation something belongs to.

use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};

/// The header that names the invocation which makes a call to the stack's own interfaces.
const INVOCATION_HEADER: &str = "x-local-invocation";

/// An invocation, and where it runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    /// Logical id of the function.
    pub function: String,
    /// Number of the environment; absent when the function runs elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<u64>,
    /// Its request id; absent during init.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

impl Invocation {
    /// Adds the header to a call.
    pub fn put_into(&self, headers: &mut HeaderMap) {
        let value = serde_json::to_string(self).ok().and_then(|json| HeaderValue::from_str(&json).ok());
        if let Some(value) = value {
            headers.insert(INVOCATION_HEADER, value);
        }
    }

    /// Takes the invocation from a call's headers, if it is there.
    pub fn taken_from(headers: &mut HeaderMap) -> Option<Self> {
        let value = headers.remove(INVOCATION_HEADER)?;
        serde_json::from_slice(value.as_bytes()).ok()
    }
}
