//! A segment of a long reply, as it is stored.

use serde::{Deserialize, Serialize};

use super::content::Content;
use super::key::Key;
use crate::conversation::{Entry, size_of};
use crate::turn::TurnKey;

/// Which segments count as part of a message.
#[derive(Clone, Copy)]
pub struct Counted {
    attempt: Option<u32>,
    segments: u32,
}

impl Counted {
    /// The first `segments` of this attempt.
    pub fn new(attempt: Option<u32>, segments: u32) -> Self {
        Self { attempt, segments }
    }

    /// Whether a segment is one of them, and not of another attempt or of an unfinished save.
    pub fn holds(self, segment: &SegmentItem) -> bool {
        self.attempt == Some(segment.attempt) && segment.number < self.segments
    }
}

/// A segment of a long reply, written once.
#[derive(Serialize, Deserialize)]
pub struct SegmentItem {
    #[serde(flatten)]
    key: Key,
    attempt: u32,
    /// Zero-based.
    pub number: u32,
    /// Bytes of its text. Of two segments with one number the longer one is newer.
    #[serde(default)]
    pub bytes: usize,
    /// Its text.
    #[serde(flatten)]
    pub content: Content,
}

impl SegmentItem {
    /// The segment with this number, zero-based.
    pub fn new(turn: &TurnKey, attempt: u32, number: u32, entries: &[Entry]) -> Self {
        let bytes = size_of(entries);
        Self { key: Key::segment(turn, attempt, number), attempt, number, bytes, content: Content::from(entries) }
    }
}
