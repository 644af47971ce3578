use std::sync::Arc;
use std::time::Duration;

use natter::agents::{ChatAgent, StepLimits};
use natter::allowance::{Allowance, UsageLimits};
use natter::caller::Caller;
use natter::conversation::{Clock, MessageId, Timestamp};
use natter::db::{AllowanceStore, ConnectionRecord, ConnectionStore, DynamoStore, StoredMessage, TurnStore};
use natter::error::ChatError;
use natter::gateway::Notifier;
use natter::llm::RetryingModel;
use natter::protocol::{ClientFrame, Operation, SendFrame};
use natter::services::{
    AllowanceService, ChatService, ConversationService, MemoryLimits, MemoryService, PAGE_BYTES, TitleService,
};
use natter::tools::Toolbox;
use serde_json::Value;

use super::{RecordingSink, ScriptedModel, Step, TestDatabase, conversation_id, no_limits, only, user, with_agent};

/// The lease time, in tests.
pub const LEASE: Duration = Duration::from_secs(2);

/// What the gateway posts at most, less what is around an answer.
const POST_BYTES: usize = 127 * 1024;

/// How long a function may run, in tests.
const FUNCTION_TIME: Duration = Duration::from_secs(60);

/// A chat service and the one who talks to it: alice, in the connection `tab`.
pub struct Chat {
    pub database: Arc<TestDatabase>,
    pub model: Arc<ScriptedModel>,
    pub sink: Arc<RecordingSink>,
    pub service: Arc<ChatService>,
    pub conversations: Arc<ConversationService>,
    pub caller: Caller,
}

impl Chat {
    pub async fn with_model(script: impl IntoIterator<Item = Step>) -> Self {
        Self::with(script, RecordingSink::default()).await
    }

    /// A model that does something else each time it is called.
    pub async fn with_models(scripts: impl IntoIterator<Item = Vec<Step>>) -> Self {
        let database = Arc::new(TestDatabase::start().await);
        Self::assemble(database, ScriptedModel::in_turn(scripts), Arc::default(), "alice")
    }

    pub async fn with(script: impl IntoIterator<Item = Step>, sink: RecordingSink) -> Self {
        let database = Arc::new(TestDatabase::start().await);
        Self::of(database, script, Arc::new(sink), "alice")
    }

    fn of(
        database: Arc<TestDatabase>,
        script: impl IntoIterator<Item = Step>,
        sink: Arc<RecordingSink>,
        name: &str,
    ) -> Self {
        Self::assemble(database, ScriptedModel::new(script), sink, name)
    }

    fn assemble(database: Arc<TestDatabase>, model: ScriptedModel, sink: Arc<RecordingSink>, name: &str) -> Self {
        let model = Arc::new(model);
        let notifier =
            Notifier { sink: Arc::clone(&sink) as _, connections: Arc::new(database.store()), clock: Timestamp::now };
        let catalog = only(Arc::clone(&model) as _, "Be kind.");
        let conversations = Arc::new(ConversationService {
            store: Arc::new(database.store()),
            turns: Arc::new(database.store()),
            notifier: notifier.clone(),
            lease_time: LEASE,
            catalog: Arc::clone(&catalog),
            page_bytes: PAGE_BYTES,
            clock: Timestamp::now,
        });
        let service = ChatService {
            store: Arc::new(database.store()),
            history: Arc::new(database.store()),
            catalog,
            notifier,
            allowances: no_limits(database.store()),
            memory: MemoryService::new(MemoryLimits { messages: 20, tokens: 1000 }),
            lease_time: LEASE,
            titles: None,
            clock: Timestamp::now,
        };
        let caller = Caller {
            user: user(name),
            connection: "tab".parse().unwrap(),
            connected_at: Timestamp::now(),
            token_expires_at: None,
        };
        Self { database, model, sink, service: Arc::new(service), conversations, caller }
    }

    /// The same conversation with another model.
    pub fn with_next_model(self, script: impl IntoIterator<Item = Step>) -> Self {
        Self::of(self.database, script, self.sink, "alice")
    }

    pub fn as_user(&self, name: &str) -> Self {
        Self {
            database: Arc::clone(&self.database),
            model: Arc::clone(&self.model),
            sink: Arc::clone(&self.sink),
            service: Arc::clone(&self.service),
            conversations: Arc::clone(&self.conversations),
            caller: Caller { user: user(name), ..self.caller.clone() },
        }
    }

    /// The same, with pages of so many bytes.
    pub fn with_page_bytes(&self, page_bytes: usize) -> Self {
        let ConversationService { store, turns, notifier, catalog, .. } = &*self.conversations;
        let conversations = ConversationService {
            store: Arc::clone(store),
            turns: Arc::clone(turns),
            notifier: notifier.clone(),
            catalog: Arc::clone(catalog),
            page_bytes,
            ..*self.conversations
        };
        Self { conversations: Arc::new(conversations), ..self.as_user(self.caller.user.as_str()) }
    }

    /// The same, with a model that is asked again when it fails before its first token.
    pub fn with_patience(self) -> Self {
        let Ok(service) = Arc::try_unwrap(self.service) else { panic!("the service is in use") };
        let catalog = only(Arc::new(RetryingModel::new(Arc::clone(&self.model) as _)), "Be kind.");
        Self { service: Arc::new(ChatService { catalog, ..service }), ..self }
    }

    /// The same, with an agent that has these tools.
    pub fn with_tools(self, tools: Toolbox, limits: StepLimits) -> Self {
        let Ok(service) = Arc::try_unwrap(self.service) else { panic!("the service is in use") };
        let agent = ChatAgent::new("Be kind.".to_owned()).with_tools(tools).with_limits(limits);
        let catalog = with_agent(Arc::clone(&self.model) as _, agent);
        Self { service: Arc::new(ChatService { catalog, ..service }), ..self }
    }

