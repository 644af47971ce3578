//! Limits of frames and messages.

/// Maximum frame in bytes.
pub const MAX_FRAME_BYTES: usize = 32 * 1024;
/// Maximum message in bytes, in either direction.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;
