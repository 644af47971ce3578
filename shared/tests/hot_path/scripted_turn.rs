use std::sync::{Arc, Once};
use std::time::Duration;

use natter::agents::ChatAgent;
use natter::allowance::UsageLimits;
use natter::caller::Caller;
use natter::conversation::{Price, Timestamp};
use natter::gateway::Notifier;
use natter::llm::{FallbackModel, LanguageModel, RetryingModel};
use natter::protocol::{Choice, ClientFrame};
use natter::services::{AgentChoice, AllowanceService, ChatService, Choices, MemoryLimits, MemoryService, ModelChoice};
use tokio::runtime::{Builder, Runtime};

use super::database;
use super::gateway::UnsentPosts;
use super::model::ScriptedServer;

const FRAME: &str = r#"{"type":"send","requestId":"q8ZkT3xV1mB7","id":"0192f6b0-7c1a-7d3e-9a4b-3f2a1c0d9e8f",
    "trigger":"submit-message","messages":[{"id":"mUa2TqzWkP4x","role":"user","parts":[{"type":"text","text":"Tell me."}]}],
    "headers":{},"body":{}}"#;

/// A turn whose model says so many tokens, 50 a second.
pub struct ScriptedTurn {
    runtime: Runtime,
    service: ChatService,
    caller: Caller,
    /// What it posted, both times.
    pub sink: Arc<UnsentPosts>,
}

impl ScriptedTurn {
    /// One that was run once already, so that what a process does only once is done.
    pub fn of(tokens: usize) -> Self {
        static LOG: Once = Once::new();
        LOG.call_once(natter::logging::init);
        let caller = Caller {
            user: "auth0|5f7c8ec7c33c6c004bbafe82".parse().unwrap(),
            connection: "PYS8KdJ2DoECHdw=".parse().unwrap(),
            connected_at: Timestamp::now(),
            token_expires_at: None,
        };
        let sink = Arc::new(UnsentPosts::new());
        let turn = Self { runtime: paused_runtime(), service: service(tokens, Arc::clone(&sink)), caller, sink };
        turn.runtime.block_on(turn.write());
        turn
    }

    /// From the client's frame to the end of all that the turn does. Callgrind knows it by its name.
    #[inline(never)]
    pub fn run(&self) {
        self.runtime.block_on(self.write());
    }

    async fn write(&self) {
        let Ok(ClientFrame::Send(frame)) = ClientFrame::decode(FRAME) else { panic!("the frame is refused") };
        let turn = self.service.begin(&self.caller, frame).await;
        turn.expect("the turn begins").expect("a reply is to be written").run(Duration::from_secs(900)).await;
    }
}

/// A runtime whose clock goes on, to the next moment that is waited for, when there is nothing left to do.
pub fn paused_runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

fn service(tokens: usize, sink: Arc<UnsentPosts>) -> ChatService {
    let store = Arc::new(database::store());
    let model = RetryingModel::new(Arc::new(FallbackModel::new(Arc::new(ScriptedServer::saying(tokens)), Vec::new())));
    let prices = Arc::new([(model.name().to_owned(), Price { input: 0.15, output: 0.6 })].into());
    let choice = Choice { id: "assistant".to_owned(), name: "Assistant".to_owned(), description: None };
    let agent = AgentChoice { choice, agent: Arc::new(ChatAgent::new("Be kind.".to_owned())) };
    let model = ModelChoice { model: Arc::new(model), prices, first_part: Arc::default() };
    let limits = UsageLimits { messages_per_minute: Some(20), concurrent_turns: Some(4), ..UsageLimits::default() };
    ChatService {
        store: Arc::clone(&store) as _,
        history: Arc::clone(&store) as _,
        choices: Choices::new(vec![model], vec![agent]),
        notifier: Notifier { sink, connections: Arc::clone(&store) as _, clock: Timestamp::now },
        allowances: Arc::new(AllowanceService { limits, store, clock: Timestamp::now }),
        memory: MemoryService::new(MemoryLimits { messages: 20, tokens: 4000 }),
        lease_time: Duration::from_secs(15),
        titles: None,
        clock: Timestamp::now,
    }
}

#[test]
fn the_scripted_turn_comes_to_its_end_as_any_other() {
    let turn = ScriptedTurn::of(200);
    let before = turn.sink.posts();
    turn.run();
    assert_eq!(turn.sink.posts() - before, 56);
    assert_eq!(turn.sink.last(), r#"{"type":"end","requestId":"q8ZkT3xV1mB7"}"#);
}
