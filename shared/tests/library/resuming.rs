//! What a `resume` does after the end of a reply, and what the `abort` of one does. On a simulated clock.

use std::sync::Arc;
use std::time::Duration;

use natter::caller::Caller;
use natter::conversation::Status;
use natter::db::{ConnectionRecord, ConnectionStore};
use natter::gateway::Notifier;
use natter::llm::ModelError;
use natter::protocol::ResumeFrame;
use natter::services::{ChatService, MemoryLimits, MemoryService, Resumed};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::support::Step::{Fail, Finish, Say, Wait};
use crate::support::{
    MemoryStore, RecordingSink, ScriptedModel, Step, conversation_id, no_limits, only, send, simulated_clock, user,
};

const A_WHILE: Duration = Duration::from_secs(60);
const WORDS: usize = 40;

#[tokio::test(start_paused = true)]
async fn a_reply_delivered_to_its_end_is_not_replayed_to_a_reopened_page() {
    let unreachable = || ModelError::Unreachable("refused".to_owned());
    let broken_off = || ModelError::BrokenOff("reset".to_owned());
    for end in [Finish, Fail(unreachable), Fail(broken_off)] {
        let chat = Chat::start([Say("As far as it goes."), end]);
        chat.connects("tab").await;
        chat.begins().await.unwrap();
        chat.store.delete_connection(&user("alice"), &"tab".parse().unwrap()).await.unwrap();
        for reload in ["again", "and-again"] {
            sleep(Duration::from_millis(400)).await;
            assert!(matches!(chat.resumes(&chat.tab(reload), "r2").await, Resumed::Nothing));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_replayed_after_a_lost_connection_if_its_end_may_be_missed() {
    for (seconds, is_shown) in [(0, true), (1, true), (3, false)] {
        let chat = Chat::start([Say("A whole reply"), Finish]);
        chat.connects("tab").await;
        chat.begins().await.unwrap();
        sleep(Duration::from_secs(seconds)).await;
        chat.store.lose_connection(&user("alice"), &"tab".parse().unwrap(), simulated_clock()).await.unwrap();
        sleep(Duration::from_secs(5)).await;
        match chat.resumes(&chat.tab("back"), "r2").await {
            Resumed::Here(turn) if is_shown => turn.run(A_WHILE).await,
            Resumed::Nothing if !is_shown => continue,
            _ => panic!("lost {seconds} s behind the end"),
        }
        assert_eq!(chat.sink.text("back", "r2"), "A whole reply");
    }
}

#[tokio::test(start_paused = true)]
async fn the_abort_of_a_replaced_resume_only_ends_its_subscription() {
    let chat = Chat::talkative();
    let running = chat.begins();
    let phone = chat.tab("phone");
    sleep(Duration::from_millis(200)).await;
    assert!(matches!(chat.resumes(&phone, "r2").await, Resumed::Subscribed));
    sleep(Duration::from_millis(600)).await;
    // Frames are handled concurrently: the abort that was sent first is handled before the resume.
    let (_, later) = tokio::join!(chat.stops(&phone, "r2"), async {
        sleep(Duration::from_millis(50)).await;
        chat.resumes(&phone, "r3").await
    });
    assert!(matches!(later, Resumed::Subscribed));
    running.await.unwrap();

    assert_eq!(chat.status(), Status::Complete);
    for (connection, request) in [("tab", "r1"), ("phone", "r3")] {
        assert_eq!(chat.sink.text(connection, request), "word ".repeat(WORDS));
    }
    let frames = chat.sink.frames("phone");
    let ends: Vec<_> = frames.iter().filter(|frame| frame["requestId"] == "r2").rev().take(2).collect();
    assert_eq!((&ends[0]["type"], &ends[1]["chunk"]["type"]), (&"end".into(), &"abort".into()));
    assert!(chat.sink.text("phone", "r2").len() < 5 * WORDS, "it is fed no more");
}

#[tokio::test(start_paused = true)]
async fn a_resume_aborted_in_advance_is_skipped_if_a_later_one_replaced_it() {
    let chat = Chat::talkative();
    let running = chat.begins();
    let phone = chat.tab("phone");
    sleep(Duration::from_millis(200)).await;
    chat.stops(&phone, "r2").await;
    let (first, second) = tokio::join!(chat.resumes(&phone, "r2"), async {
        sleep(Duration::from_millis(50)).await;
        chat.resumes(&phone, "r3").await
    });
    assert!(matches!((first, second), (Resumed::Nothing, Resumed::Subscribed)));
    running.await.unwrap();
    assert_eq!((chat.status(), chat.sink.text("phone", "r3")), (Status::Complete, "word ".repeat(WORDS)));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_resumed_stops_the_turn_even_before_its_resume_arrives() {
    for comes_first in [true, false] {
        let chat = Chat::talkative();
        let running = chat.begins();
        let phone = chat.tab("phone");
        sleep(Duration::from_millis(200)).await;
        let asked = Instant::now();
        if comes_first {
            chat.stops(&phone, "r2").await;
        }
        assert!(matches!(chat.resumes(&phone, "r2").await, Resumed::Subscribed));
        if !comes_first {
            chat.stops(&phone, "r2").await;
        }
        running.await.unwrap();
        assert!(asked.elapsed() < Duration::from_secs(1), "stopped behind {:?}", asked.elapsed());
        assert_eq!(chat.status(), Status::Stopped);
        assert_eq!(chat.sink.frames("phone").pop().unwrap()["type"], "end");
    }
}

#[tokio::test(start_paused = true)]
async fn the_sender_stops_the_turn_even_if_others_resumed_it() {
    let chat = Chat::talkative();
    let running = chat.begins();
    let tab = chat.tab("tab");
    sleep(Duration::from_millis(200)).await;
    assert!(matches!(chat.resumes(&tab, "r2").await, Resumed::Subscribed));
    chat.stops(&tab, "r1").await;
    running.await.unwrap();
    assert_eq!(chat.status(), Status::Stopped);
}

/// Turns on a simulated clock, with stores and a gateway in memory.
struct Chat {
    store: MemoryStore,
    sink: Arc<RecordingSink>,
    service: Arc<ChatService>,
}

impl Chat {
    fn start(script: impl IntoIterator<Item = Step>) -> Self {
        let (store, sink) = (MemoryStore::default(), Arc::new(RecordingSink::default()));
        let service = ChatService {
            store: Arc::new(store.clone()),
            history: Arc::new(store.clone()),
            catalog: only(Arc::new(ScriptedModel::new(script)), ""),
            notifier: Notifier {
                sink: Arc::clone(&sink) as _,
                connections: Arc::new(store.clone()),
                clock: simulated_clock,
            },
            allowances: no_limits(store.clone()),
            memory: MemoryService::new(MemoryLimits { messages: 10, tokens: 1000 }),
            lease_time: Duration::from_secs(15),
            titles: None,
            clock: simulated_clock,
        };
        Self { store, sink, service: Arc::new(service) }
    }

    /// With a model that says a token every twentieth of a second.
    fn talkative() -> Self {
        let words = std::iter::repeat_n([Say("word "), Wait(Duration::from_millis(50))], WORDS);
        Self::start(words.flatten().chain([Finish]))
    }

    async fn connects(&self, connection: &str) {
        let now = simulated_clock();
        let ends_at = now + Duration::from_secs(7200);
        let record = ConnectionRecord {
            user: user("alice"),
            connection: connection.parse().unwrap(),
            connected_at: now,
            ends_at,
            notice_at: ends_at,
        };
        self.store.put_connection(&record).await.unwrap();
    }

    /// A connection that is opened now.
    fn tab(&self, connection: &str) -> Caller {
        Caller {
            user: user("alice"),
            connection: connection.parse().unwrap(),
            connected_at: simulated_clock(),
            token_expires_at: None,
        }
    }

    /// Sends a message as the request `r1` of the connection `tab`, and writes the reply.
    fn begins(&self) -> JoinHandle<()> {
        let (service, tab) = (Arc::clone(&self.service), self.tab("tab"));
        tokio::spawn(async move {
            let turn = service.begin(&tab, send("r1", "c", "m1", "Talk")).await.unwrap().unwrap();
            turn.run(A_WHILE).await;
        })
    }

    async fn resumes(&self, caller: &Caller, request: &str) -> Resumed {
        let frame = ResumeFrame { request_id: request.parse().unwrap(), conversation_id: conversation_id("c") };
        self.service.resume(caller, &frame).await.unwrap()
    }

    async fn stops(&self, caller: &Caller, request: &str) {
        self.service.stop(caller, &request.parse().unwrap()).await.unwrap();
    }

    fn status(&self) -> Status {
        self.store.messages().pop().unwrap().message.status
    }
}