    /// The same at another time.
    pub fn with_clock(self, clock: Clock) -> Self {
        let Ok(service) = Arc::try_unwrap(self.service) else { panic!("the service is in use") };
        Self { service: Arc::new(ChatService { clock, ..service }), ..self }
    }

    /// The same, with the model naming conversations.
    pub fn with_titles(self) -> Self {
        let Ok(service) = Arc::try_unwrap(self.service) else { panic!("the service is in use") };
        let titles = TitleService {
            model: Arc::clone(&self.model) as _,
            store: Arc::new(self.database.store()),
            notifier: service.notifier.clone(),
        };
        Self { service: Arc::new(ChatService { titles: Some(Arc::new(titles)), ..service }), ..self }
    }

    /// The same, with limits.
    pub fn with_limits(self, limits: UsageLimits) -> Self {
        let store = self.database.store();
        self.reaching(store, limits)
    }

    /// The same, with limits, and with turns and allowances kept in a store that is reached at another address.
    pub fn with_limits_at(self, url: &str, limits: UsageLimits) -> Self {
        let store = self.database.store_at(url);
        self.reaching(store, limits)
    }

    fn reaching(self, store: DynamoStore, limits: UsageLimits) -> Self {
        let Ok(service) = Arc::try_unwrap(self.service) else { panic!("the service is in use") };
        let allowances = AllowanceService { limits, store: Arc::new(store.clone()), clock: Timestamp::now };
        let service = ChatService { store: Arc::new(store), allowances: Arc::new(allowances), ..service };
        Self { service: Arc::new(service), ..self }
    }

    /// Where conversations are kept.
    pub fn store(&self) -> DynamoStore {
        self.database.store()
    }

    /// What the caller has used.
    pub async fn allowance(&self) -> Allowance {
        self.database.store().allowance(&self.caller.user).await.unwrap()
    }

    /// Where the database is.
    pub fn database_url(&self) -> &str {
        &self.database.url
    }

    /// Asks for an operation and returns what it is answered with, once all is done that it brings about.
    pub async fn asks(&self, operation: Operation) -> Result<Value, ChatError> {
        let performed = self.conversations.perform(&self.caller, &operation, FUNCTION_TIME).await?;
        performed.afterwards.await;
        let answer = serde_json::to_string(&performed.result).unwrap();
        assert!(answer.len() < POST_BYTES, "an answer of {} bytes", answer.len());
        Ok(serde_json::from_str(&answer).unwrap())
    }

    /// Sends a message and waits for the end of the reply.
    pub async fn says(&self, frame: SendFrame) -> Result<(), ChatError> {
        if let Some(turn) = self.service.begin(&self.caller, frame).await? {
            turn.run(Duration::from_secs(60)).await;
        }
        Ok(())
    }

    /// Answers the open calls of a reply and waits for what follows.
    pub async fn answers(&self, frame: &Value) -> Result<(), ChatError> {
        let frame = ClientFrame::decode(&frame.to_string()).map_err(|invalid| invalid.error)?;
        let ClientFrame::Answer(frame) = frame else { panic!("an answer") };
        if let Some(turn) = self.service.answer(&self.caller, &frame).await? {
            turn.run(Duration::from_secs(60)).await;
        }
        Ok(())
    }

    /// Sends a message and waits for the first text of the reply, which goes on by itself.
    pub async fn begins(&self, frame: SendFrame) -> tokio::task::JoinHandle<()> {
        let request = frame.request_id.clone();
        let turn = self.service.begin(&self.caller, frame).await.unwrap().unwrap();
        let running = tokio::spawn(turn.run(Duration::from_secs(60)));
        let shown = async {
            while self.sink.text("tab", request.as_str()).is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), shown).await.expect("the reply begins");
        running
    }

    /// How many segments of long replies are stored.
    pub async fn segments(&self) -> usize {
        self.database.count("MSG#").await - self.stored().await.len()
    }

    /// Where connections are remembered.
    pub fn connections(&self) -> DynamoStore {
        self.database.store()
    }

    /// Opens a connection.
    pub async fn connects(&self, name: &str, connection: &str) {
        let now = Timestamp::now();
        let record = ConnectionRecord {
            user: user(name),
            connection: connection.parse().unwrap(),
            connected_at: now,
            ends_at: now + Duration::from_secs(60),
            notice_at: now + Duration::from_secs(30),
        };
        self.connections().put_connection(&record).await.unwrap();
    }

    /// All messages of the conversation `c`, oldest first.
    pub async fn stored(&self) -> Vec<StoredMessage> {
        let store = self.database.store();
        let mut stored = store.open(&self.caller.user, &conversation_id("c"), None, 100).await.unwrap().recent;
        stored.reverse();
        stored
    }

    pub async fn head(&self) -> MessageId {
        let opened = self.database.store().open(&self.caller.user, &conversation_id("c"), None, 1).await.unwrap();
        opened.conversation.unwrap().head_message_id
    }

    /// What somebody does who finds the lease expired.
    pub async fn closes_as_abandoned(&self) {
        let reply = self.stored().await.pop().unwrap();
        let turn = natter::turn::TurnKey {
            user_id: self.caller.user.clone(),
            conversation_id: conversation_id("c"),
            message_id: reply.message.id,
        };
        self.database.store().close_abandoned(&turn, &reply.lease.unwrap(), "somebody else", &[]).await.unwrap();
    }
}
