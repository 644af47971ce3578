//! A turn with tools, with the function killed at each call that it makes: two calls of a function and one of an endpoint at the same
//! time, one that needs approval, and one that the page executes. None of these tools is idempotent, and each counts what it does.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;
use natter_local::Moment;
use natter_tests::{Client, Natter, NatterBuilder, ToolCall, ToolEndpoint, answers};
use serde_json::{Value, json};

use super::{AFTER_THE_LEASE, CONCURRENCY, FUNCTIONS, LEASE_SECONDS, expect};

/// The function that calls the endpoint. The sweep finds no turn that it could take over before a client does.
const CALLER: &str = "MessageFunction";

/// After this many requests for one turn, the test fails.
const MAX_REQUESTS: usize = 12;

const SAID: [&str; 2] = ["Ordering.", "Done."];

/// The calls of the turn, in the order of the script.
const CALLS: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tool_acts_twice_and_no_step_is_asked_again_wherever_a_function_dies() {
    let calls = {
        let turn = Turn::start().await;
        let calls = turn.natter.stack.count_calls(&FUNCTIONS);
        let ended = turn.run().await.unwrap();
        assert_eq!((ended.status.as_str(), ended.failed, ended.acted.len()), ("complete", 0, 4), "{ended:?}");
        calls.names()
    };
    println!("the calls of a turn with tools: {}", calls.join(", "));
    let kills = (1..=calls.len()).flat_map(|number| [(number, Moment::Before), (number, Moment::After)]);
    let cases = kills.map(|(number, moment)| async move {
        let (name, has_killed, outcome) = kill_at(number, moment).await;
        (has_killed, outcome.map_err(|problem| format!("killed {moment:?} call {number} ({name}): {problem}")))
    });
    let outcomes: Vec<_> = futures::stream::iter(cases).buffer_unordered(CONCURRENCY).collect().await;
    let (killed, outcomes): (Vec<bool>, Vec<_>) = outcomes.into_iter().unzip();
    let killed = killed.into_iter().filter(|killed| *killed).count();
    let ended: Vec<&Ended> = outcomes.iter().flatten().collect();
    let unknown: usize = ended.iter().map(|ended| ended.failed).sum();
    let interrupted = ended.iter().filter(|ended| ended.status == "interrupted").count();
    let broken: Vec<&String> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    println!(
        "crash points: a turn with tools of {} calls, {killed} kills, {unknown} outcomes unknown, {interrupted} interrupted, {} broken promises",
        calls.len(),
        broken.len()
    );
    assert!(broken.is_empty(), "{broken:#?}");
    // How many posts and saves there are is a matter of chance: the last calls of the turn that was counted may not be made.
    assert!(killed * 10 > calls.len() * 2 * 8, "only {killed} kills");
    assert!(interrupted * 5 < calls.len() * 2, "{interrupted} turns were interrupted");
}

/// The call at which the function was to be killed, whether it was, and what became of the turn.
async fn kill_at(number: usize, moment: Moment) -> (String, bool, Result<Ended, String>) {
    let turn = Turn::start().await;
    let calls = turn.natter.stack.kill_at(&FUNCTIONS, number, moment);
    let ended = turn.run().await;
    let names = calls.names();
    let before = &names[..number.min(names.len())];
    let checked = ended.and_then(|ended| {
        // What was executed before the kill was stored before that.
        let was_executing = before.iter().any(|name| matches!(name.as_str(), "invoke" | "http"));
        let asked = before.iter().filter(|name| *name == "model").count();
        ended.check([was_executing, asked > 1 && before.last().is_some_and(|name| name == "next")])?;
        Ok(ended)
    });
    (before.last().cloned().unwrap_or_default(), calls.has_killed(), checked)
}

/// What became of a turn.
#[derive(Debug)]
struct Ended {
    status: String,
    /// What the page shows: the state of each call, by its id.
    states: BTreeMap<String, String>,
    text: String,
    /// How often each step was asked of the model.
    asked: Vec<usize>,
    /// How often a tool acted, by the key of the call.
    acted: BTreeMap<String, usize>,
    /// Calls that ended without an output.
    failed: usize,
}

impl Ended {
    /// Checks the promises. `completed` says of each step whether it was stored before the function was killed.
    fn check(&self, completed: [bool; 2]) -> Result<(), String> {
        if let Some((key, times)) = self.acted.iter().find(|(_, times)| **times > 1) {
            return Err(format!("{key} acted {times} times: {self:?}"));
        }
        for (step, is_completed) in completed.into_iter().enumerate() {
            let asked = self.asked.get(step).copied().unwrap_or_default();
            let most = if is_completed { 1 } else { 2 };
            if asked > most {
                return Err(format!("step {step} was asked {asked} times: {self:?}"));
            }
        }
        if self.status == "interrupted" {
            return Ok(());
        }
        expect("the state of the reply", self.status.as_str(), "complete")?;
        expect("its text", self.text.as_str(), SAID.concat().as_str())?;
        expect("its calls", self.states.len(), CALLS)?;
        for (call, state) in &self.states {
            let acted = self.acted.contains_key(call);
            // The page's own call acts there; one with an error may have acted, or not.
            if !acted && state == "output-available" && !call.ends_with("-5") {
                return Err(format!("{call} has an output and never acted: {self:?}"));
            }
            if !matches!(state.as_str(), "output-available" | "output-error") {
                return Err(format!("{call} has no end: {self:?}"));
            }
        }
        Ok(())
    }
}

/// A turn that is about to be asked for.
struct Turn {
    natter: Natter,
    endpoint: ToolEndpoint,
}

