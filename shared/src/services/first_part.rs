//! What a model's replies begin with: the answer, or thoughts.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::conversation::Part;
use crate::reply::Reply;

/// What the last reply of a model in this process began with.
///
/// The frame by which a part begins costs the first token a whole post's time, unless it goes out while the model still thinks. So a
/// model that answers without thoughts is taken to do so again. If it thinks for once, its client gets an empty part of text before
/// the thoughts, which shows nothing and is stored nowhere.
#[derive(Debug, Default)]
pub struct FirstPart {
    is_text: AtomicBool,
}

impl FirstPart {
    /// Whether the next reply may be taken to begin with the answer.
    pub fn is_text(&self) -> bool {
        self.is_text.load(Ordering::Relaxed)
    }

    /// Learns from a reply that has ended. One without a word teaches nothing.
    pub fn learn(&self, reply: &Reply) {
        if let Some(first) = reply.parts.iter().find(|part| !part.text().is_empty()) {
            self.is_text.store(matches!(first, Part::Text { .. }), Ordering::Relaxed);
        }
    }
}
