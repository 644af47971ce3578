mod past;

use super::*;
use past::{Past, edit, id, message, submit};

#[test]
fn the_first_message_begins_the_conversation() {
    let placement = place(&submit("m1", "hello"), None, &[], None, HeadState::Ended);
    assert_eq!(placement, Ok(Placement::NewMessage { parent: None }));
}

#[test]
fn a_new_message_follows_the_head() {
    let past = Past::new().exchange("m1", "hello", Status::Complete);
    assert_eq!(
        past.place(submit("m2", "more"), HeadState::Ended),
        Ok(Placement::NewMessage { parent: Some(id("reply-to-m1")) })
    );
}

#[test]
fn a_second_message_during_a_turn_is_rejected() {
    let past = Past::new().exchange("m1", "hello", Status::Streaming);
    assert_eq!(
        past.place(submit("m2", "more"), HeadState::Running),
        Err(PlacementError::Busy { turn: id("reply-to-m1"), gives_way: false })
    );
}

#[test]
fn a_message_resent_during_its_reply_subscribes_to_it() {
    let past = Past::new().exchange("m1", "hello", Status::Streaming);
    assert_eq!(
        past.place(submit("m1", "hello"), HeadState::Running),
        Ok(Placement::Subscribe { reply: id("reply-to-m1") })
    );
}

#[test]
fn a_message_resent_after_its_reply_gets_that_reply() {
    let past = Past::new().exchange("m1", "hello", Status::Complete);
    assert_eq!(past.place(submit("m1", "hello"), HeadState::Ended), Ok(Placement::Replay { reply: id("reply-to-m1") }));
}

#[test]
fn a_message_resent_after_a_failure_is_regenerated_and_stored_once() {
    for ended in [Status::Failed, Status::Interrupted, Status::Stopped] {
        let past = Past::new().exchange("m1", "hello", ended);
        assert_eq!(
            past.place(submit("m1", "hello"), HeadState::Ended),
            Ok(Placement::NewReply { to: id("stored-m1") })
        );
    }
}

#[test]
fn a_resent_message_takes_over_its_abandoned_turn() {
    let past = Past::new().exchange("m1", "hello", Status::Streaming);
    let placed = past.place(submit("m1", "hello"), HeadState::Abandoned);
    assert_eq!(placed, Ok(Placement::TakeOver { reply: id("reply-to-m1") }));
}

#[test]
fn a_message_of_before_sent_again_is_shown_its_reply_and_changes_nothing() {
    for (ended, state) in [
        (Status::Complete, HeadState::Ended),
        (Status::Failed, HeadState::Ended),
        (Status::Complete, HeadState::Running),
    ] {
        let past = Past::new().exchange("m1", "hello", ended).exchange("m2", "more", Status::Complete);
        let placed = past.place(submit("m1", "hello"), state);
        assert_eq!(placed, Ok(Placement::Replay { reply: id("reply-to-m1") }));
    }
}

#[test]
fn a_message_of_long_ago_is_known_by_its_record() {
    let past = Past::new().exchange("m9", "hello", Status::Complete);
    let (newest_first, head) = (past.newest_first(), past.conversation());
    let (opening, reply) = (submit("m1", "hello"), id("long-ago"));
    for state in [HeadState::Ended, HeadState::Running, HeadState::Abandoned] {
        let placed = place(&opening, head.as_ref(), &newest_first, Some(&reply), state);
        assert_eq!(placed, Ok(Placement::Replay { reply: reply.clone() }));
    }
}

#[test]
fn a_message_resent_after_its_edit_is_not_a_second_edit() {
    let past = Past::new().exchange("m1", "one", Status::Complete).edit("m1", "two", Status::Complete);
    assert_eq!(past.place(submit("m1", "one"), HeadState::Ended), Ok(Placement::Replay { reply: id("reply-to-m1") }));
    let placed = past.place(submit("m1", "two"), HeadState::Ended);
    assert_eq!(placed, Ok(Placement::Replay { reply: id("reply-to-m1-two") }));
}

#[test]
fn a_reply_that_does_not_exist_is_not_regenerated() {
    let past = Past::new().exchange("m1", "hello", Status::Complete);
    let mut opening = submit("m2", "hello?");
    opening.intent = Intent::Regenerate { reply: Some(id("nowhere")) };
    assert_eq!(past.place(opening, HeadState::Ended), Err(PlacementError::UnknownMessage));
}

