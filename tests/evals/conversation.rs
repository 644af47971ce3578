//! Holds the conversation of a case, as a page would.

use natter_tests::{Client, Natter, answers};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::case::Case;

/// How often the user of a case answers what a reply asks.
const MAX_ANSWERS: usize = 16;

/// What became of a conversation.
#[derive(Debug, Default)]
pub struct Conversation {
    /// The calls of tools, in order: the tool and the arguments.
    pub calls: Vec<(String, Value)>,
    /// What failed of them, and why.
    pub failed: Vec<String>,
    /// The text of the last reply.
    pub text: String,
    /// All that was said, for a judge.
    pub transcript: String,
    /// What it has cost, in US dollars, if every reply's cost is known.
    pub cost: Option<f64>,
    /// The tokens that it has used, in and out.
    pub tokens: u64,
}

/// Holds it with the agent of the case, in the conversation with this id.
///
/// # Errors
/// A reply has failed.
pub async fn hold(
    natter: &Natter,
    agent: &str,
    case: &Case,
    id: &str,
    is_scripted: bool,
) -> Result<Conversation, String> {
    let mut client = natter.connect("evals").await;
    let scripts = case.script.as_ref().map(|scripts| scripts.all()).unwrap_or_default();
    for (number, message) in case.message.all().into_iter().enumerate() {
        let text = match scripts.get(number) {
            Some(script) if is_scripted => format!("script:{script}"),
            _ => message,
        };
        let request = say(&mut client, id, agent, &text).await;
        finished(&mut client, &request).await?;
        for _ in 0..MAX_ANSWERS {
            let last = history(&mut client, id).await.pop().unwrap_or_default();
            if last["metadata"]["status"] != "waiting" {
                break;
            }
            let request = client.respond(id, &answered(&last, case)).await;
            finished(&mut client, &request).await?;
        }
    }
    Ok(summary(&history(&mut client, id).await))
}

async fn say(client: &mut Client, id: &str, agent: &str, text: &str) -> String {
    let request = Uuid::new_v4().to_string();
    let message = json!({"id": Uuid::new_v4().to_string(), "role": "user", "parts": [{"type": "text", "text": text}]});
    client
        .send(json!({"type": "send", "requestId": request, "id": id, "trigger": "submit-message", "headers": {},
            "body": {"agent": agent}, "messages": [message]}))
        .await;
    request
}

async fn finished(client: &mut Client, request: &str) -> Result<(), String> {
    let last = client.answer(request).await.last;
    match last["type"] == "error" {
        true => Err(format!("the reply failed: {} ({})", last["message"], last["code"])),
        false => Ok(()),
    }
}

async fn history(client: &mut Client, id: &str) -> Vec<Value> {
    client.whole_history(json!({ "id": id })).await
}

// A tool of the page has the output of the case; a question has the user's answer.
fn answered(waiting: &Value, case: &Case) -> Value {
    let mut message = answers(waiting, case.approve, &case.answer);
    for part in message["parts"].as_array_mut().into_iter().flatten() {
        let tool = tool_of(part).map(str::to_owned);
        if let Some(output) =
            tool.and_then(|tool| case.tools.get(&tool)).filter(|_| part["output"] == case.answer.as_str())
        {
            part["output"] = output.clone();
        }
    }
    message
}

fn tool_of(part: &Value) -> Option<&str> {
    match part["type"].as_str()? {
        "dynamic-tool" => part["toolName"].as_str(),
        kind => kind.strip_prefix("tool-"),
    }
}

fn summary(messages: &[Value]) -> Conversation {
    let mut held = Conversation { cost: Some(0.0), ..Conversation::default() };
    for message in messages {
        let mut text = String::new();
        for part in message["parts"].as_array().into_iter().flatten() {
            text.push_str(part["text"].as_str().filter(|_| part["type"] == "text").unwrap_or_default());
            if let Some(tool) = tool_of(part) {
                let outcome = if part["output"].is_null() { &part["errorText"] } else { &part["output"] };
                if part["state"] == "output-error" {
                    held.failed.push(format!("{tool} failed: {}", outcome.as_str().unwrap_or_default()));
                }
                held.transcript.push_str(&format!("[{tool} is called with {} and returns {outcome}]\n", part["input"]));
                held.calls.push((tool.to_owned(), part["input"].clone()));
            }
        }
        held.transcript.push_str(&format!("{}: {text}\n", message["role"].as_str().unwrap_or_default()));
        if message["role"] == "assistant" {
            let metadata = &message["metadata"];
            held.text = text;
            held.cost = held.cost.zip(metadata["cost"].as_f64()).map(|(sum, cost)| sum + cost);
            let tokens = |name: &str| metadata["usage"][name].as_u64().unwrap_or_default();
            held.tokens += tokens("inputTokens") + tokens("outputTokens");
        }
    }
    held
}
