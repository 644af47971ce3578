//! The tool calls that this function executes.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use futures::StreamExt;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::FuturesUnordered;
use serde_json::{Value, json};

use crate::agents::ChatAgent;
use crate::conversation::{CallId, MAX_OUTCOME_BYTES, Outcome, OutcomeKind};
use crate::db::OutputStore;
use crate::tools::{Invocation, Output, OutputPart, Returns, ToolError};
use crate::turn::{Call, TurnKey};

/// The outcome of a call that was executed.
pub(super) struct CallOutcome {
    pub(super) call: CallId,
    pub(super) tool: String,
    pub(super) outcome: Outcome,
}

/// The calls that are being executed, concurrently.
#[derive(Default)]
pub(super) struct ToolCalls {
    running: FuturesUnordered<BoxFuture<'static, CallOutcome>>,
}

impl ToolCalls {
    /// Executes a call, which is stored as started.
    pub(super) fn execute(&mut self, call: &Call<'_>, agent: &ChatAgent, turn: &TurnKey, store: Arc<dyn OutputStore>) {
        let id = call.id.clone();
        let run = agent.checked(call.tool, call.input).and_then(|(tool, input)| {
            let invocation = Invocation {
                key: id.to_string(),
                user: turn.user_id.clone(),
                conversation: turn.conversation_id.clone(),
                input,
            };
            tool.run(invocation).ok_or_else(|| "This tool is not executed by the server.".to_owned())
        });
        let returns = agent.tools().get(call.tool).map(|tool| tool.returns.clone()).unwrap_or_default();
        let (name, turn) = (call.tool.to_owned(), turn.clone());
        let executed = async move {
            let (outcome, whole) = match run {
                Ok(run) => outcome_of(run.await, &returns),
                // The tool is another one since the call was asked for.
                Err(refusal) => (Outcome::error(refusal), None),
            };
            // Before the log has its beginning, and says that there is more.
            if let Some(whole) = whole
                && let Err(error) = store.save_output(&turn, &id, &whole).await
            {
                tracing::warn!(tool = %name, %error, "storing the whole output of a tool failed");
            }
            if matches!(outcome.kind, OutcomeKind::Error | OutcomeKind::Unknown) {
                tracing::warn!(tool = %name, outcome = ?outcome.kind, "a tool call failed");
            }
            CallOutcome { call: id, tool: name, outcome }
        };
        self.running.push(executed.boxed());
    }

    /// The next call that ends. Never, if there is none. Cancel-safe.
    pub(super) async fn next(&mut self) -> CallOutcome {
        poll_fn(|context| match self.running.poll_next_unpin(context) {
            Poll::Ready(Some(outcome)) => Poll::Ready(outcome),
            // Another call that starts wakes the turn.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Whether none is being executed.
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Gives up all of them. What a tool has begun goes on without us.
    pub(super) fn cancel(&mut self) {
        self.running = FuturesUnordered::new();
    }
}

// The outcome as it is in the log, and the output for the client if it is longer than that. What a pointer leaves out may
// not be meant for the model, or for the client: one that finds nothing gives nothing.
fn outcome_of(result: Result<Output, ToolError>, returns: &Returns) -> (Outcome, Option<String>) {
    let output = match result {
        Ok(output) => output,
        Err(ToolError { sentence, is_unknown: true }) => return with_whole(OutcomeKind::Unknown, sentence),
        Err(ToolError { sentence, is_unknown: false }) => return with_whole(OutcomeKind::Error, sentence),
    };
    let (kind, text) = text_of(&output.at(returns.model.as_deref()));
    let (outcome, whole) = with_whole(kind, text);
    let shown = match &*output.at(returns.client.as_deref()) {
        Output::Json(value) if returns.client != returns.model => value.to_string(),
        _ => return (outcome, whole),
    };
    match shown.len() <= MAX_OUTCOME_BYTES {
        true => (Outcome { shown: Some(shown), ..outcome }, None),
        false => {
            let cut = shown[..shown.floor_char_boundary(MAX_OUTCOME_BYTES / 4)].to_owned();
            (Outcome { shown: Some(Value::String(cut).to_string()), ..outcome }, Some(shown))
        }
    }
}

fn text_of(output: &Output) -> (OutcomeKind, String) {
    match output {
        Output::Text(text) | Output::Json(Value::String(text)) => (OutcomeKind::Text, text.clone()),
        Output::Json(value) => (OutcomeKind::Json, value.to_string()),
        Output::Parts(parts) => (OutcomeKind::Parts, parts.iter().map(stored_part).collect::<Value>().to_string()),
    }
}

fn with_whole(kind: OutcomeKind, text: String) -> (Outcome, Option<String>) {
    let whole = (text.len() > MAX_OUTCOME_BYTES).then(|| text.clone());
    (bounded(kind, text), whole)
}

// A picture or a JSON value that is cut is neither: only text can be.
fn bounded(kind: OutcomeKind, mut text: String) -> Outcome {
    match kind {
        _ if text.len() <= MAX_OUTCOME_BYTES => Outcome::new(kind, text),
        OutcomeKind::Parts => Outcome::error("The output is too large to be shown to you."),
        OutcomeKind::Json | OutcomeKind::Text => {
            text.truncate(text.floor_char_boundary(MAX_OUTCOME_BYTES));
            Outcome::new(OutcomeKind::Text, text)
        }
        OutcomeKind::Error | OutcomeKind::Denied | OutcomeKind::Unknown => {
            text.truncate(text.floor_char_boundary(MAX_OUTCOME_BYTES));
            Outcome::new(kind, text)
        }
    }
}

// In MCP's form.
fn stored_part(part: &OutputPart) -> serde_json::Value {
    match part {
        OutputPart::Text(text) => json!({ "type": "text", "text": text }),
        OutputPart::Image { media_type, data } => json!({ "type": "image", "mimeType": media_type, "data": data }),
    }
}