#[test]
fn a_fingerprint_covers_everything_that_a_request_asks_for() {
    let conversation = |name: &str| name.parse::<ConversationId>().unwrap();
    let first = submit("m1", "hello").fingerprint(&conversation("c"));
    assert_eq!(submit("m1", "hello").fingerprint(&conversation("c")), first);
    let mut branched = submit("m1", "hello");
    branched.intent = Intent::Submit { parent: Some(Parent::Message(id("m0"))), edited: None };
    for other in [submit("m1", "hello!"), submit("m2", "hello"), edit("m1", "hello"), branched] {
        assert_ne!(other.fingerprint(&conversation("c")), first);
    }
    assert_ne!(submit("m1", "hello").fingerprint(&conversation("d")), first);
}

#[test]
fn an_abandoned_turn_does_not_block_new_messages() {
    let past = Past::new().exchange("m1", "hello", Status::Streaming);
    let placed = past.place(submit("m2", "more"), HeadState::Abandoned);
    assert_eq!(placed, Ok(Placement::NewMessage { parent: Some(id("reply-to-m1")) }));
}

#[test]
fn an_edited_message_becomes_a_sibling_named_by_either_id() {
    let past = Past::new().exchange("m1", "one", Status::Complete).exchange("m2", "two", Status::Complete);
    for named in ["m2", "stored-m2"] {
        let placed = past.place(edit(named, "three"), HeadState::Ended);
        assert_eq!(placed, Ok(Placement::NewMessage { parent: Some(id("reply-to-m1")) }));
    }
    assert_eq!(past.place(edit("m1", "three"), HeadState::Ended), Ok(Placement::NewMessage { parent: None }));
}

#[test]
fn a_server_id_names_one_message_even_if_a_client_reuses_it_for_an_edit() {
    // As after a page was loaded: it knows the first message by our id, and edits it under that.
    let past = Past::new().exchange("m1", "one", Status::Complete);
    let mut edited = past.messages[0].clone();
    (edited.id, edited.client_id) = (id("stored-edit"), Some(id("stored-m1")));
    edited.entries = vec![crate::conversation::Entry::Text { text: "two".to_owned() }];
    let reply = message("reply-to-edit", Role::Assistant, Some(edited.id.clone()), "…", Status::Complete);
    let past = Past { messages: [past.messages, vec![edited, reply]].concat() };
    let regenerate =
        Opening { intent: Intent::Regenerate { reply: Some(id("stored-m1")) }, ..submit("stored-m1", "one") };
    assert_eq!(past.place(regenerate, HeadState::Ended), Ok(Placement::NewReply { to: id("stored-m1") }));
    let behind = Opening { shown_before: vec![id("stored-m1")], ..submit("m3", "three") };
    let placed = past.place(behind, HeadState::Ended);
    assert_eq!(placed, Ok(Placement::NewMessage { parent: Some(id("reply-to-m1")) }));
}

#[test]
fn a_reply_is_not_edited() {
    let past = Past::new().exchange("m1", "one", Status::Complete);
    let intent = Intent::Submit { parent: None, edited: Some(id("reply-to-m1")) };
    let placed = past.place(Opening { intent, ..submit("m2", "two") }, HeadState::Ended);
    assert_eq!(placed, Err(PlacementError::UnknownMessage));
}

#[test]
fn a_running_turn_does_not_give_way_to_an_invalid_or_repeated_request() {
    let past = Past::new().exchange("m1", "one", Status::Complete).exchange("m2", "two", Status::Streaming);
    let parent = Some(Parent::Message(id("nowhere")));
    let unknown = Opening { intent: Intent::Submit { parent, edited: Some(id("m2")) }, ..submit("m2", "three") };
    assert_eq!(past.place(unknown, HeadState::Running), Err(PlacementError::UnknownMessage));
    // Another reply to the running one's question may be what was just asked for.
    let former = Opening { intent: Intent::Regenerate { reply: Some(id("reply-to-m1")) }, ..submit("m1", "one") };
    let busy = Err(PlacementError::Busy { turn: id("reply-to-m2"), gives_way: false });
    assert_eq!(past.place(former, HeadState::Running), busy);
}

#[test]
fn an_id_that_a_client_uses_again_is_no_edit() {
    let past = Past::new().exchange("m1", "one", Status::Complete).exchange("m2", "two", Status::Complete);
    let placed = past.place(submit("m1", "three"), HeadState::Ended);
    assert_eq!(placed, Ok(Placement::NewMessage { parent: Some(id("reply-to-m2")) }));
}

