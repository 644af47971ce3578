//! A turn with tools, as a page has it that does not give up.

use std::collections::BTreeMap;

use natter_local::Moment;
use natter_tests::{
    Natter, NatterBuilder, Page, Question, Reaction, Rescuer, ToolCall, ToolEndpoint, Way, order_tools,
};
use serde_json::{Value, json};

use super::super::{AFTER_THE_LEASE, FUNCTIONS, LEASE_SECONDS, expect, sweep};

const SAID: [&str; 2] = ["Ordering.", "Done."];

/// The calls of the turn, in the order of the script.
const CALLS: usize = 5;

/// A turn that is about to be asked for.
pub struct Turn {
    pub natter: Natter,
    endpoint: ToolEndpoint,
}

/// What becomes of a function that calls the endpoint.
pub type Kill = Option<Moment>;

impl Turn {
    pub async fn start() -> Self {
        let endpoint = ToolEndpoint::start().await;
        let builder = NatterBuilder::default().environment("LEASE_SECONDS", LEASE_SECONDS);
        let builder = builder.environment("CONCURRENT_TURNS", "100").environment("FRAMES_PER_SECOND", "0");
        let natter = builder.tools(order_tools(&endpoint.url)).start().await;
        Self { natter, endpoint }
    }

    /// Has the turn to its end. `kill` says of each call of the endpoint whether its caller is killed before it acts, or after.
    pub async fn run(self, rescuer: Rescuer, mut kill: impl FnMut(&Natter) -> Kill) -> Result<Ended, String> {
        let Self { natter, mut endpoint } = self;
        let mut told = Vec::new();
        let answering = async {
            loop {
                let call = endpoint.next().await;
                take(&natter, call, kill(&natter), &mut told).await;
            }
        };
        let sweeping = sweep(&natter, rescuer);
        let mut page = Page::new(&natter, "alice", AFTER_THE_LEASE);
        let question = question();
        let reaction = Reaction { approves: true, way: Way::Here };
        let reply = tokio::select! {
            reply = page.carry_through(&question, reaction, rescuer) => reply.ok_or("the turn did not end")?,
            () = answering => unreachable!("the endpoint is called for ever"),
            never = sweeping => match never {},
        };
        natter.stack.settled().await;
        let ended = Ended::read(&natter, &reply, &told).await;
        natter.stack.stop().await;
        Ok(ended)
    }
}

/// Takes a call of the endpoint.
async fn take(natter: &Natter, call: ToolCall, kill: Kill, told: &mut Vec<String>) {
    if kill != Some(Moment::Before) {
        told.push(call.key.clone());
    }
    match kill {
        None => call.answer("told"),
        Some(_) => {
            // The one that has called; the other is idle.
            for function in FUNCTIONS {
                natter.stack.kill_environments(function).await;
            }
        }
    }
}

fn question() -> Question {
    let order = |tool: &str, item: &str| json!({"name": tool, "arguments": {"item": item, "count": 1}});
    let calls = [
        order("place_order", "Tea"),
        order("place_order", "Cake"),
        json!({"name": "tell_kitchen"}),
        order("place_large_order", "Coffee"),
        json!({"name": "show"}),
    ];
    let steps = [json!({"text": SAID[0], "calls": calls}), json!({"text": SAID[1]})];
    let text = format!("script:{}", json!({"rate": 0, "steps": steps}));
    Question { conversation: "c".into(), message: "m1".into(), text, event: None }
}

/// What became of a turn.
#[derive(Debug)]
pub struct Ended {
    pub status: String,
    /// What the page shows: the state of each call, by its id.
    states: BTreeMap<String, String>,
    text: String,
    /// How often each step was asked of the model.
    asked: Vec<usize>,
    /// How often a tool acted, by the key of the call.
    pub acted: BTreeMap<String, usize>,
    /// Calls that ended without an output.
    pub failed: usize,
}

impl Ended {
    async fn read(natter: &Natter, message: &Value, told: &[String]) -> Self {
        let mut acted: BTreeMap<String, usize> = BTreeMap::new();
        let ordered = natter.orders().into_iter().map(|order| order["key"].as_str().unwrap_or_default().to_owned());
        for key in ordered.chain(told.iter().cloned()) {
            *acted.entry(key).or_default() += 1;
        }
        let parts = message["parts"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let calls = parts.iter().filter(|part| part["toolCallId"].is_string());
        let states: BTreeMap<_, _> = calls.map(|part| (text(&part["toolCallId"]), text(&part["state"]))).collect();
        Self {
            status: text(&message["metadata"]["status"]),
            text: parts.iter().filter(|part| part["type"] == "text").map(|part| text(&part["text"])).collect(),
            asked: natter.steps_asked().await,
            failed: states.values().filter(|state| *state == "output-error").count(),
            states,
            acted,
        }
    }

    /// Checks the promises. `asked` says of each step how often it may have been asked of the model.
    pub fn check(&self, asked: [usize; 2]) -> Result<(), String> {
        if let Some((key, times)) = self.acted.iter().find(|(_, times)| **times > 1) {
            return Err(format!("{key} acted {times} times: {self:?}"));
        }
        for (step, (times, most)) in self.asked.iter().zip(asked).enumerate() {
            if *times > most {
                return Err(format!("step {step} was asked {times} times: {self:?}"));
            }
        }
        for (call, state) in &self.states {
            // The page's own call acts there; one with an error may have acted, or not.
            if !self.acted.contains_key(call) && state == "output-available" && !call.ends_with("-5") {
                return Err(format!("{call} has an output and never acted: {self:?}"));
            }
            if !matches!(state.as_str(), "output-available" | "output-error") {
                return Err(format!("{call} has no end: {self:?}"));
            }
        }
        if self.status == "interrupted" {
            return Ok(());
        }
        expect("the state of the reply", self.status.as_str(), "complete")?;
        expect("its text", self.text.as_str(), SAID.concat().as_str())?;
        expect("its calls", self.states.len(), CALLS)
    }
}
