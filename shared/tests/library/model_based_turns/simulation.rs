use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use natter::agents::ChatAgent;
use natter::allowance::UsageLimits;
use natter::caller::Caller;
use natter::conversation::Timestamp;
use natter::error::ErrorCode;
use natter::gateway::{Notifier, PostError};
use natter::llm::{Delta, ModelError};
use natter::protocol::{ResumeFrame, SendFrame};
use natter::services::{AllowanceService, ChatService, MemoryLimits, MemoryService, Resumed, Turn};
use natter::turn::FinishReason;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::expectation::{CLIENTS, Event, Expectation};
use crate::support::{
    Freezer, MemoryStore, PuppetModel, RecordingSink, conversation_id, reset_simulated_clock, send, simulated_clock,
    user, with_agent,
};

pub(super) const LEASE: Duration = Duration::from_secs(10);
const FUNCTION_TIME: Duration = Duration::from_secs(900);

/// Limits that nobody reaches, so that turns are counted.
const WIDE: UsageLimits = UsageLimits {
    messages_per_minute: None,
    concurrent_turns: Some(1_000),
    daily_messages: Some(1_000),
    daily_tokens: None,
    daily_dollars: None,
    daily_spend_cap: None,
};

/// The services on a simulated clock, with a store and a gateway in memory and a scripted model.
pub struct Simulation {
    pub(super) runtime: Runtime,
    pub(super) store: MemoryStore,
    pub(super) sink: Arc<RecordingSink>,
    pub(super) model: Arc<PuppetModel>,
    pub(super) service: Arc<ChatService>,
    pub(super) functions: Vec<(JoinHandle<()>, Freezer)>,
    pub(super) clients: [Client; CLIENTS],
    words: usize,
    requests: usize,
    // The most bytes that were stored of each reply.
    pub(super) longest: BTreeMap<String, usize>,
    // Requests that were taken, each with its connection.
    pub(super) asked: Vec<(String, String)>,
    // Messages whose stop came before them.
    pub(super) stopped_early: Vec<String>,
}

/// A client as far as a test has to remember it.
#[derive(Default)]
pub(super) struct Client {
    connections: usize,
    last_send: Option<SendFrame>,
    last_request: Option<String>,
    // Messages that were accepted, by the client's id.
    pub(super) accepted: Vec<(String, String)>,
}

impl Simulation {
    pub fn start() -> Self {
        Self::with(MemoryStore::default(), ChatAgent::new("Be kind.".to_owned()))
    }

