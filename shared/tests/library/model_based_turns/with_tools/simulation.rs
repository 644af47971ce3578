use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use natter::agents::{ChatAgent, StepLimits};
use natter::caller::Caller;
use natter::conversation::{CallId, Entry, MessageId, Outcome, Role, Status, Timestamp};
use natter::db::StoredMessage;
use natter::error::ErrorCode;
use natter::llm::Delta;
use natter::protocol::AnswerFrame;
use natter::turn::{Answer, AnswerContent, FinishReason, MAX_WAIT};

use super::super::expectation::{CLIENTS, Event, Expectation};
use super::super::simulation::{LEASE, Simulation};
use super::decisions::{Decisions, answerable, answers};
use super::expectation::{Call, Choice, ToolEvent};
use super::problems::Problems;
use super::prompts;
use super::workshop::Workshop;
use crate::support::{MemoryStore, conversation_id, simulated_clock, user};

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The same simulation, with an agent that has tools, and users that answer.
pub struct ToolSimulation {
    pub(super) turns: Simulation,
    pub(super) workshop: Workshop,
    pub(super) decisions: Decisions,
    pub(super) problems: Problems,
    last_answers: [Option<AnswerFrame>; CLIENTS],
    // Requests that answer something: they are shown what comes behind it.
    pub(super) answering: HashSet<String>,
    // What is stored for good of each reply.
    pub(super) lasting: BTreeMap<MessageId, Vec<Entry>>,
    // Since when each waits, at the earliest.
    waiting_since: BTreeMap<MessageId, Timestamp>,
    looked_at: Timestamp,
}

impl ToolSimulation {
    pub fn start() -> Self {
        let (workshop, problems) = (Workshop::default(), Problems::default());
        let store = MemoryStore::default();
        let agent = ChatAgent::new("Be kind.".to_owned()).with_tools(workshop.tools(&store, &problems));
        let turns = Simulation::with(store, agent.with_limits(StepLimits { steps: 5, calls: 10 }));
        let (store, noted) = (turns.store.clone(), problems.clone());
        turns.model.observe(move |prompt| prompts::check(prompt, &store, &noted));
        Self {
            turns,
            workshop,
            decisions: Decisions::default(),
            problems,
            last_answers: Default::default(),
            answering: HashSet::new(),
            lasting: BTreeMap::new(),
            waiting_since: BTreeMap::new(),
            looked_at: Timestamp(0),
        }
    }

    pub fn apply(&mut self, expected: &Expectation, event: ToolEvent) {
        match event {
            ToolEvent::Turn(event) => self.perform(expected, event),
            ToolEvent::Ask(calls) => {
                self.turns.perform(expected, Event::Word);
                calls.into_iter().for_each(|call| self.call(call));
                self.turns.perform(expected, Event::Finish);
            }
            ToolEvent::Call(call) => self.call(call),
            ToolEvent::Garble => self.call_with("pay", "{"),
            ToolEvent::Cut => self.turns.model.say(|| Ok(Delta::Finish { reason: FinishReason::Length, usage: None })),
            ToolEvent::Work { is_newest, work } => self.workshop.end_one(is_newest, work),
            ToolEvent::Answer { client, choice } => self.answer(client, choice),
            ToolEvent::AnswerAgain { client } => {
                if let Some(frame) = self.last_answers[client].clone() {
                    let request_id = self.turns.new_request(client).parse().unwrap();
                    self.send_answer(client, AnswerFrame { request_id, ..frame });
                }
            }
            ToolEvent::RedeliverAnswer { client } => {
                if let Some(frame) = self.last_answers[client].clone() {
                    self.send_answer(client, frame);
                }
            }
            ToolEvent::AnswerNothing { client } => self.answer_nothing(client),
            ToolEvent::Stranger => self.answer_as_stranger(),
            ToolEvent::SlowSaves { millis } => self.turns.store.answer_saves_after(Duration::from_millis(millis)),
            ToolEvent::Rescue { by } => {
                self.perform(expected, Event::Crash);
                self.turns.wait(2 * LEASE);
                self.perform(expected, by.map_or(Event::Sweep, |client| Event::Resume { client }));
            }
            ToolEvent::Days(days) => self.turns.wait(DAY * u32::try_from(days).unwrap()),
        }
        self.turns.wait(Duration::ZERO);
        self.check_step();
        self.note_waits();
    }

    // What waits does not stand in the way of a message, and is not ended by a sweep before its time.
    fn perform(&mut self, expected: &Expectation, event: Event) {
        let waiting = self.newest_reply().filter(|reply| reply.message.status == Status::Waiting);
        self.turns.perform(expected, event.clone());
        let Some(waiting) = waiting else { return };
        match event {
            Event::Send { client } => {
                let name = format!("m{client}.{}", expected.sent[client]);
                let accepted = &self.turns.clients[client].accepted;
                assert!(accepted.iter().any(|(known, _)| *known == name), "a waiting turn blocks {name}");
            }
            Event::Sweep => {
                let id = &waiting.message.id;
                let since = self.waiting_since[id];
                let is_over = self.stored(id).is_some_and(|reply| reply.message.status == Status::Stopped);
                let now = self.now();
                assert!(!is_over || now >= since + MAX_WAIT, "{id} was not awaited for a week");
            }
            _ => {}
        }
    }

