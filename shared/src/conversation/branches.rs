//! The branches of a conversation, without its messages.
//!
//! Turns start one after another, and each continues from the newest message unless it branches: an edit, a regenerated
//! reply, a message after an older one. So in order of time a conversation is a list of *linear segments*, each of
//! which begins where a turn branched, and within which every message follows the one before it. Where the segments
//! begin is enough to find any branch, its newest leaf and the siblings of a message, however long the conversation is.

use std::collections::BTreeSet;

use super::MessageId;

/// Where a turn branched: its first new message, which does not follow the newest message before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The first message of the linear segment.
    pub start: MessageId,
    /// Its parent; `None` begins the conversation again.
    pub parent: Option<MessageId>,
    /// The messages that followed `parent` when the branch was made, itself included.
    pub siblings: BTreeSet<MessageId>,
}

/// The end of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tip {
    /// With this message.
    At(MessageId),
    /// With the newest message before this one.
    Before(MessageId),
}

/// A part of a branch in which every message also follows the one before it in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinearSegment {
    /// The first message; `None` for the conversation's own first.
    pub first: Option<MessageId>,
    /// The last message.
    pub last: Tip,
}

/// The messages with the same parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Siblings {
    /// The nearest siblings in order of time, the message included: up to [`SIBLINGS_AROUND`] on either side.
    pub around: Vec<MessageId>,
    /// How many come before the message.
    pub index: usize,
    /// How many there are, the message included.
    pub count: usize,
}

/// How many siblings of a message are named on either side of it. A reply can be regenerated thousands of times.
pub const SIBLINGS_AROUND: usize = 10;

/// All branches of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Branches(Vec<Branch>);

impl FromIterator<Branch> for Branches {
    fn from_iter<I: IntoIterator<Item = Branch>>(branches: I) -> Self {
        let mut branches: Vec<Branch> = branches.into_iter().collect();
        branches.sort_by(|one, other| one.start.cmp(&other.start));
        Self(branches)
    }
}

impl Branches {
    /// The messages that follow the same parent as `message`; `None` when there is no other.
    pub fn siblings(&self, message: &MessageId, parent: Option<&MessageId>) -> Option<Siblings> {
        let of_parent = self.0.iter().filter(|branch| branch.parent.as_ref() == parent);
        let siblings: BTreeSet<&MessageId> = of_parent.flat_map(|branch| &branch.siblings).collect();
        let siblings: Vec<&MessageId> = siblings.into_iter().collect();
        let (count, index) = (siblings.len(), siblings.binary_search(&message).ok()?);
        let around = index.saturating_sub(SIBLINGS_AROUND)..count.min(index + SIBLINGS_AROUND + 1);
        let around = siblings[around].iter().copied().cloned().collect();
        (count > 1).then_some(Siblings { around, index, count })
    }

    /// The message before which the newest leaf below `message` is the newest; `None` if it is the newest of all.
    pub fn behind_newest_leaf(&self, message: &MessageId) -> Option<&MessageId> {
        let own = self.segment_of(message);
        let mut below: BTreeSet<usize> = BTreeSet::from([own]);
        for (number, branch) in (1..).zip(&self.0).skip(own) {
            let is_below = branch.parent.as_ref().is_some_and(|parent| match self.segment_of(parent) {
                segment if segment == own => parent >= message,
                segment => below.contains(&segment),
            });
            if is_below {
                below.insert(number);
            }
        }
        let newest = below.last().copied().unwrap_or(own);
        self.0.get(newest).map(|next| &next.start)
    }

    /// The path from the conversation's beginning to a tip, as linear segments.
    pub fn path(&self, tip: &Tip) -> Vec<LinearSegment> {
        let mut path = Vec::new();
        let mut last = Some(tip.clone());
        while let Some(tip) = last {
            let segment = match &tip {
                Tip::At(message) => self.segment_of(message),
                Tip::Before(message) => self.0.partition_point(|branch| branch.start < *message),
            };
            let branch = segment.checked_sub(1).map(|number| &self.0[number]);
            // A parent is older than what follows it, so this terminates whatever is stored.
            let parent = branch.and_then(|branch| branch.parent.clone().filter(|parent| *parent < branch.start));
            last = parent.map(Tip::At);
            path.push(LinearSegment { first: branch.map(|branch| branch.start.clone()), last: tip });
        }
        path.reverse();
        path
    }

