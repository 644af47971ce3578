//! What every store promises of conversations. Included once for each store.

use std::collections::BTreeSet;
use std::time::Duration;

use natter::conversation::{Branch, Conversation, ConversationId, Timestamp, Tip};
use natter::db::{
    ConversationStore, HistoryPosition, LATE_WRITE_WINDOW, MessageReader, NewTurn, Piece, Pieces, Save, SavedContent,
    StoreError, TurnStore,
};
use natter::turn::{Ending, FinishReason, TurnKey};

use super::start;
use crate::support::{conversation_id, new_turn, new_turn_in, user};

#[tokio::test]
async fn conversations_are_listed_by_their_last_turn_page_by_page() {
    let (_guard, store) = start().await;
    for name in ["a", "b", "c", "d", "e"] {
        begin(&store, "alice", name, None).await;
    }
    let head = store.head(&user("alice"), &conversation_id("b")).await.unwrap();
    begin(&store, "alice", "b", head).await;
    begin(&store, "bob", "a", None).await;

    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = store.list(&user("alice"), after.as_ref(), 2).await.unwrap();
        assert!(page.conversations.len() <= 2);
        listed.extend(page.conversations.iter().map(|head| head.id.to_string()));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(listed, ["b", "e", "d", "c", "a"]);
}

#[tokio::test]
async fn a_rename_changes_the_title_for_its_user_only() {
    let (_guard, store) = start().await;
    begin(&store, "alice", "c", None).await;
    begin(&store, "bob", "c", None).await;
    let renamed = store.rename(&user("alice"), &conversation_id("c"), "Hello").await.unwrap().unwrap();
    assert_eq!(renamed.title.as_deref(), Some("Hello"));
    let begun = begin(&store, "alice", "c", Some(renamed)).await;
    let head = store.head(&user("alice"), &conversation_id("c")).await.unwrap().unwrap();
    assert_eq!((head.title.as_deref(), &head.head_message_id), (Some("Hello"), &begun.reply.id));
    assert_eq!(store.head(&user("bob"), &conversation_id("c")).await.unwrap().unwrap().title, None);
    assert_eq!(store.rename(&user("alice"), &conversation_id("none"), "Hello").await.unwrap(), None);
}

#[tokio::test]
async fn history_is_read_backwards_from_any_position_within_bounds() {
    let (_guard, store) = start().await;
    let first = begin(&store, "alice", "c", None).await;
    let head = store.head(&user("alice"), &conversation_id("c")).await.unwrap();
    let second = begin(&store, "alice", "c", head).await;
    let (q1, r1) = (first.question.unwrap().id, first.reply.id);
    let (q2, r2) = (second.question.unwrap().id, second.reply.id);
    let read = async |from: &HistoryPosition, oldest, limit| -> Vec<_> {
        let pieces = store.read_backwards(&user("alice"), &conversation_id("c"), from, oldest, limit).await.unwrap();
        pieces.pieces.iter().map(|piece| piece.of.message.id.clone()).collect()
    };
    assert_eq!(read(&HistoryPosition::Newest, None, 10).await, [&r2, &q2, &r1, &q1].map(Clone::clone));
    assert_eq!(read(&HistoryPosition::Before(q2.clone()), None, 10).await, [&r1, &q1].map(Clone::clone));
    assert_eq!(read(&HistoryPosition::Message(q2.clone()), Some(&r1), 10).await, [&q2, &r1].map(Clone::clone));
    assert_eq!(read(&HistoryPosition::Newest, None, 1).await, [r2]);
    assert_eq!(read(&HistoryPosition::Message(q1), Some(&q2), 10).await, []);
    let of_bob =
        store.read_backwards(&user("bob"), &conversation_id("c"), &HistoryPosition::Newest, None, 10).await.unwrap();
    assert_eq!(of_bob, Pieces::default());
}

