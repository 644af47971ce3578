use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use natter::allowance::UsageLimits;
use natter::caller::Caller;
use natter::conversation::{Role, Status, Timestamp};
use natter::db::Written;
use natter::error::ErrorCode;
use natter::gateway::{Notifier, PostError};
use natter::llm::{Delta, ModelError};
use natter::protocol::{ResumeFrame, SendFrame};
use natter::services::{AllowanceService, ChatService, MemoryLimits, MemoryService, Resumed, Turn};
use natter::turn::FinishReason;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::{CLIENTS, Event, Expectation};
use crate::support::{
    Freezer, MemoryStore, PuppetModel, RecordingSink, conversation_id, only, reset_simulated_clock, send,
    simulated_clock, user,
};

const LEASE: Duration = Duration::from_secs(10);
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

/// The services on a simulated clock, with a store and a gateway in memory and a model that says what it is told.
pub struct Simulation {
    runtime: Runtime,
    store: MemoryStore,
    sink: Arc<RecordingSink>,
    model: Arc<PuppetModel>,
    service: Arc<ChatService>,
    functions: Vec<(JoinHandle<()>, Freezer)>,
    clients: [Client; CLIENTS],
    words: usize,
    requests: usize,
    // The most bytes that were stored of each reply.
    longest: BTreeMap<String, usize>,
    // Requests that were taken, each with its connection.
    asked: Vec<(String, String)>,
    // Messages whose stop came before them.
    stopped_early: Vec<String>,
}

/// A client as far as a test has to remember it.
#[derive(Default)]
struct Client {
    connections: usize,
    last_send: Option<SendFrame>,
    last_request: Option<String>,
    // Messages that were accepted, by the client's id.
    accepted: Vec<(String, String)>,
}

