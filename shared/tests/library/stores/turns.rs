//! Turns that a contract begins and saves.

use std::time::Duration;

use natter::conversation::{Conversation, Status, Timestamp, UserId};
use natter::db::{Delivered, NewTurn, Save, SavedContent, Signals, StoreError, TurnStore};
use natter::reply::Reply;
use natter::turn::{Lease, Subscriber, TurnKey};

use crate::support::{conversation_id, new_turn, user};

/// The lease of another owner.
pub fn other_lease() -> Lease {
    Lease { attempt: 2, ..Lease::first("somebody else".to_owned(), Timestamp(9_000_000_000_000)) }
}

pub async fn begun(store: &impl TurnStore, request: &str) -> NewTurn {
    let turn = new_turn(&user("alice"), request, None);
    store.begin_turn(&turn).await.unwrap();
    turn
}

pub async fn head(store: &impl TurnStore, name: &str) -> Conversation {
    let user: UserId = user(name);
    store.open(&user, &conversation_id("c"), None, 1).await.unwrap().conversation.unwrap()
}

pub async fn status(store: &impl TurnStore, turn: &NewTurn) -> Status {
    store.reply(&key(turn)).await.unwrap().unwrap().message.status
}

/// A save under the lease of the turn, renewed once more than what is stored.
pub async fn save(store: &impl TurnStore, turn: &NewTurn, reply: &Reply) -> Result<Signals, StoreError> {
    let stored = store.reply(&key(turn)).await.unwrap().unwrap().lease.unwrap();
    let lease = Lease { renewals: stored.renewals + 1, ..turn.lease.clone() };
    store.save_turn(saving(turn, &lease, reply, Some(0))).await
}

/// The same, after which the turn has the lease that is stored.
pub async fn save_next(store: &impl TurnStore, turn: &mut NewTurn, reply: &Reply) -> Result<Signals, StoreError> {
    turn.lease = turn.lease.renewed(turn.lease.expires_at + Duration::from_secs(1));
    store.save_turn(saving(turn, &turn.lease, reply, Some(0))).await
}

/// A save behind so many segments; `None` keeps what an earlier attempt has stored.
pub fn saving<'a>(turn: &NewTurn, lease: &'a Lease, reply: &'a Reply, segments: Option<u32>) -> Save<'a> {
    Save {
        turn: Box::leak(Box::new(key(turn))),
        lease,
        content: segments.map(|segments| SavedContent { segments, tail: &reply.entries }),
        dismissed: &[],
        ending: reply.ending,
        model: reply.model.as_deref(),
        usage: reply.usage,
        cost: reply.cost,
        timings: reply.timings,
    }
}

pub fn key(turn: &NewTurn) -> TurnKey {
    TurnKey {
        user_id: turn.reply.user_id.clone(),
        conversation_id: turn.reply.conversation_id.clone(),
        message_id: turn.reply.id.clone(),
    }
}

/// Marks the end of a turn as delivered by its first owner.
pub async fn deliver(store: &impl TurnStore, turn: &NewTurn, missed: bool, waits_until: Option<Timestamp>) {
    let (turn, owner) = (&key(turn), turn.lease.owner.as_str());
    store.mark_delivered(Delivered { turn, owner, missed, waits_until }).await.unwrap();
}

pub fn subscriber(request: &str) -> Subscriber {
    Subscriber { connection: "connection".parse().unwrap(), request: request.parse().unwrap() }
}