#[tokio::test]
async fn a_long_reply_is_read_whole_piece_by_piece_in_either_direction() {
    let (_guard, store) = start().await;
    let turn = begin(&store, "alice", "c", None).await;
    let key = key(&turn);
    let part = |text: &str| natter::conversation::Entry::Text { text: text.to_owned() };
    for (number, text) in [(0, "one "), (1, "two "), (2, "not counted yet")] {
        store.save_segment(&key, &turn.lease, number, &[part(text)]).await.unwrap();
    }
    let ending = Some(Ending::Complete(FinishReason::Stop));
    let tail = [part("three")];
    let save = Save {
        turn: &key,
        lease: &turn.lease.renewed(turn.lease.expires_at),
        content: Some(SavedContent { segments: 2, tail: &tail }),
        dismissed: &[],
        ending,
        model: None,
        usage: None,
        cost: None,
        timings: None,
    };
    store.save_turn(save).await.unwrap();

    let (user, conversation, tip) = (user("alice"), conversation_id("c"), Tip::At(turn.reply.id));
    let backwards = async |from: HistoryPosition| store.read_backwards(&user, &conversation, &from, None, 1).await;
    let forwards = async |from: HistoryPosition| store.read_forwards(&user, &conversation, &from, &tip, 1).await;
    let mut back = all(HistoryPosition::Newest, &backwards).await;
    let on = all(HistoryPosition::Oldest, &forwards).await;
    assert_eq!(text_of(&on), "a questionone two three");
    assert!(on.last().unwrap().is_tail());
    for (number, piece) in on.iter().enumerate() {
        assert_eq!(all(piece.position(), &forwards).await, on[number..]);
        assert_eq!(all(piece.position_past(), &forwards).await, on[number + 1..]);
    }
    for (number, piece) in back.iter().enumerate() {
        assert_eq!(all(piece.position(), &backwards).await, back[number..]);
        assert_eq!(all(piece.position_past(), &backwards).await, back[number + 1..]);
    }
    back.reverse();
    assert_eq!(back, on);
}

#[tokio::test]
async fn reading_forwards_ends_at_the_tip_of_a_branch() {
    let (_guard, store) = start().await;
    let first = begin(&store, "alice", "c", None).await;
    let head = store.head(&user("alice"), &conversation_id("c")).await.unwrap();
    let second = begin(&store, "alice", "c", head).await;
    let (reply, question) = (first.reply.id, second.question.unwrap().id);
    for (tip, messages) in [(Tip::At(reply.clone()), 2), (Tip::At(question.clone()), 3), (Tip::Before(question), 2)] {
        let read = async |from: HistoryPosition| {
            let (user, conversation) = (user("alice"), conversation_id("c"));
            store.read_forwards(&user, &conversation, &from, &tip, 10).await.unwrap().pieces.len()
        };
        assert_eq!(read(HistoryPosition::Oldest).await, messages, "{tip:?}");
        assert_eq!(read(HistoryPosition::After(reply.clone())).await, messages - 2, "{tip:?}");
    }
}

/// All pieces that a way of reading finds from a place on.
async fn all(from: HistoryPosition, read: impl AsyncFn(HistoryPosition) -> Result<Pieces, StoreError>) -> Vec<Piece> {
    let (mut pieces, mut next) = (Vec::new(), Some(from));
    while let Some(place) = next {
        let mut found = read(place).await.unwrap();
        pieces.append(&mut found.pieces);
        next = found.next;
    }
    pieces
}

fn text_of(pieces: &[Piece]) -> String {
    pieces.iter().flat_map(|piece| &piece.entries).map(|part| part.text()).collect()
}

#[tokio::test]
async fn the_branch_of_a_turn_is_recorded() {
    let (_guard, store) = start().await;
    let first = begin(&store, "alice", "c", None).await;
    let head = store.head(&user("alice"), &conversation_id("c")).await.unwrap();
    let mut turn = new_turn(&user("alice"), "again", head);
    let question = turn.question.as_mut().unwrap();
    question.parent_id = None;
    let siblings = BTreeSet::from([first.question.unwrap().id, question.id.clone()]);
    let branch = Branch { start: question.id.clone(), parent: None, siblings };
    turn.branch = Some(branch.clone());
    store.begin_turn(&turn).await.unwrap();
    let branches = store.branches(&user("alice"), &conversation_id("c")).await.unwrap();
    assert_eq!(branches, [branch].into_iter().collect());
    assert_eq!(store.branches(&user("bob"), &conversation_id("c")).await.unwrap(), Default::default());
}

