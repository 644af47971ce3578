use std::sync::{Arc, Once};
use std::time::Duration;

use natter::agents::ChatAgent;
use natter::allowance::UsageLimits;
use natter::caller::Caller;
use natter::conversation::{Price, Timestamp};
use natter::gateway::Notifier;
use natter::llm::{FallbackModel, LanguageModel, RetryingModel};
use natter::protocol::{Choice, ClientFrame};
use natter::services::{
    AgentChoice, AgentSource, AllowanceService, Catalog, ChatService, MemoryLimits, MemoryService, ModelChoice, Turn,
};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::database::{self, CONVERSATION, USER};
use super::gateway::UnsentPosts;
use super::model::ScriptedServer;

/// How many exchanges come before a turn whose beginning is counted: the window of a prompt is full then.
pub const PAST_EXCHANGES: usize = 20;

/// A turn whose model says so many tokens, 50 a second.
pub struct ScriptedTurn {
    runtime: Runtime,
    service: ChatService,
    caller: Caller,
    frame: String,
    /// What it posted, both times.
    pub sink: Arc<UnsentPosts>,
}

impl ScriptedTurn {
    /// The first of its conversation, which was run once already, so that what a process does only once is done.
    pub fn of(tokens: usize) -> Self {
        let turn = Self::new(tokens, 0);
        turn.runtime.block_on(turn.write());
        turn
    }

    /// One behind so many exchanges, all of which its client shows, which was begun once already.
    pub fn after(exchanges: usize) -> Self {
        let turn = Self::new(1, exchanges);
        turn.runtime.block_on(turn.start());
        turn
    }

    fn new(tokens: usize, exchanges: usize) -> Self {
        static LOG: Once = Once::new();
        LOG.call_once(natter::logging::init);
        let caller = Caller {
            user: USER.parse().unwrap(),
            connection: "PYS8KdJ2DoECHdw=".parse().unwrap(),
            connected_at: Timestamp::now(),
            token_expires_at: None,
        };
        let sink = Arc::new(UnsentPosts::new());
        let service = service(tokens, exchanges, Arc::clone(&sink));
        Self { runtime: paused_runtime(), service, caller, frame: frame(exchanges), sink }
    }

    /// From the client's frame to the end of all that the turn does. Callgrind knows it by its name.
    #[inline(never)]
    pub fn run(&self) {
        self.runtime.block_on(self.write());
    }

    /// From the client's frame to where the turn is stored and its model called.
    #[inline(never)]
    pub fn begin(&self) {
        drop(self.runtime.block_on(self.start()));
    }

    async fn write(&self) {
        self.start().await.run(Duration::from_secs(900)).await;
    }

    async fn start(&self) -> Turn {
        let Ok(ClientFrame::Send(frame)) = ClientFrame::decode(&self.frame) else { panic!("the frame is refused") };
        let turn = self.service.begin(&self.caller, frame).await;
        turn.expect("the turn begins").expect("a reply is to be written")
    }
}

// The stock client sends all that it shows.
fn frame(exchanges: usize) -> String {
    let message =
        |id: String, role: &str, text: &str| json!({"id": id, "role": role, "parts": [{"type": "text", "text": text}]});
    // Of its own messages it shows its own ids.
    let own = |number: usize, text: &str| message(format!("message-{number}"), "user", text);
    let shown = (0..2 * exchanges).map(|number| match number % 2 {
        0 => own(number, &" words".repeat(10)),
        _ => message(database::id(number), "assistant", &" words".repeat(80)),
    });
    let messages: Vec<Value> = shown.chain([own(2 * exchanges, "Tell me.")]).collect();
    let messages = Value::from(messages);
    // As the stock client writes it.
    format!(
        r#"{{"type":"send","requestId":"q8ZkT3xV1mB7","id":"{CONVERSATION}","trigger":"submit-message",
            "messages":{messages},"headers":{{}},"body":{{}}}}"#
    )
}

/// A runtime whose clock goes on, to the next moment that is waited for, when there is nothing left to do.
pub fn paused_runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

fn service(tokens: usize, exchanges: usize, sink: Arc<UnsentPosts>) -> ChatService {
    let store = Arc::new(database::store(exchanges));
    let model = RetryingModel::new(Arc::new(FallbackModel::new(Arc::new(ScriptedServer::saying(tokens)), Vec::new())));
    let prices = Arc::new([(model.name().to_owned(), Price { input: 0.15, output: 0.6, cached_input: None })].into());
    let choice = Choice { id: "assistant".to_owned(), name: "Assistant".to_owned(), description: None };
    let agent =
        AgentChoice { choice, agent: Arc::new(ChatAgent::new("Be kind.".to_owned())), model: None, is_listed: true };
    let model = ModelChoice { model: Arc::new(model), prices, first_part: Arc::default() };
    let limits = UsageLimits { messages_per_minute: Some(20), concurrent_turns: Some(4), ..UsageLimits::default() };
    ChatService {
        store: Arc::clone(&store) as _,
        history: Arc::clone(&store) as _,
        catalog: Arc::new(Catalog::new(vec![model], AgentSource::fixed(vec![agent]))),
        notifier: Notifier { sink, connections: Arc::clone(&store) as _, clock: Timestamp::now },
        allowances: Arc::new(AllowanceService { limits, store, clock: Timestamp::now }),
        memory: MemoryService::new(MemoryLimits { messages: 20, tokens: 4000 }),
        lease_time: Duration::from_secs(15),
        titles: None,
        clock: Timestamp::now,
    }
}

#[test]
fn the_scripted_turn_completes() {
    let turn = ScriptedTurn::of(200);
    let before = turn.sink.posts();
    turn.run();
    assert_eq!(turn.sink.posts() - before, 56);
    assert_eq!(turn.sink.last(), r#"{"type":"end","requestId":"q8ZkT3xV1mB7"}"#);
}
