//! How much a client may send.

/// The longest frame that API Gateway takes from a client, in bytes.
pub const FRAME_BYTES: usize = 32 * 1024;

/// The longest message of several frames that API Gateway takes from a client, in bytes. Nothing longer is looked into.
pub const MESSAGE_BYTES: usize = 128 * 1024;

/// The longest text of one message, in bytes of UTF-8. It is stored as one item of the table, which may have 400 KB.
pub const MAX_TEXT_BYTES: usize = 256 * 1024;

/// The most pieces that may come before a `send`: enough for the longest text, also when each of its characters takes two bytes
/// of JSON, as quotation marks and ends of lines do.
pub const MAX_TEXT_PARTS: usize = 20;