#[test]
fn an_edit_of_a_missing_message_needs_a_shown_parent() {
    let past = Past::new().exchange("m1", "one", Status::Complete).exchange("m2", "two", Status::Complete);
    let edited = edit("nowhere", "three");
    assert_eq!(past.place(edited.clone(), HeadState::Ended), Err(PlacementError::UnknownMessage));
    let placed = past.place(Opening { shown_before: vec![id("reply-to-m1")], ..edited }, HeadState::Ended);
    assert_eq!(placed, Ok(Placement::NewMessage { parent: Some(id("reply-to-m1")) }));
}

#[test]
fn a_message_follows_the_nearest_that_its_client_shows_before_it() {
    let past = Past::new().exchange("m1", "one", Status::Complete).exchange("m2", "two", Status::Failed);
    for (shown, parent) in [
        (&["reply-to-m1", "m1"][..], "reply-to-m1"),
        (&["m2", "reply-to-m1"], "reply-to-m2"),
        (&["never-arrived", "m1"], "reply-to-m1"),
        (&["never-arrived"], "reply-to-m2"),
    ] {
        let shown_before = shown.iter().copied().map(id).collect();
        let placed = past.place(Opening { shown_before, ..submit("m3", "three") }, HeadState::Ended);
        assert_eq!(placed, Ok(Placement::NewMessage { parent: Some(id(parent)) }), "{shown:?}");
    }
}

#[test]
fn a_running_reply_yields_to_edits_and_regenerations_but_not_to_branches() {
    let past = Past::new().exchange("m1", "one", Status::Complete).exchange("m2", "two", Status::Streaming);
    let busy = |gives_way| Err(PlacementError::Busy { turn: id("reply-to-m2"), gives_way });
    let regenerate = Opening { intent: Intent::Regenerate { reply: None }, ..submit("m2", "two") };
    for opening in [edit("m2", "three"), edit("m1", "three"), regenerate] {
        assert_eq!(past.place(opening, HeadState::Running), busy(true));
    }
    let elsewhere = Opening { shown_before: vec![id("reply-to-m1")], ..submit("m3", "three") };
    assert_eq!(past.place(elsewhere, HeadState::Running), busy(false));
}

#[test]
fn a_message_may_branch_from_an_earlier_one() {
    let past = Past::new().exchange("m1", "one", Status::Complete).exchange("m2", "two", Status::Complete);
    let mut opening = submit("m3", "three");
    let behind = |parent| Intent::Submit { parent: Some(parent), edited: None };
    opening.intent = behind(Parent::Message(id("reply-to-m1")));
    assert_eq!(
        past.place(opening.clone(), HeadState::Ended),
        Ok(Placement::NewMessage { parent: Some(id("reply-to-m1")) })
    );
    opening.intent = behind(Parent::Message(id("nowhere")));
    assert_eq!(past.place(opening.clone(), HeadState::Ended), Err(PlacementError::UnknownMessage));
    opening.intent = behind(Parent::Nothing);
    assert_eq!(past.place(opening, HeadState::Ended), Ok(Placement::NewMessage { parent: None }));
}

#[test]
fn a_regenerated_reply_answers_the_same_message() {
    let past = Past::new().exchange("m1", "one", Status::Complete).exchange("m2", "two", Status::Complete);
    for (named, answered) in [(None, "stored-m2"), (Some("reply-to-m1"), "stored-m1"), (Some("m1"), "stored-m1")] {
        let mut opening = submit("m2", "two");
        opening.intent = Intent::Regenerate { reply: named.map(id) };
        assert_eq!(past.place(opening, HeadState::Ended), Ok(Placement::NewReply { to: id(answered) }));
    }
}

#[test]
fn regenerating_a_message_that_never_arrived_stores_it() {
    let mut opening = submit("m2", "hello?");
    opening.intent = Intent::Regenerate { reply: None };
    assert_eq!(Past::new().place(opening.clone(), HeadState::Ended), Ok(Placement::NewMessage { parent: None }));
    let past = Past::new().exchange("m1", "hello", Status::Complete);
    let placed = past.place(opening, HeadState::Ended);
    assert_eq!(placed, Ok(Placement::NewMessage { parent: Some(id("reply-to-m1")) }));
}
