//! How long frames and messages may be.

/// Longest frame in bytes.
pub const MAX_FRAME_BYTES: usize = 32 * 1024;
/// Longest message in bytes, in either direction.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;
