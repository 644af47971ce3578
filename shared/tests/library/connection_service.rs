//! How many connections a user may have, and which of them are closed because they send too much.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use natter::caller::Caller;
use natter::conversation::Timestamp;
use natter::db::{ConnectionRecord, ConnectionStore, DynamoStore};
use natter::services::{ConnectionService, FloodGuard};
use tokio::time::sleep;

use crate::support::{MemoryStore, RecordingSink, TestDatabase, user};

const LIMIT: usize = 3;

#[tokio::test]
async fn of_many_concurrent_connections_exactly_the_limit_is_admitted() {
    let (_database, store, sink) = start().await;
    let admitted = join_all((0..25).map(|number| {
        // Each in a process of its own.
        let service = service(&store, &sink);
        async move { service.admit(&record(&format!("c{number}"))).await.unwrap() }
    }));
    let admitted = admitted.await.into_iter().filter(|admitted| *admitted).count();
    assert_eq!(admitted, LIMIT);
    let remembered = store.connections(&user("alice"), Timestamp::now()).await.unwrap();
    assert_eq!(remembered.len(), LIMIT, "those that were refused are forgotten");
}

#[tokio::test]
async fn an_ended_or_closed_connection_frees_its_slot() {
    let (_database, store, sink) = start().await;
    let service = service(&store, &sink);
    for number in 0..10 {
        let name = format!("c{number}");
        assert!(service.admit(&record(&name)).await.unwrap(), "{name}");
        if number >= LIMIT - 1 {
            let oldest = format!("c{}", number + 1 - LIMIT).parse().unwrap();
            store.delete_connection(&user("alice"), &oldest).await.unwrap();
        }
    }
    let ended = ConnectionRecord { ends_at: Timestamp::now(), ..record("c9") };
    store.put_connection(&ended).await.unwrap();
    assert!(service.admit(&record("c10")).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_closed_connection_frees_its_slot_and_an_open_or_opening_one_does_not() {
    let (store, sink) = (Arc::new(MemoryStore::default()), Arc::new(RecordingSink::default()));
    let service = service(&store, &sink);
    for name in ["open", "lost", "opening"] {
        assert!(service.admit(&record(name)).await.unwrap());
    }
    sink.close("lost");
    // The gateway answers for it as if it were closed, until its handshake has ended.
    sink.close("opening");
    let (new, handshake) = (record("new"), async {
        sleep(Duration::from_millis(500)).await;
        sink.open("opening");
    });
    assert!(tokio::join!(service.admit(&new), handshake).0.unwrap());
    assert!(!service.admit(&record("one more")).await.unwrap());
    let left = store.connections(&user("alice"), Timestamp::now()).await.unwrap();
    let left: Vec<String> = left.into_iter().map(String::from).collect();
    assert_eq!(left, ["new", "open", "opening"]);
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_connections_are_lost_can_always_reconnect() {
    let (store, sink) = (Arc::new(MemoryStore::default()), Arc::new(RecordingSink::default()));
    let service = service(&store, &sink);
    for number in 0..3 * LIMIT {
        let name = format!("c{number}");
        assert!(service.admit(&record(&name)).await.unwrap(), "{name}");
        sink.close(&name);
        sleep(Duration::from_millis(150)).await;
    }
}

#[tokio::test]
async fn a_flooding_connection_is_detected_across_processes() {
    let (store, processes) = processes();
    let flooding = caller("flooding");
    let mut found = 0;
    for process in processes.iter().cycle().take(1_000) {
        found += usize::from(process.count(&flooding).await);
    }
    assert!(found > 0 && processes.iter().any(|process| process.knows(&flooding.connection)));
    assert!(store.counted_frames() <= 1_000);
}

#[tokio::test]
async fn the_traffic_of_an_ordinary_client_never_closes_its_connection() {
    let (store, processes) = processes();
    // A page that opens, with twenty conversations.
    let page = caller("page");
    for process in processes.iter().cycle().take(100) {
        assert!(!process.count(&page).await);
    }
    // One that reads on as fast as it is answered, by the same few processes.
    let reader = caller("reader");
    for process in processes[..20].iter().cycle().take(1_300) {
        assert!(!process.count(&reader).await);
    }
    // One frame now and then is not even stored.
    let before = store.counted_frames();
    for process in &processes {
        assert!(!process.count(&caller("person")).await);
    }
    assert_eq!(store.counted_frames(), before);
}

fn processes() -> (Arc<MemoryStore>, Vec<FloodGuard>) {
    let store = Arc::new(MemoryStore::default());
    let guard = |_| FloodGuard::new(Arc::clone(&store) as _, Some(15), || Timestamp(0));
    let processes = (0..40).map(guard).collect();
    (store, processes)
}

async fn start() -> (TestDatabase, Arc<DynamoStore>, Arc<RecordingSink>) {
    let database = TestDatabase::start().await;
    let store = Arc::new(database.store());
    (database, store, Arc::default())
}

fn service<S: ConnectionStore + 'static>(store: &Arc<S>, sink: &Arc<RecordingSink>) -> ConnectionService {
    ConnectionService {
        connections: Arc::clone(store) as _,
        limit: Some((LIMIT, Arc::clone(sink) as _)),
        clock: Timestamp::now,
    }
}

fn record(name: &str) -> ConnectionRecord {
    let now = Timestamp::now();
    let ends_at = now + Duration::from_secs(600);
    ConnectionRecord {
        user: user("alice"),
        connection: name.replace(' ', "-").parse().unwrap(),
        connected_at: now,
        ends_at,
        notice_at: ends_at,
    }
}

fn caller(connection: &str) -> Caller {
    Caller {
        user: user("alice"),
        connection: connection.parse().unwrap(),
        connected_at: Timestamp(0),
        token_expires_at: None,
    }
}