impl Turn {
    async fn start() -> Self {
        let endpoint = ToolEndpoint::start().await;
        let builder = NatterBuilder::default().environment("LEASE_SECONDS", LEASE_SECONDS);
        let builder = builder.environment("CONCURRENT_TURNS", "100").environment("FRAMES_PER_SECOND", "0");
        let natter = builder.tools(tools(&endpoint.url)).start().await;
        Self { natter, endpoint }
    }

    /// Has the turn to its end, as a page does that does not give up.
    async fn run(self) -> Result<Ended, String> {
        let Self { natter, mut endpoint } = self;
        let mut told = Vec::new();
        let answering = async {
            loop {
                take(&natter, endpoint.next().await, &mut told).await;
            }
        };
        let message = tokio::select! {
            message = persist(&natter) => message?,
            () = answering => unreachable!("the endpoint is called for ever"),
        };
        natter.stack.settled().await;
        let ended = ended(&natter, &message, &told).await;
        natter.stack.stop().await;
        Ok(ended)
    }
}

/// Takes a call of the endpoint, which kills its caller where it is to be killed.
async fn take(natter: &Natter, call: ToolCall, told: &mut Vec<String>) {
    let moment = natter.stack.is_called(CALLER, "http");
    if moment != Some(Moment::Before) {
        told.push(call.key.clone());
    }
    match moment {
        Some(_) => natter.stack.kill_environments(CALLER).await,
        None => call.answer("told"),
    }
}

/// Asks, and then does what the stored turn needs until it has ended. Returns the reply.
async fn persist(natter: &Natter) -> Result<Value, String> {
    let mut alice = natter.connect("alice").await;
    let script = script();
    for _ in 0..MAX_REQUESTS {
        let history = timely(alice.ask("conversations.get", json!({"id": "c"}))).await.unwrap_or_default();
        let messages = history["data"]["messages"].as_array().cloned().unwrap_or_default();
        let reply = messages.last().filter(|message| message["role"] == "assistant");
        let status = reply.map(|reply| reply["metadata"]["status"].as_str().unwrap_or_default());
        let request = match (reply, status) {
            // Without an answer, nobody knows whether there is a reply.
            (None, _) if history["code"] == "not_found" || history["type"] == "result" => {
                alice.say_as("m1", "c", &script).await
            }
            (Some(reply), Some("waiting")) => alice.respond("c", &answers(reply, true, "shown")).await,
            (Some(_), Some("streaming")) => resume(&mut alice).await,
            (Some(reply), Some(_)) => return Ok(reply.clone()),
            _ => continue,
        };
        follow(&mut alice, &request).await;
    }
    Err("the turn did not end".to_owned())
}

async fn resume(client: &mut Client) -> String {
    let request = format!("resume-{}", fastrand::u64(..));
    client.send(json!({"type": "resume", "requestId": request, "id": "c", "headers": {}, "body": {}})).await;
    request
}

/// Waits for the end of an answer, or until its function must be dead.
async fn follow(client: &mut Client, request: &str) {
    while let Some(frame) = timely(client.next(request)).await {
        match frame["type"].as_str().unwrap_or_default() {
            "start" | "chunk" => {}
            "error" => return tokio::time::sleep(Duration::from_millis(300)).await,
            _ => return,
        }
    }
}

async fn timely<T>(answer: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(AFTER_THE_LEASE, answer).await.ok()
}

async fn ended(natter: &Natter, message: &Value, told: &[String]) -> Ended {
    let mut acted: BTreeMap<String, usize> = BTreeMap::new();
    let ordered = natter.orders().into_iter().map(|order| order["key"].as_str().unwrap_or_default().to_owned());
    for key in ordered.chain(told.iter().cloned()) {
        *acted.entry(key).or_default() += 1;
    }
    let parts = message["parts"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let calls = parts.iter().filter(|part| part["toolCallId"].is_string());
    let states: BTreeMap<_, _> = calls.map(|part| (text(&part["toolCallId"]), text(&part["state"]))).collect();
    Ended {
        status: text(&message["metadata"]["status"]),
        text: parts.iter().filter(|part| part["type"] == "text").map(|part| text(&part["text"])).collect(),
        asked: natter.steps_asked().await,
        failed: states.values().filter(|state| *state == "output-error").count(),
        states,
        acted,
    }
}

fn script() -> String {
    let order = |tool: &str, item: &str| json!({"name": tool, "arguments": {"item": item, "count": 1}});
    let calls = [
        order("place_order", "Tea"),
        order("place_order", "Cake"),
        json!({"name": "tell_kitchen"}),
        order("place_large_order", "Coffee"),
        json!({"name": "show"}),
    ];
    let steps = [json!({"text": SAID[0], "calls": calls}), json!({"text": SAID[1]})];
    format!("script:{}", json!({"rate": 0, "steps": steps}))
}

fn tools(endpoint: &str) -> String {
    let order = |name: &str, approval: &str| {
        format!(
            r#"
[[tool]]
name = "{name}"
description = "Orders something."
kind = "lambda"
function = "place-order"
approval = "{approval}"
parameters = {{ type = "object" }}
"#
        )
    };
    let endpoint = format!(
        r#"
[[tool]]
name = "tell_kitchen"
description = "Tells the kitchen."
kind = "http"
url = "{endpoint}"

[[tool]]
name = "show"
description = "Shows the order."
kind = "client"
"#
    );
    let file = [order("place_order", "never"), order("place_large_order", "always"), endpoint].concat();
    format!("private_hosts = [\"127.0.0.1\"]\n{file}")
}
