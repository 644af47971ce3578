//! What a `resume` comes to behind the end of a reply. The clock stands still but for what is waited for.

use std::sync::Arc;
use std::time::Duration;

use natter::caller::Caller;
use natter::db::{ConnectionRecord, ConnectionStore};
use natter::llm::ModelError;
use natter::protocol::ResumeFrame;
use natter::services::{ChatService, MemoryLimits, MemoryService, Notifier, Resumed};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::support::Step::{Fail, Finish, Say};
use crate::support::{
    MemoryStore, RecordingSink, ScriptedModel, Step, conversation_id, no_limits, only, send, simulated_clock, user,
};

const A_WHILE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_reply_that_was_followed_to_its_end_is_not_shown_again_when_its_page_was_closed_and_is_back() {
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
async fn a_reply_whose_follower_broke_off_is_shown_again_if_its_end_can_have_been_missed() {
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
            choices: only(Arc::new(ScriptedModel::new(script)), ""),
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
}
