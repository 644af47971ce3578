//! The branches of a conversation, without its messages.
//!
//! Turns begin one after another, and each goes on from the newest message unless it branches: an edit, a reply
//! regenerated, a message after an older one. So in the order of time a conversation is a row of *chains*, each of which
//! begins where a turn branched, and within a chain every message follows the one before it. It is enough to know where
//! the chains begin to find any branch, its newest leaf and the siblings of a message, however long the conversation is.

use std::collections::BTreeSet;

use super::MessageId;

/// Where a turn branched: its first new message, which does not follow the newest message before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The first message of the chain.
    pub start: MessageId,
    /// The message it follows; `None` begins the conversation anew.
    pub parent: Option<MessageId>,
    /// The messages that followed `parent` when the branch was made, itself included.
    pub siblings: BTreeSet<MessageId>,
}

/// A part of a branch in which the messages follow one another in time, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The first message; `None` for the conversation's own first.
    pub first: Option<MessageId>,
    /// The last message.
    pub last: MessageId,
}

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
    /// Where the chain begins that holds `message`; `None` for the first chain.
    pub fn start_of(&self, message: &MessageId) -> Option<&MessageId> {
        self.chain_of(message).checked_sub(1).map(|number| &self.0[number].start)
    }

    /// The messages that follow the same parent as `message`, itself included, in the order of time; empty when there is
    /// no other.
    pub fn siblings(&self, message: &MessageId, parent: Option<&MessageId>) -> Vec<MessageId> {
        let of_parent = self.0.iter().filter(|branch| branch.parent.as_ref() == parent);
        let siblings: BTreeSet<&MessageId> = of_parent.flat_map(|branch| &branch.siblings).collect();
        match siblings.len() {
            2.. if siblings.contains(message) => siblings.into_iter().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// The newest leaf below `message` is the newest message before this one; `None` when it is the newest of all.
    pub fn behind_newest_leaf(&self, message: &MessageId) -> Option<&MessageId> {
        let own = self.chain_of(message);
        let mut below: BTreeSet<usize> = BTreeSet::from([own]);
        for (number, branch) in (1..).zip(&self.0).skip(own) {
            let is_below = branch.parent.as_ref().is_some_and(|parent| match self.chain_of(parent) {
                chain if chain == own => parent >= message,
                chain => below.contains(&chain),
            });
            if is_below {
                below.insert(number);
            }
        }
        let newest = below.last().copied().unwrap_or(own);
        self.0.get(newest).map(|next| &next.start)
    }

    /// The way from the conversation's beginning to a message, stretch by stretch.
    pub fn path(&self, tip: &MessageId) -> Vec<Stretch> {
        let mut path = Vec::new();
        let mut last = Some(tip.clone());
        while let Some(message) = last {
            let branch = self.chain_of(&message).checked_sub(1).map(|number| &self.0[number]);
            // A parent comes before what follows it: whatever is stored, the way ends.
            last = branch.and_then(|branch| branch.parent.clone()).filter(|parent| *parent < message);
            path.push(Stretch { first: branch.map(|branch| branch.start.clone()), last: message });
        }
        path.reverse();
        path
    }

    // Chains are numbered from 0; chain n begins with branch n - 1.
    fn chain_of(&self, message: &MessageId) -> usize {
        self.0.partition_point(|branch| branch.start <= *message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Questions and replies in the order of time:
    //   a ─ b ─ c ─ d ─ e ─ f       the first chain
    //       └── g ─ h               c edited
    //               └── k ─ l       … and gone on with, after
    //   i ─ j                       the first message edited
    fn branches() -> Branches {
        [branch("k", Some("h"), &["k"]), branch("g", Some("b"), &["c", "g"]), branch("i", None, &["a", "i"])]
            .into_iter()
            .collect()
    }

    #[test]
    fn a_message_knows_its_siblings_on_either_side() {
        assert_eq!(branches().siblings(&id("c"), Some(&id("b"))), [id("c"), id("g")]);
        assert_eq!(branches().siblings(&id("g"), Some(&id("b"))), [id("c"), id("g")]);
        assert_eq!(branches().siblings(&id("a"), None), [id("a"), id("i")]);
        assert_eq!(branches().siblings(&id("k"), Some(&id("h"))), []);
        assert_eq!(branches().siblings(&id("d"), Some(&id("c"))), []);
    }

    #[test]
    fn a_third_sibling_is_known_to_the_first_even_if_it_did_not_know_it() {
        let branches: Branches =
            [branch("c", Some("a"), &["b", "c"]), branch("d", Some("a"), &["c", "d"])].into_iter().collect();
        assert_eq!(branches.siblings(&id("b"), Some(&id("a"))), [id("b"), id("c"), id("d")]);
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
    fn a_chain_begins_where_a_turn_branched() {
        let start = |message: &str| branches().start_of(&id(message)).cloned();
        assert_eq!([start("a"), start("f"), start("h"), start("l")], [None, None, Some(id("g")), Some(id("k"))]);
    }

    #[test]
    fn a_path_leads_from_the_beginning_through_all_branches_to_a_message() {
        let stretch = |first: Option<&str>, last: &str| Stretch { first: first.map(id), last: id(last) };
        let expected = [stretch(None, "b"), stretch(Some("g"), "h"), stretch(Some("k"), "l")];
        assert_eq!(branches().path(&id("l")), expected);
        assert_eq!(branches().path(&id("e")), [stretch(None, "e")]);
        assert_eq!(branches().path(&id("j")), [stretch(Some("i"), "j")]);
    }

    fn branch(start: &str, parent: Option<&str>, siblings: &[&str]) -> Branch {
        Branch { start: id(start), parent: parent.map(id), siblings: siblings.iter().map(|name| id(name)).collect() }
    }

    fn id(name: &str) -> MessageId {
        name.parse().unwrap()
    }
}
