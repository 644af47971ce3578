//! Turns with tools: a page asks, answers what the reply waits for, and finds in the end what has become of the calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use natter_tests::{Client, Natter, Page, Question, Reaction, Rescuer, Table, ToolEndpoint, Way};
use serde_json::{Value, json};

/// Longer than the lease of a turn.
const LATE: Duration = Duration::from_secs(5);

const SAID: [&str; 3] = ["Ordering. ", "Ordering much. ", "Done."];

/// A conversation of its own, so that every message of it has tools.
const CONVERSATION: &str = "tools";

/// A turn with tools that a page has asked for.
#[derive(Debug, Clone)]
pub struct ToolTurn {
    /// The client's id of the message.
    pub message: String,
    reaction: Reaction,
    // Whether the page was told that the turn has ended, or waits.
    has_ended: bool,
}

/// What became of the turns with tools.
#[derive(Debug, Default)]
pub struct ToolReport {
    /// Calls, and those without an output.
    pub calls: usize,
    pub failed: usize,
    /// Promises that were broken.
    pub lost: Vec<String>,
    pub doubled: Vec<String>,
    pub stranded: Vec<String>,
}

/// What the tools have done, by the keys of the calls.
pub type Effects = BTreeMap<String, usize>;

/// The endpoint, which answers all the time, and counts.
#[derive(Clone)]
pub struct Kitchen {
    pub url: String,
    told: Arc<Mutex<Effects>>,
}

impl Kitchen {
    pub async fn open() -> Self {
        let mut endpoint = ToolEndpoint::start().await;
        let kitchen = Self { url: endpoint.url.clone(), told: Arc::default() };
        let told = Arc::clone(&kitchen.told);
        tokio::spawn(async move {
            loop {
                let call = endpoint.next().await;
                *told.lock().unwrap().entry(call.key.clone()).or_default() += 1;
                call.answer("told");
            }
        });
        kitchen
    }

    /// What it and the function have done.
    pub fn effects(&self, natter: &Natter) -> Effects {
        let mut effects = self.told.lock().unwrap().clone();
        for order in natter.orders() {
            *effects.entry(order["key"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        effects
    }
}

/// Has a turn with tools.
pub async fn have_turn(page: &mut Page<'_>, user: &str, number: usize, dice: &mut Rng) -> ToolTurn {
    let way = match dice.u8(0..10) {
        0..4 => Way::Here,
        4..6 => Way::Elsewhere,
        6..8 => Way::Twice,
        8 => Way::Late(LATE),
        _ => Way::Never,
    };
    let reaction = Reaction { approves: dice.f64() < 0.8, way };
    let message = format!("{user}-tools{number}");
    let question =
        Question { conversation: CONVERSATION.into(), message: message.clone(), text: script(&message), event: None };
    let reply = page.carry_through(&question, reaction, Rescuer::Client).await;
    ToolTurn { message, reaction, has_ended: reply.is_some() }
}

fn script(message: &str) -> String {
    let order = |tool: &str| json!({"name": tool, "arguments": {"item": message, "count": 1}});
    let steps = [
        json!({"text": SAID[0], "calls": [order("place_order"), {"name": "tell_kitchen"}, order("place_order")]}),
        json!({"text": SAID[1], "calls": [order("place_large_order"), {"name": "show"}]}),
        json!({"text": SAID[2]}),
    ];
    format!("script:{}", json!({"rate": 40, "steps": steps}))
}

impl ToolReport {
    /// Looks at a turn in the history of its conversation.
    pub async fn look_at(&mut self, turn: &ToolTurn, client: &mut Client, stored: &Table, effects: &Effects) {
        let name = &turn.message;
        let [question] = stored.questions(name)[..] else {
            let times = stored.questions(name).len();
            let problems = if times == 0 { &mut self.lost } else { &mut self.doubled };
            return problems.push(format!("{name}: it is stored {times} times"));
        };
        if !turn.has_ended {
            self.stranded.push(format!("{name}: no end was delivered to the client"));
        }
        let history = client.whole_history(json!({"id": CONVERSATION})).await;
        if client.whole_file(CONVERSATION).await != history {
            self.lost.push(format!("{name}: the file of its conversation is not its history"));
        }
        let Some(reply) = history.iter().rfind(|message| message["metadata"]["parentId"] == question.id.as_str())
        else {
            return self.lost.push(format!("{name}: it has no reply"));
        };
        let status = reply["metadata"]["status"].as_str().unwrap();
        let is_last = history.last() == Some(reply);
        let may_wait = turn.reaction.way == Way::Never && is_last;
        if status == "streaming" || status == "waiting" && !may_wait {
            return self.stranded.push(format!("{name}: it is {status}"));
        }
        let parts = reply["parts"].as_array().unwrap();
        let text: String = parts.iter().filter_map(|part| part["text"].as_str()).collect();
        let whole = SAID.concat();
        if !whole.starts_with(&text) || status == "complete" && text != whole {
            self.doubled.push(format!("{name}: a {status} reply is {text:?}"));
        }
        for part in parts.iter().filter(|part| part["toolCallId"].is_string()) {
            self.look_at_call(turn, part, status, effects);
        }
    }

    fn look_at_call(&mut self, turn: &ToolTurn, part: &Value, status: &str, effects: &Effects) {
        let [key, state, tool] = ["toolCallId", "state", "type"].map(|name| part[name].as_str().unwrap());
        let acted = effects.get(key).copied().unwrap_or_default();
        let problem =
            |what: &str| format!("{}: {key} of {tool} {what} ({state}, it acted {acted} times)", turn.message);
        self.calls += 1;
        self.failed += usize::from(state == "output-error");
        let has_ended = matches!(state, "output-available" | "output-error" | "output-denied");
        if status != "waiting" && !has_ended {
            self.lost.push(problem("has no outcome"));
        }
        if acted > 1 {
            self.doubled.push(problem("acted twice"));
        }
        let may_act = tool != "tool-place_large_order" || turn.reaction.approves && turn.reaction.way != Way::Never;
        if acted > 0 && (!may_act || state == "output-denied") {
            self.doubled.push(problem("was not approved"));
        }
        if acted == 0 && state == "output-available" && tool != "tool-show" {
            self.lost.push(problem("has an output and never acted"));
        }
    }
}
