//! Identifiers that look like API Gateway's: `L0SM9cOFvHcCIhw=`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;

/// A new id for a connection, request or message.
pub fn new() -> String {
    let random = uuid::Uuid::new_v4();
    // Eleven bytes make fifteen characters and one `=`, which clients of `@connections` must escape.
    let (bytes, _) = random.as_bytes().split_at(11);
    URL_SAFE.encode(bytes)
}
