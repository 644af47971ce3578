//! One turn, measured from the local stack's journal.

use std::time::Duration;

use natter_local::{LocalStack, Usage};
use natter_tests::{Client, Events, MESSAGE_FUNCTION, Natter, at, started_at};
use serde_json::{Value, json};

use crate::process;

/// What the model is to do.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// Tokens of the reply.
    pub tokens: usize,
    /// Tokens a second.
    pub rate: f64,
    /// Milliseconds until the first.
    pub first_token_millis: u64,
}

/// A reply as fast as models get, to see that nothing piles up.
pub const FAST: Script = Script { tokens: 1_000, rate: 1_000.0, first_token_millis: 300 };

impl Script {
    /// As the model reads it.
    pub fn to_json(self) -> Value {
        json!({"tokens": self.tokens, "rate": self.rate, "firstTokenMs": self.first_token_millis})
    }

    /// When the model says its last token, in milliseconds from the request.
    pub fn last_token_millis(self) -> f64 {
        self.first_token_millis as f64 + self.tokens.saturating_sub(1) as f64 * 1000.0 / self.rate
    }
}

/// A client with a conversation.
pub struct Conversation<'a> {
    stack: &'a LocalStack,
    client: Client,
    id: String,
}

/// What a turn took. Times are in milliseconds.
#[derive(Debug)]
pub struct Turn {
    /// From the start of the function's process to its first poll, if it was new.
    pub init: Option<f64>,
    /// From the event to the model's request.
    pub to_model: f64,
    /// What of this was a wait for the database: calls side by side count once.
    pub database_wait: f64,
    /// From the event to the first text at the client, without the time from the model's request to its first token.
    pub to_first_text: f64,
    /// From the model's first token to the first text at the client.
    pub first_token_to_post: f64,
    /// From the model's last token to the last text at the client.
    pub last_token_to_post: f64,
    /// The longest between two texts at the client.
    pub longest_gap: f64,
    /// Frames to the client.
    pub posts: usize,
    /// The most posts that were under way at once.
    pub posts_at_once: usize,
    /// The processor time of the function, if it was not new.
    pub cpu: Option<Duration>,
    /// What AWS would charge for.
    pub usage: Usage,
    /// Bytes that the function logged.
    pub log_bytes: usize,
}

impl<'a> Conversation<'a> {
    /// A conversation of a user of this name, without any turn yet.
    pub async fn open(natter: &'a Natter, user: &str) -> Self {
        Self { stack: &natter.stack, client: natter.connect(user).await, id: format!("conversation-of-{user}") }
    }

    /// This many turns, one after the other.
    pub async fn turns(&mut self, count: usize, script: Script) -> Vec<Turn> {
        let mut turns = Vec::new();
        for _ in 0..count {
            turns.push(self.turn(script).await);
        }
        turns
    }

    /// A turn, to the end of all that the function does for it.
    pub async fn turn(&mut self, script: Script) -> Turn {
        self.stack.settled().await;
        self.stack.reset_meter();
        let seen = Events::newest(self.stack);
        let before = self.function().map(process::cpu);
        let request = self.client.script(&self.id, script.to_json()).await;
        let answer = self.client.answer(&request).await;
        assert_eq!(answer.last["type"], "end", "{}", answer.last);
        self.stack.settled().await;
        let cpu = before.zip(self.function().map(process::cpu)).map(|(before, after)| after - before);
        let turn = Turn { usage: self.stack.meter(), cpu, ..Turn::from(Events::after(self.stack, seen)) };
        Turn { cpu: turn.cpu.filter(|_| turn.init.is_none()), ..turn }
    }

    /// What it takes to open the conversation: the newest page of its messages.
    pub async fn page(&mut self) -> Usage {
        self.stack.settled().await;
        self.stack.reset_meter();
        self.client.result("conversations.get", json!({"id": self.id})).await;
        self.stack.settled().await;
        self.stack.meter()
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn function(&self) -> Option<u32> {
        self.stack.environments(MESSAGE_FUNCTION).first().copied()
    }
}

impl From<Events> for Turn {
    fn from(events: Events) -> Self {
        let event_came = at(events.of("invocationStarted").next().expect("the function was invoked"));
        let asked = started_at(events.of("model").next().expect("the model was asked"));
        let first_token = at(events.of("modelStream").find(|event| event["ended"] == false).expect("the model spoke"));
        let last_token = at(events.of("modelStream").find(|event| event["ended"] == true).expect("the model ended"));
        let texts: Vec<f64> = events.of("frameOut").filter(|event| holds_text(event)).map(at).collect();
        let (first_text, last_text) = (texts[0], texts[texts.len() - 1]);
        Self {
            init: events.of("invocationEnded").find_map(|event| event["init"].as_f64()),
            to_model: asked - event_came,
            database_wait: covered(
                events.of("database").map(|event| (started_at(event), at(event))).filter(|call| call.1 <= asked),
            ),
            to_first_text: first_text - event_came - (first_token - asked),
            first_token_to_post: first_text - first_token,
            last_token_to_post: last_text - last_token,
            longest_gap: texts.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max),
            posts: events.of("frameOut").count(),
            posts_at_once: at_once(events.of("management").map(|event| (started_at(event), at(event)))),
            cpu: None,
            usage: Usage::default(),
            log_bytes: events.of("log").map(|event| event["text"].as_str().map_or(0, str::len)).sum(),
        }
    }
}

fn holds_text(event: &Value) -> bool {
    event["body"]["text"].as_str().is_some_and(|text| text.contains("text-delta"))
}

// How long at least one of these calls was under way.
fn covered(calls: impl Iterator<Item = (f64, f64)>) -> f64 {
    let mut calls: Vec<_> = calls.collect();
    calls.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut sum = 0.0;
    let mut until = f64::MIN;
    for (from, to) in calls {
        sum += (to - from.max(until)).max(0.0);
        until = until.max(to);
    }
    sum
}

fn at_once(calls: impl Iterator<Item = (f64, f64)>) -> usize {
    let calls: Vec<_> = calls.collect();
    let under_way_at = |time: f64| calls.iter().filter(|(from, to)| *from <= time && time < *to).count();
    calls.iter().map(|(from, _)| under_way_at(*from)).max().unwrap_or_default()
}
