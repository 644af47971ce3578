//! Metadata that a client attaches to its message.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The maximal size as JSON. A message's item is read with every turn that follows.
pub const MAX_CLIENT_METADATA_BYTES: usize = 4_096;

/// The `metadata` of a message as its client sent it, a JSON object. It is opaque to the server, and returned with the
/// message. Stored as text, because DynamoDB's numbers are not JSON's.
#[derive(derive_more::Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[debug("{} fields", _0.len())]
pub struct ClientMetadata(Map<String, Value>);

impl ClientMetadata {
    /// The object; `None` if it is empty.
    pub fn new(object: Map<String, Value>) -> Option<Self> {
        (!object.is_empty()).then_some(Self(object))
    }

    /// Its fields.
    pub fn into_fields(self) -> Map<String, Value> {
        self.0
    }
}

impl TryFrom<String> for ClientMetadata {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Self, serde_json::Error> {
        serde_json::from_str(&text).map(Self)
    }
}

impl From<ClientMetadata> for String {
    fn from(ClientMetadata(object): ClientMetadata) -> String {
        Value::Object(object).to_string()
    }
}
