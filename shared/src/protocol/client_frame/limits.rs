//! Size limits of what clients send.

/// The longest frame that API Gateway accepts, in bytes.
pub const FRAME_BYTES: usize = 32 * 1024;

/// The longest fragmented message that API Gateway accepts, in bytes. Nothing longer is parsed.
pub const MESSAGE_BYTES: usize = 128 * 1024;

/// The longest text of one message, in bytes of UTF-8. It is stored as one item of the table, which may have 400 KB.
pub const MAX_TEXT_BYTES: usize = 256 * 1024;

/// The most parts before a `send`: enough for the longest text, even if each of its characters takes two bytes of JSON,
/// as quotation marks and line breaks do.
pub const MAX_TEXT_PARTS: usize = 20;
