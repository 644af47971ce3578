//! How long frames and messages may be.

/// Longest frame in bytes.
pub const LONGEST_FRAME: usize = 32 * 1024;
/// Longest message in bytes, in either direction.
pub const LONGEST_MESSAGE: usize = 128 * 1024;