#[tokio::test]
async fn a_deleted_conversation_is_never_returned_and_starts_no_turn() {
    let (_guard, store) = start().await;
    let alice = user("alice");
    let first = begin(&store, "alice", "c", None).await;
    begin(&store, "bob", "c", None).await;
    let read = store.head(&alice, &conversation_id("c")).await.unwrap();
    assert_eq!(delete(&store, "none").await, None);
    for _ in 0..2 {
        assert_eq!(delete(&store, "c").await, Some(key(&first)), "the second time, too");
    }
    assert_eq!(store.head(&alice, &conversation_id("c")).await.unwrap(), None);
    assert_eq!(store.list(&alice, None, 10).await.unwrap().conversations, []);
    assert_eq!(store.rename(&alice, &conversation_id("c"), "Hello").await.unwrap(), None);
    let opened = store.open(&alice, &conversation_id("c"), None, 10).await.unwrap();
    assert!(opened.is_deleted && opened.conversation.is_none());
    for conversation in [read, None] {
        let late = store.begin_turn(&new_turn(&alice, "late", conversation)).await;
        assert!(matches!(late, Err(StoreError::Stale)), "{late:?}");
    }
    assert_eq!(store.list(&user("bob"), None, 10).await.unwrap().conversations.len(), 1);
}

#[tokio::test]
async fn a_deleted_conversation_is_due_until_it_is_purged() {
    let (guard, store) = start().await;
    let turn = begin(&store, "alice", "c", None).await;
    begin(&store, "alice", "other", None).await;
    begin(&store, "bob", "c", None).await;
    let later = Timestamp::now() + Duration::from_secs(120);
    assert_eq!(store.due_deletions(later, 10).await.unwrap(), []);
    delete(&store, "c").await;
    assert_eq!(store.due_deletions(Timestamp::now(), 10).await.unwrap(), []);
    assert_eq!(store.due_deletions(later, 10).await.unwrap(), [key(&turn)]);

    let (alice, c) = (user("alice"), conversation_id("c"));
    store.purge_messages(&alice, &c, Some(&turn.reply.id)).await.unwrap();
    assert!(store.reply(&key(&turn)).await.unwrap().is_some(), "the running reply was except");
    for _ in 0..2 {
        store.purge_messages(&alice, &c, None).await.unwrap();
    }
    assert_eq!((guard.count("MSG#").await, guard.count("REQ#").await), (4, 2), "those of others stay");
    store.mark_purged(&alice, &c, Timestamp::now()).await.unwrap();
    assert_eq!(store.due_deletions(later, 10).await.unwrap(), []);
    let much_later = Timestamp::now() + LATE_WRITE_WINDOW + Duration::from_secs(1);
    assert_eq!(store.due_deletions(much_later, 10).await.unwrap(), [key(&turn)], "for what was still on its way");
    store.mark_purged(&alice, &c, much_later).await.unwrap();
    assert_eq!(store.due_deletions(much_later, 10).await.unwrap(), []);
    assert!(store.open(&alice, &c, None, 10).await.unwrap().is_deleted, "that is still known");
}

async fn delete(store: &impl ConversationStore, conversation: &str) -> Option<TurnKey> {
    let now = Timestamp::now();
    let due_at = now + Duration::from_secs(60);
    store.mark_deleted(&user("alice"), &conversation_id(conversation), now, due_at).await.unwrap()
}

async fn begin(store: &impl TurnStore, name: &str, conversation: &str, head: Option<Conversation>) -> NewTurn {
    let version = head.as_ref().map_or(0, |head| head.version);
    let conversation: ConversationId = conversation_id(conversation);
    let turn = new_turn_in(&user(name), &conversation, &format!("{conversation}-{version}"), head);
    store.begin_turn(&turn).await.unwrap();
    // So that no two begin in the same millisecond.
    tokio::time::sleep(Duration::from_millis(2)).await;
    turn
}

fn key(turn: &NewTurn) -> TurnKey {
    TurnKey {
        user_id: turn.reply.user_id.clone(),
        conversation_id: turn.reply.conversation_id.clone(),
        message_id: turn.reply.id.clone(),
    }
}
