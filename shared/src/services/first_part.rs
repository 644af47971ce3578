//! Predicts whether a model's reply begins with text or with reasoning.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::conversation::Entry;
use crate::reply::Reply;

/// What the last reply of a model in this process began with.
///
/// The frame that starts a part delays the first token by a post, unless it is sent while the model is still thinking.
/// So a model that answered without reasoning is expected to do so again. If it does not, its client gets an empty text
/// part before the reasoning, which shows nothing and is not stored.
#[derive(Debug, Default)]
pub struct FirstPart {
    is_text: AtomicBool,
}

impl FirstPart {
    /// Whether the next reply is expected to begin with text.
    pub fn is_text(&self) -> bool {
        self.is_text.load(Ordering::Relaxed)
    }

    /// Learns from a reply that has ended. An empty one teaches nothing.
    pub fn learn(&self, reply: &Reply) {
        if let Some(first) = reply.entries.iter().find(|entry| !entry.text().is_empty()) {
            self.is_text.store(matches!(first, Entry::Text { .. }), Ordering::Relaxed);
        }
    }
}
