//! The output items of a response as far as they have come, so that what an event repeats is told from what it adds.

use super::whole_item::ItemKind;
use crate::llm::repetition::Repetition;

/// The most items of one response. What belongs to further ones is added to the last.
const MAX_ITEMS: usize = 256;

/// From this many bytes of arguments on, no more are held.
const MAX_HELD_BYTES: usize = 64 * 1024;

/// The items of a response, in the order in which they began.
#[derive(Default)]
pub struct OutputItems {
    items: Vec<OutputItem>,
}

/// An item, as far as it has come.
pub struct OutputItem {
    pub kind: ItemKind,
    /// What has come of its text, its reasoning or its arguments.
    pub said: Repetition,
    /// Whether anything has.
    pub has_said: bool,
    /// The part of its reasoning that came last, and whether it is a summary.
    pub part: Option<u64>,
    pub is_summary: Option<bool>,
    /// The call's name is known, and with it that there is a call.
    pub is_named: bool,
    /// Arguments that wait: for the name of their call, or since some servers send those with which a call begins again in
    /// pieces.
    pub held: String,
    /// Its end has come.
    pub is_done: bool,
    index: Option<u64>,
    id: String,
}

/// By what an event names its item: either may be missing.
#[derive(Clone, Copy)]
pub struct ItemName<'a> {
    pub index: Option<u64>,
    pub id: &'a str,
}

impl OutputItems {
    /// The number of the item that begins.
    pub fn begin(&mut self, kind: ItemKind, name: ItemName<'_>) -> usize {
        match self.named(kind, name) {
            // An event about it came too early, or it begins twice.
            Some(number) if !self.items[number].is_done && !self.is_another(number, name) => number,
            _ => self.add(kind, name),
        }
    }

    /// The number of the item to which a delta is added. One that is not known is of the item that came last.
    pub fn of_delta(&mut self, kind: ItemKind, name: ItemName<'_>) -> usize {
        let named = self.named(kind, name).or_else(|| self.open(kind));
        named.unwrap_or_else(|| self.add(kind, name))
    }

    /// The number of the item that is done.
    pub fn of_whole(&mut self, kind: ItemKind, name: ItemName<'_>) -> usize {
        let is_another = |number: &usize| self.items[*number].is_done && self.is_another(*number, name);
        let named = self.named(kind, name).filter(|number| !is_another(number)).or_else(|| self.open(kind));
        named.unwrap_or_else(|| self.add(kind, name))
    }

    /// The item with this number.
    pub fn item(&mut self, number: usize) -> &mut OutputItem {
        &mut self.items[number]
    }

    /// The numbers of the calls.
    pub fn calls(&self) -> Vec<usize> {
        (0..self.items.len()).filter(|number| self.items[*number].kind == ItemKind::Call).collect()
    }

    // By place and id, by place, or by id: some servers have one place for all items, others another id in each event.
    fn named(&self, kind: ItemKind, name: ItemName<'_>) -> Option<usize> {
        let place =
            |is_it: &dyn Fn(&OutputItem) -> bool| self.items.iter().rposition(|item| item.kind == kind && is_it(item));
        let is_at = |item: &OutputItem| name.index.is_some() && item.index == name.index;
        let has_id = |item: &OutputItem| !name.id.is_empty() && item.id == name.id;
        place(&|item| is_at(item) && has_id(item)).or_else(|| place(&is_at)).or_else(|| place(&has_id))
    }

    // Whether an item has another id than what it is taken for.
    fn is_another(&self, number: usize, name: ItemName<'_>) -> bool {
        let id = &self.items[number].id;
        !id.is_empty() && !name.id.is_empty() && id != name.id
    }

    fn open(&self, kind: ItemKind) -> Option<usize> {
        self.items.iter().rposition(|item| item.kind == kind && !item.is_done)
    }

    fn add(&mut self, kind: ItemKind, name: ItemName<'_>) -> usize {
        if self.items.len() < MAX_ITEMS {
            self.items.push(OutputItem {
                kind,
                said: Repetition::default(),
                has_said: false,
                part: None,
                is_summary: None,
                is_named: false,
                held: String::new(),
                is_done: false,
                index: name.index,
                id: name.id.to_owned(),
            });
        }
        self.items.len().saturating_sub(1)
    }
}

impl OutputItem {
    /// Takes a piece of it.
    pub fn add(&mut self, piece: String) -> String {
        self.has_said |= !piece.is_empty();
        self.said.read_piece(piece, false)
    }

    /// Holds more of the arguments.
    pub fn hold(&mut self, more: &str) {
        if self.held.len() <= MAX_HELD_BYTES {
            self.held.push_str(more);
        }
    }

    /// Takes the whole of it and returns what had not come.
    pub fn complete(&mut self, whole: &str) -> String {
        let rest = self.said.read_whole(whole);
        self.has_said |= !rest.is_empty();
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ItemKind::{Call, Message, Reasoning};

    fn name(index: Option<u64>, id: &str) -> ItemName<'_> {
        ItemName { index, id }
    }

    #[test]
    fn items_are_told_apart_by_place_or_id_whichever_a_server_sends() {
        for (first, second) in [
            (name(Some(0), "a"), name(Some(1), "b")),
            (name(None, "a"), name(None, "b")),
            (name(Some(0), ""), name(Some(1), "")),
            (name(Some(0), "a"), name(Some(0), "b")),
        ] {
            let mut items = OutputItems::default();
            for (number, of) in [first, second].into_iter().enumerate() {
                assert_eq!(items.begin(Message, of), number);
                assert_eq!(items.of_delta(Message, of), number);
                assert_eq!(items.of_whole(Message, of), number);
                items.item(number).is_done = true;
            }
        }
    }

    #[test]
    fn an_id_that_changes_is_of_the_item_that_is_open() {
        let mut items = OutputItems::default();
        let begun = items.begin(Message, name(None, "a"));
        assert_eq!(items.of_delta(Message, name(None, "b")), begun);
        assert_eq!(items.of_whole(Message, name(None, "c")), begun);
    }

    #[test]
    fn a_place_that_all_items_have_tells_kinds_apart() {
        let mut items = OutputItems::default();
        let numbers = [Reasoning, Message, Call].map(|kind| items.begin(kind, name(Some(0), "")));
        assert_eq!(numbers, [0, 1, 2]);
        assert_eq!(items.of_delta(Reasoning, name(Some(0), "")), 0);
        assert_eq!(items.calls(), [2]);
    }

    #[test]
    fn calls_of_one_place_that_are_open_together_are_told_apart_by_their_ids() {
        let mut items = OutputItems::default();
        let (first, second) = (name(Some(0), "a"), name(Some(0), "b"));
        assert_eq!((items.begin(Call, first), items.begin(Call, second)), (0, 1));
        assert_eq!((items.of_delta(Call, first), items.of_delta(Call, second)), (0, 1));
        assert_eq!((items.of_whole(Call, first), items.of_whole(Call, second)), (0, 1));
    }

    #[test]
    fn items_are_bounded() {
        let mut items = OutputItems::default();
        let numbers = (0..1000).map(|index| items.begin(Call, name(Some(index), "")));
        assert_eq!(numbers.max(), Some(MAX_ITEMS - 1));
    }
}