    fn note_waits(&mut self) {
        let now = self.now();
        let before = std::mem::replace(&mut self.looked_at, now);
        for StoredMessage { message, .. } in self.replies() {
            match message.status {
                Status::Waiting => drop(self.waiting_since.entry(message.id).or_insert(before)),
                _ => drop(self.waiting_since.remove(&message.id)),
            }
        }
    }

    fn call(&self, (tool, n): Call) {
        self.call_with(tool, &format!(r#"{{"n":{n}}}"#));
    }

    fn call_with(&self, tool: &str, input: &str) {
        self.turns.model.say(|| Ok(Delta::ToolStart { tool: tool.to_owned() }));
        self.turns.model.say(|| Ok(Delta::ToolInput(input.to_owned())));
    }

    fn answer(&mut self, client: usize, choice: Choice) {
        let Some(reply) = self.newest_reply() else { return };
        let request = self.turns.new_request(client);
        let answers = answers(&reply.message.entries, choice, &format!("shown for {request}"));
        if answers.is_empty() {
            return;
        }
        let always_allowed =
            if choice.always { answers.iter().map(|answer| answer.call.clone()).collect() } else { Vec::new() };
        let frame = AnswerFrame { always_allowed, ..frame(&request, &reply.message.id, answers) };
        self.last_answers[client] = Some(frame.clone());
        self.send_answer(client, frame);
    }

    // An answer that is waited for is taken, on any device. Any other changes nothing.
    fn send_answer(&mut self, client: usize, frame: AnswerFrame) {
        let stored = self.stored(&frame.message_id).expect("it is a reply");
        let log = &stored.message.entries;
        let is_awaited = stored.message.status == Status::Waiting
            && answerable(log)
                .iter()
                .any(|call| call.is_open && frame.answers.iter().any(|answer| answer.call == *call.id));
        let (connection, request) = (self.turns.connection(client), frame.request_id.to_string());
        let answered = self.turns.runtime.block_on(self.turns.service.answer(&self.turns.caller(client), &frame));
        match answered {
            Ok(turn) => {
                assert!(turn.is_some() || !is_awaited, "{request} answers what is waited for, and is passed over");
                self.answering.insert(request.clone());
                self.turns.asked.push((connection, request));
                if is_awaited {
                    self.decisions.remember(log, &frame);
                }
                turn.into_iter().for_each(|turn| self.turns.run(turn));
            }
            Err(error) => {
                let code = error.code;
                assert!(!is_awaited, "{request} answers what is waited for, and gets {code:?}");
                assert!(matches!(code, ErrorCode::ConversationBusy | ErrorCode::NotFound), "{request} gets {code:?}");
            }
        }
    }

    fn answer_nothing(&mut self, client: usize) {
        let Some(reply) = self.newest_reply() else { return };
        let request = self.turns.new_request(client);
        let content = AnswerContent::Output(Outcome::error("There is none."));
        let answers = vec![Answer { call: CallId::named("there-is-none"), content }];
        let frame = frame(&request, &reply.message.id, answers);
        let answered = self.turns.runtime.block_on(self.turns.service.answer(&self.turns.caller(client), &frame));
        let code = answered.err().map(|error| error.code);
        let typed = [Some(ErrorCode::InvalidFrame), Some(ErrorCode::ConversationBusy)];
        assert!(typed.contains(&code), "a call that there is not is answered with {code:?}");
    }

    fn answer_as_stranger(&mut self) {
        let Some(reply) = self.newest_reply() else { return };
        let calls = answerable(&reply.message.entries);
        let Some(call) = calls.first() else { return };
        let content = AnswerContent::Approval { approved: true, reason: None };
        let frame = frame("forged", &reply.message.id, vec![Answer { call: call.id.clone(), content }]);
        let mallory = Caller { user: user("mallory"), ..self.turns.caller(0) };
        let answered = self.turns.runtime.block_on(self.turns.service.answer(&mallory, &frame));
        assert_eq!(answered.err().map(|error| error.code), Some(ErrorCode::NotFound), "another user answers");
    }

    pub(super) fn now(&self) -> Timestamp {
        self.turns.runtime.block_on(async { simulated_clock() })
    }

    pub(super) fn replies(&self) -> Vec<StoredMessage> {
        let messages = self.turns.store.messages().into_iter();
        messages.filter(|written| written.message.role == Role::Assistant).collect()
    }

    pub(super) fn stored(&self, reply: &MessageId) -> Option<StoredMessage> {
        self.replies().into_iter().find(|written| written.message.id == *reply)
    }

    fn newest_reply(&self) -> Option<StoredMessage> {
        self.replies().pop()
    }
}

fn frame(request: &str, reply: &MessageId, answers: Vec<Answer>) -> AnswerFrame {
    AnswerFrame {
        request_id: request.parse().unwrap(),
        conversation_id: conversation_id("c"),
        message_id: reply.clone(),
        answers,
        always_allowed: Vec::new(),
    }
}
