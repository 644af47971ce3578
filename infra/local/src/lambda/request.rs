//! A request to invoke a function.

use bytes::Bytes;

/// A request to invoke a function.
#[derive(Clone, Debug)]
pub(super) struct InvokeRequest {
    pub id: String,
    pub payload: Bytes,
}

impl InvokeRequest {
    pub fn new(payload: Bytes) -> Self {
        Self { id: uuid::Uuid::new_v4().to_string(), payload }
    }
}