    // Segments are numbered from 0; segment n begins with branch n - 1.
    fn segment_of(&self, message: &MessageId) -> usize {
        self.0.partition_point(|branch| branch.start <= *message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Questions and replies in order of time:
    //   a ─ b ─ c ─ d ─ e ─ f       the first segment
    //       └── g ─ h               c edited
    //               └── k ─ l       … and continued, after
    //   i ─ j                       the first message edited
    fn branches() -> Branches {
        [branch("k", Some("h"), &["k"]), branch("g", Some("b"), &["c", "g"]), branch("i", None, &["a", "i"])]
            .into_iter()
            .collect()
    }

    #[test]
    fn a_message_knows_its_siblings_on_either_side() {
        let siblings = |message: &str, parent: Option<&str>| {
            let siblings = branches().siblings(&id(message), parent.map(id).as_ref())?;
            assert_eq!(siblings.count, siblings.around.len());
            Some((siblings.index, siblings.around))
        };
        assert_eq!(siblings("c", Some("b")), Some((0, vec![id("c"), id("g")])));
        assert_eq!(siblings("g", Some("b")), Some((1, vec![id("c"), id("g")])));
        assert_eq!(siblings("a", None), Some((0, vec![id("a"), id("i")])));
        assert_eq!(siblings("k", Some("h")), None);
        assert_eq!(siblings("d", Some("c")), None);
    }

    #[test]
    fn a_third_sibling_is_known_to_the_first_even_if_it_did_not_know_it() {
        let branches: Branches =
            [branch("c", Some("a"), &["b", "c"]), branch("d", Some("a"), &["c", "d"])].into_iter().collect();
        let expected = Siblings { around: vec![id("b"), id("c"), id("d")], index: 0, count: 3 };
        assert_eq!(branches.siblings(&id("b"), Some(&id("a"))), Some(expected));
    }

    #[test]
    fn of_thousands_of_siblings_those_next_to_a_message_are_named() {
        let name = |number: usize| format!("r{number:04}");
        let branches = (1..3000).map(|number| branch(&name(number), Some("q"), &[&name(0), &name(number)]));
        let branches: Branches = branches.collect();
        for (index, around) in [(0, 0..11), (5, 0..16), (1500, 1490..1511), (2999, 2989..3000)] {
            let around = around.map(|number| id(&name(number))).collect();
            let expected = Siblings { around, index, count: 3000 };
            assert_eq!(branches.siblings(&id(&name(index)), Some(&id("q"))), Some(expected));
        }
    }

    #[test]
    fn the_newest_leaf_is_found_below_a_message_and_not_beside_it() {
        let behind = |message: &str| branches().behind_newest_leaf(&id(message)).cloned();
        assert_eq!(behind("a"), None, "l, through g");
        assert_eq!(behind("c"), Some(id("g")), "f");
        assert_eq!(behind("g"), None, "l");
        assert_eq!(behind("i"), Some(id("k")), "j");
        assert_eq!(Branches::default().behind_newest_leaf(&id("a")), None);
    }

    #[test]
    fn a_path_leads_from_the_beginning_through_all_branches_to_a_message() {
        let segment = |first: Option<&str>, last: &str| LinearSegment { first: first.map(id), last: Tip::At(id(last)) };
        let path = |tip: &str| branches().path(&Tip::At(id(tip)));
        assert_eq!(path("l"), [segment(None, "b"), segment(Some("g"), "h"), segment(Some("k"), "l")]);
        assert_eq!(path("e"), [segment(None, "e")]);
        assert_eq!(path("j"), [segment(Some("i"), "j")]);
    }

    #[test]
    fn a_path_leads_to_the_message_before_another() {
        let before =
            |first: Option<&str>, end: &str| LinearSegment { first: first.map(id), last: Tip::Before(id(end)) };
        assert_eq!(branches().path(&Tip::Before(id("g"))), [before(None, "g")]);
        assert_eq!(branches().path(&Tip::Before(id("k"))), [before(Some("i"), "k")]);
    }

    fn branch(start: &str, parent: Option<&str>, siblings: &[&str]) -> Branch {
        Branch { start: id(start), parent: parent.map(id), siblings: siblings.iter().map(|name| id(name)).collect() }
    }

    fn id(name: &str) -> MessageId {
        name.parse().unwrap()
    }
}