impl Simulation {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async { reset_simulated_clock() });
        let store = MemoryStore::default();
        let sink = Arc::new(RecordingSink::with_delay(Duration::from_millis(10)));
        let model = Arc::new(PuppetModel::default());
        let service = Arc::new(ChatService {
            store: Arc::new(store.clone()),
            history: Arc::new(store.clone()),
            choices: only(Arc::clone(&model) as _, "Be kind."),
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
        self.check_step();
    }

    // Who is on record as following a turn is told of its end by others. Nobody knows of those who were only shown a reply again.
    fn crash(&mut self) {
        self.functions.drain(..).for_each(|(function, _)| function.abort());
        let messages = self.store.messages();
        let followers: HashSet<(String, String)> = messages
            .iter()
            .flat_map(|written| &written.subscribers)
            .map(|subscriber| (subscriber.connection.to_string(), subscriber.request.to_string()))
            .collect();
        self.asked.retain(|asked| followers.contains(asked));
    }

    // What holds at every moment: one reply at most is being written, and none becomes shorter unless it has ended as another.
    fn check_step(&mut self) {
        let messages = self.store.messages();
        let replies = messages.iter().map(|written| &written.message).filter(|message| message.role == Role::Assistant);
        let running = replies.clone().filter(|reply| reply.status == Status::Streaming).count();
        assert!(running <= 1, "{running} replies are being written at once");
        for reply in replies {
            let stored = self.longest.entry(reply.id.to_string()).or_default();
            let bytes = reply.content().len();
            let may_be_shorter = matches!(reply.status, Status::Complete | Status::Stopped);
            assert!(bytes >= *stored || may_be_shorter, "{bytes} bytes are left of {stored} ({:?})", reply.status);
            *stored = bytes.max(*stored);
        }
    }

    /// Lets everything come to its end, and checks the promises.
    pub fn settle_and_check(mut self, expected: &Expectation) {
        self.functions.iter().for_each(|(_, freezer)| freezer.thaw());
        self.store.deliver_delayed();
        for _ in 0..4 {
            self.wait(2 * LEASE);
            self.sweep();
            self.wait(Duration::from_secs(1));
            self.model.say(|| Ok(Delta::Finish { reason: FinishReason::Stop, usage: None }));
            self.wait(Duration::from_secs(15));
        }
        self.check_step();
        self.check_answers();
        let messages = self.store.messages();
        assert_eq!(self.store.ends().values().copied().max().unwrap_or(1), 1, "a turn has ended twice");
        let settled = self.store.settled();
        for Written { message, .. } in &messages {
            assert_ne!(message.status, Status::Streaming, "a turn is stranded");
            if message.role == Role::Assistant {
                assert_eq!(settled.get(&message.id), Some(&1), "a turn is settled once");
            }
        }

        for (client, sent) in expected.sent.iter().enumerate() {
            assert!(self.clients[client].accepted.len() <= *sent);
            for (name, text) in &self.clients[client].accepted {
                let is_named = |name: &str| {
                    messages
                        .iter()
                        .filter(|written| written.message.client_id.as_ref().is_some_and(|id| id.as_str() == name))
                        .collect::<Vec<_>>()
                };
                let [question] = is_named(name)[..] else { panic!("{name} is not stored once") };
                assert_eq!((question.message.role, question.message.content()), (Role::User, text.clone()));
                let mut answers =
                    messages.iter().filter(|written| written.message.parent_id.as_ref() == Some(&question.message.id));
                let first = answers.next().map(|written| written.message.status);
                assert!(first.is_some(), "{name} has no reply");
                let was_stopped = self.stopped_early.contains(name);
                assert!(!was_stopped || first != Some(Status::Complete), "{name} was stopped before it came");
            }
        }
        let stored: BTreeMap<String, String> =
            messages.iter().map(|written| (written.message.id.to_string(), written.message.content())).collect();
        for client in 0..CLIENTS {
            self.check_view(client, &stored);
        }
    }

    // Whoever sent a message, and is still there, was told of an end, or that there is none.
    fn check_answers(&self) {
        for (connection, request) in &self.asked {
            let is_there = (0..CLIENTS).any(|client| self.connection(client) == *connection);
            let frames = self.sink.frames(connection);
            let mut of_request = frames.iter().filter(|frame| frame["requestId"] == request.as_str());
            let is_answered = of_request.any(|frame| matches!(frame["type"].as_str(), Some("end" | "error")));
            assert!(is_answered || !is_there, "{request} of {connection} is still waiting");
        }
    }

    // What a client shows is what is stored: at once where its stream came to an end, and where it was told that it was interrupted
    // after a `resume`, which finds nothing to show where it is stored like that.
    fn check_view(&mut self, client: usize, stored: &BTreeMap<String, String>) {
        let connection = self.connection(client);
        let frames = self.sink.frames(&connection);
        let mut was_interrupted = None;
        let mut ended = HashSet::new();
        for frame in &frames {
            let request = frame["requestId"].as_str().unwrap();
            let ends = matches!(frame["type"].as_str(), Some("end" | "error"));
            // A client ignores what comes behind the end of a stream.
            // Who has let go of a reply, having resumed it once more, is shown no more of it.
            let has_left =
                || frames.iter().any(|frame| frame["requestId"] == request && frame["chunk"]["reason"] == "left");
            if !ends || !ended.insert(request) || has_left() {
                continue;
            }
            let Some(message) = message_of(&frames, request) else { continue };
            let shown = self.sink.text(&connection, request);
            match frame["code"].as_str() {
                Some("interrupted") => was_interrupted = Some((message, shown)),
                // Of many requests that follow one reply the newest do.
                Some("rate_limited") => {}
                _ => {
                    assert_eq!(shown, stored[&message], "{request} shows something else");
                    was_interrupted = was_interrupted.filter(|(interrupted, _)| *interrupted != message);
                }
            }
        }
        let head = self.store.messages().pop().map(|written| written.message.id.to_string());
        if let Some((message, shown)) = was_interrupted.filter(|(message, _)| Some(message) == head.as_ref()) {
            let before = self.sink.frames(&connection).len();
            self.resume(client);
            self.wait(Duration::from_secs(5));
            let frames = &self.sink.frames(&connection)[before..];
            let shown = match frames.first().and_then(|frame| frame["requestId"].as_str()) {
                Some(request) => self.sink.text(&connection, request),
                None => shown,
            };
            assert_eq!(shown, stored[&message], "after a resume");
        }
    }

    fn send(&mut self, client: usize, name: &str) {
        let request = self.new_request(client);
        let frame = send(&request, "c", name, &format!("text of {name}"));
        self.clients[client].last_send = Some(frame.clone());
        self.deliver(client, frame);
    }

    // Tells whether it was accepted.
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

    fn resume(&mut self, client: usize) {
        let request = self.new_request(client);
        let frame = ResumeFrame { request_id: request.parse().unwrap(), conversation_id: conversation_id("c") };
        let resumed = self.runtime.block_on(self.service.resume(&self.caller(client), &frame)).unwrap();
        if let Resumed::Here(turn) = resumed {
            self.run(turn);
        }
    }

    fn sweep(&mut self) {
        for turn in self.runtime.block_on(self.service.sweep()).unwrap() {
            self.run(turn);
        }
    }

    fn run(&mut self, turn: Turn) {
        let freezer = Freezer::default();
        let function = self.runtime.spawn(freezer.hold(turn.run(FUNCTION_TIME)));
        self.functions.push((function, freezer));
    }

    fn wait(&self, duration: Duration) {
        self.runtime.block_on(async {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            if !duration.is_zero() {
                tokio::time::sleep(duration).await;
            }
        });
    }

    fn new_request(&mut self, client: usize) -> String {
        self.requests += 1;
        let request = format!("r{}", self.requests);
        self.clients[client].last_request = Some(request.clone());
        request
    }

    fn caller(&self, client: usize) -> Caller {
        Caller {
            user: user("alice"),
            connection: self.connection(client).parse().unwrap(),
            connected_at: Timestamp(0),
            token_expires_at: None,
        }
    }

    fn connection(&self, client: usize) -> String {
        format!("client{client}.{}", self.clients[client].connections)
    }
}

// The message whose reply a request was shown.
fn message_of(frames: &[Value], request: &str) -> Option<String> {
    let start = frames.iter().find(|frame| frame["requestId"] == request && frame["chunk"]["type"] == "start")?;
    Some(start["chunk"]["messageId"].as_str()?.to_owned())
}