    pub(super) fn with(store: MemoryStore, agent: ChatAgent) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async { reset_simulated_clock() });
        let sink = Arc::new(RecordingSink::with_delay(Duration::from_millis(10)));
        let model = Arc::new(PuppetModel::default());
        let service = Arc::new(ChatService {
            store: Arc::new(store.clone()),
            history: Arc::new(store.clone()),
            catalog: with_agent(Arc::clone(&model) as _, agent),
            notifier: Notifier {
                sink: Arc::clone(&sink) as _,
                connections: Arc::new(store.clone()),
                clock: simulated_clock,
            },
            allowances: Arc::new(AllowanceService {
                limits: WIDE,
                store: Arc::new(store.clone()),
                clock: simulated_clock,
            }),
            memory: MemoryService::new(MemoryLimits { messages: 100, tokens: 100_000 }),
            lease_time: LEASE,
            titles: None,
            clock: simulated_clock,
        });
        Self {
            runtime,
            store,
            sink,
            model,
            service,
            functions: Vec::new(),
            clients: Default::default(),
            words: 0,
            requests: 0,
            longest: BTreeMap::new(),
            asked: Vec::new(),
            stopped_early: Vec::new(),
        }
    }

    pub fn apply(&mut self, expected: &Expectation, event: Event) {
        self.perform(expected, event);
        self.check_step();
    }

    pub(super) fn perform(&mut self, expected: &Expectation, event: Event) {
        match event {
            Event::Send { client } => {
                let name = format!("m{client}.{}", expected.sent[client]);
                self.send(client, &name);
            }
            Event::SendAgain { client } => {
                let last = self.clients[client].last_send.clone().expect("something was sent");
                self.send(client, last.opening.client_id.as_str());
            }
            Event::SendFirstAgain { client } => self.send(client, &format!("m{client}.1")),
            Event::ReuseRequest { client } => {
                let request = self.clients[client].last_send.clone().expect("something was sent").request_id;
                let frame = send(request.as_str(), "c", "another", "text of another");
                // A connection that was opened since has not used it.
                let is_known = self.asked.contains(&(self.connection(client), request.to_string()));
                if is_known {
                    let refused = self.runtime.block_on(self.service.begin(&self.caller(client), frame));
                    let code = refused.err().map(|error| error.code);
                    let typed = [Some(ErrorCode::InvalidFrame), Some(ErrorCode::ConversationBusy)];
                    assert!(typed.contains(&code), "{request} is used twice: {code:?}");
                }
            }
            Event::StopEarly { client } => {
                let (caller, request) = (self.caller(client), self.new_request(client));
                self.runtime.block_on(self.service.stop(&caller, &request.parse().unwrap())).unwrap();
                let name = format!("m{client}.{}", expected.sent[client]);
                let frame = send(&request, "c", &name, &format!("text of {name}"));
                self.clients[client].last_send = Some(frame.clone());
                if self.deliver(client, frame) {
                    self.stopped_early.push(name);
                }
            }
            Event::Redeliver { client } => {
                let last = self.clients[client].last_send.clone().expect("something was sent");
                self.deliver(client, last);
            }
            Event::Resume { client } => self.resume(client),
            Event::Stop { client } => {
                if let Some(request) = self.clients[client].last_request.clone() {
                    let (caller, request) = (self.caller(client), request.parse().unwrap());
                    self.runtime.block_on(self.service.stop(&caller, &request)).unwrap();
                }
            }
            Event::Reconnect { client } => {
                self.sink.close(&self.connection(client));
                self.clients[client].connections += 1;
                self.clients[client].last_request = None;
            }
            Event::Word => {
                self.words += 1;
                let word = format!("w{} ", self.words);
                self.model.say(|| Ok(Delta::Text(word.clone())));
            }
            Event::Burst => {
                self.words += 1;
                let words = format!("w{} ", self.words).repeat(2_000);
                self.model.say(|| Ok(Delta::Text(words.clone())));
            }
            Event::DelayWrite => self.store.delay_next_write(),
            Event::DeliverDelayed => self.store.deliver_delayed(),
            Event::Finish => self.model.say(|| Ok(Delta::Finish { reason: FinishReason::Stop, usage: None })),
            Event::BreakOff => self.model.say(|| Err(ModelError::BrokenOff("cut".to_owned()))),
            Event::PostFails { unknown: false } => self.sink.fail_next(PostError::Busy),
            Event::PostFails { unknown: true } => self.sink.fail_next(PostError::Unknown("lost".to_owned())),
            Event::Wait { millis } => self.wait(Duration::from_millis(millis)),
            Event::Crash => self.crash(),
            Event::Freeze => self.functions.iter().for_each(|(_, freezer)| freezer.freeze()),
            Event::Thaw => self.functions.iter().for_each(|(_, freezer)| freezer.thaw()),
            Event::Sweep => self.sweep(),
        }
        self.wait(Duration::ZERO);
    }

    // The recorded subscribers of a turn are notified of its end by others. A client that was only replayed a reply is not recorded.
    fn crash(&mut self) {
        self.functions.drain(..).for_each(|(function, _)| function.abort());
        let messages = self.store.messages();
        let subscribers: HashSet<(String, String)> = messages
            .iter()
            .flat_map(|written| &written.subscribers)
            .map(|subscriber| (subscriber.connection.to_string(), subscriber.request.to_string()))
            .collect();
        self.asked.retain(|asked| subscribers.contains(asked));
    }

    fn send(&mut self, client: usize, name: &str) {
        let request = self.new_request(client);
        let frame = send(&request, "c", name, &format!("text of {name}"));
        self.clients[client].last_send = Some(frame.clone());
        self.deliver(client, frame);
    }

    // Returns whether it was accepted.
    fn deliver(&mut self, client: usize, frame: SendFrame) -> bool {
        let (name, text) = (frame.opening.client_id.to_string(), frame.opening.text.clone());
        let (connection, request) = (self.connection(client), frame.request_id.to_string());
        let begun = self.runtime.block_on(self.service.begin(&self.caller(client), frame));
        if let Ok(turn) = begun {
            self.asked.push((connection, request));
            let accepted = &mut self.clients[client].accepted;
            if !accepted.iter().any(|(known, _)| *known == name) {
                accepted.push((name, text));
            }
            turn.into_iter().for_each(|turn| self.run(turn));
            return true;
        }
        false
    }

    pub(super) fn resume(&mut self, client: usize) {
        let request = self.new_request(client);
        let frame = ResumeFrame { request_id: request.parse().unwrap(), conversation_id: conversation_id("c") };
        let resumed = self.runtime.block_on(self.service.resume(&self.caller(client), &frame)).unwrap();
        if let Resumed::Here(turn) = resumed {
            self.run(turn);
        }
    }

    pub(super) fn sweep(&mut self) {
        for turn in self.runtime.block_on(self.service.sweep()).unwrap() {
            self.run(turn);
        }
    }

    pub(super) fn run(&mut self, turn: Turn) {
        let freezer = Freezer::default();
        let function = self.runtime.spawn(freezer.hold(turn.run(FUNCTION_TIME)));
        self.functions.push((function, freezer));
    }

    pub(super) fn wait(&self, duration: Duration) {
        self.runtime.block_on(async {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            if !duration.is_zero() {
                tokio::time::sleep(duration).await;
            }
        });
    }

    pub(super) fn new_request(&mut self, client: usize) -> String {
        self.requests += 1;
        let request = format!("r{}", self.requests);
        self.clients[client].last_request = Some(request.clone());
        request
    }

    pub(super) fn caller(&self, client: usize) -> Caller {
        Caller {
            user: user("alice"),
            connection: self.connection(client).parse().unwrap(),
            connected_at: Timestamp(0),
            token_expires_at: None,
        }
    }

    pub(super) fn connection(&self, client: usize) -> String {
        format!("client{client}.{}", self.clients[client].connections)
    }
}
