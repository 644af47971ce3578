//! What it costs to keep a reply, counted.

use std::sync::Arc;
use std::time::Duration;

use natter::caller::Caller;
use natter::conversation::Timestamp;
use natter::gateway::Notifier;
use natter::services::{ChatService, MemoryLimits, MemoryService};

use crate::support::Step::{Finish, Say, Wait};
use crate::support::{MemoryStore, RecordingSink, ScriptedModel, no_limits, only, send, user};

#[tokio::test(start_paused = true)]
async fn saves_write_bytes_in_proportion_to_the_reply() {
    let (short, long) = (bytes_saved(400).await, bytes_saved(1600).await);
    assert!(long <= short * 9 / 2, "{short} bytes for 400 deltas, {long} for four times as many");
}

/// The bytes that all saves of a reply have written, at 20 deltas of 100 bytes a second.
async fn bytes_saved(deltas: usize) -> usize {
    const SENTENCE: &str =
        "A sentence of a hundred bytes, which a model says in a twentieth of a second, and then the next one. ";
    let script = std::iter::repeat_n([Say(SENTENCE), Wait(Duration::from_millis(50))], deltas).flatten();
    let store = MemoryStore::default();
    let service = ChatService {
        store: Arc::new(store.clone()),
        history: Arc::new(store.clone()),
        catalog: only(Arc::new(ScriptedModel::new(script.chain([Finish]))), ""),
        notifier: Notifier {
            sink: Arc::new(RecordingSink::default()),
            connections: Arc::new(store.clone()),
            clock: Timestamp::now,
        },
        allowances: no_limits(store.clone()),
        memory: MemoryService::new(MemoryLimits { messages: 10, tokens: 1000 }),
        lease_time: Duration::from_secs(15),
        titles: None,
        clock: Timestamp::now,
    };
    let caller = Caller {
        user: user("alice"),
        connection: "tab".parse().unwrap(),
        connected_at: Timestamp::now(),
        token_expires_at: None,
    };
    let turn = service.begin(&caller, send("r1", "c", "m1", "Talk")).await.unwrap().unwrap();
    turn.run(Duration::from_secs(900)).await;
    let reply = store.messages().pop().unwrap().message;
    assert_eq!(reply.content(), SENTENCE.repeat(deltas));
    store.bytes_saved()
}
