//! Enforces the limits of a reply, whatever a model sends.

use super::{CallLimits, Delta};

/// What is left of the limits of a reply.
pub struct ReplyBounds {
    bytes: usize,
    parts: usize,
    current: Option<Part>,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Text,
    Reasoning,
    Call,
}

impl ReplyBounds {
    /// The limits of a new reply.
    pub fn new(limits: CallLimits) -> Self {
        Self { bytes: limits.reply_bytes, parts: limits.reply_parts, current: None }
    }

    /// Counts `delta` and truncates it to what fits. Returns whether the limits are reached.
    pub fn reach(&mut self, delta: &mut Delta) -> bool {
        let (part, text) = match delta {
            Delta::Text(text) => (Part::Text, text),
            Delta::Reasoning(text) => (Part::Reasoning, text),
            Delta::ToolInput(text) => (Part::Call, text),
            // Each begins a part, whatever was before.
            Delta::ToolStart { .. } => return !self.begin(Part::Call),
            Delta::ProviderData(_) | Delta::Source(_) | Delta::Finish { .. } => return false,
        };
        if self.current != Some(part) && !self.begin(part) {
            text.clear();
            return true;
        }
        let has_room = text.len() <= self.bytes;
        text.truncate(text.floor_char_boundary(self.bytes));
        self.bytes = self.bytes.saturating_sub(text.len());
        !has_room
    }

    fn begin(&mut self, part: Part) -> bool {
        self.current = Some(part);
        let left = self.parts.checked_sub(1);
        self.parts = left.unwrap_or(0);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_of_just_the_bound_is_whole_and_one_byte_more_is_cut() {
        let mut bounds = bounds(5, 9);
        assert_eq!(reach(&mut bounds, "thr"), ("thr".to_owned(), false));
        assert_eq!(reach(&mut bounds, "ee"), ("ee".to_owned(), false));
        assert_eq!(reach(&mut bounds, "."), (String::new(), true));
    }

    #[test]
    fn what_is_cut_ends_between_two_characters() {
        assert_eq!(reach(&mut bounds(5, 9), "世界"), ("世".to_owned(), true));
    }

    #[test]
    fn parts_are_counted_as_they_change_and_not_as_they_grow() {
        let mut bounds = bounds(99, 2);
        let mut thought = Delta::Reasoning("Hm.".to_owned());
        assert!(!bounds.reach(&mut thought));
        assert!(!bounds.reach(&mut thought));
        assert_eq!(reach(&mut bounds, "Yes."), ("Yes.".to_owned(), false));
        assert!(bounds.reach(&mut thought));
        assert_eq!(thought, Delta::Reasoning(String::new()));
    }

    #[test]
    fn each_call_is_a_part_and_its_arguments_are_bytes() {
        let mut bounds = bounds(5, 2);
        let (mut start, mut input) = (Delta::ToolStart { tool: "time".to_owned() }, Delta::ToolInput("{}".to_owned()));
        for _ in 0..2 {
            assert!(!bounds.reach(&mut start));
            assert!(!bounds.reach(&mut input));
        }
        assert!(bounds.reach(&mut input));
        assert_eq!(input, Delta::ToolInput("{".to_owned()));
        assert!(bounds.reach(&mut start));
    }

    fn bounds(reply_bytes: usize, reply_parts: usize) -> ReplyBounds {
        ReplyBounds::new(CallLimits { reply_bytes, reply_parts, ..CallLimits::default() })
    }

    fn reach(bounds: &mut ReplyBounds, text: &str) -> (String, bool) {
        let mut delta = Delta::Text(text.to_owned());
        let is_full = bounds.reach(&mut delta);
        let Delta::Text(kept) = delta else { unreachable!() };
        (kept, is_full)
    }
}
