//! Each model's adapter against servers that speak as real ones do, and one suite of faults that all of them survive.

mod anthropic_client;
mod anthropic_quirks;
mod bedrock_client;
mod call_quirks;
mod changed_key;
mod counts;
mod fallback_model;
mod model_server;
mod openai_client;
mod quirks;
mod reasoning_effort;
mod requests;
mod responses_client;
mod responses_quirks;
mod responses_reasoning;
mod returned_reasoning;
mod server_errors;
mod tool_objections;
mod tool_requests;
mod wire;

use std::time::Duration;

use futures::StreamExt;
use natter::conversation::Usage;
use natter::error::ErrorCode;
use natter::llm::{CallLimits, Delta, LanguageModel, ModelError, Prompt, PromptMessage, PromptRole};
use natter::turn::FinishReason;

use model_server::ModelServer;
use wire::Wire;

/// So long that no busy machine makes a model seem silent.
const LIMITS: CallLimits = CallLimits {
    connect: Duration::from_secs(20),
    first_token: Duration::from_secs(20),
    next_token: Duration::from_secs(20),
    reply_bytes: 1_000_000,
    reply_parts: 100,
};

fn prompt() -> Prompt {
    let messages =
        vec![PromptMessage::text(PromptRole::System, "Be kind."), PromptMessage::text(PromptRole::User, "Hello")];
    Prompt { messages, ..Prompt::default() }
}

async fn ask(model: &impl LanguageModel) -> Vec<Result<Delta, ModelError>> {
    model.stream(prompt()).collect().await
}

/// What had come, and why no more came.
fn failed(outcome: Vec<Result<Delta, ModelError>>) -> (Vec<Delta>, ModelError) {
    let mut deltas = Vec::new();
    for delta in outcome {
        match delta {
            Ok(delta) => deltas.push(delta),
            Err(error) => return (deltas, error),
        }
    }
    panic!("the call succeeded: {deltas:?}");
}

/// Asks the server and expects an error with this code, in which none of the server's `words` stand.
async fn fails_with<ThisWire: Wire>(server: &ModelServer, code: ErrorCode, words: &str) {
    let (_, error) = failed(ask(&ThisWire::client(server.url(), LIMITS)).await);
    assert_eq!(error.code(), code, "{words}: {error}");
    assert!(!error.to_string().contains(words), "{error}");
}

fn succeeded(outcome: Vec<Result<Delta, ModelError>>) -> Vec<Delta> {
    outcome.into_iter().collect::<Result<_, _>>().unwrap()
}

fn text(words: &str) -> Delta {
    Delta::Text(words.to_owned())
}

fn thought(words: &str) -> Delta {
    Delta::Reasoning(words.to_owned())
}

fn finish(reason: FinishReason, usage: Option<Usage>) -> Delta {
    Delta::Finish { reason, usage }
}

fn counted(input_tokens: u64, output_tokens: u64) -> Option<Usage> {
    Some(Usage { input_tokens, output_tokens, cached_input_tokens: 0 })
}

fn with_cached(usage: Option<Usage>, cached_input_tokens: u64) -> Option<Usage> {
    usage.map(|usage| Usage { cached_input_tokens, ..usage })
}

fn call(tool: &str) -> Delta {
    Delta::ToolStart { tool: tool.to_owned() }
}

fn input(json: &str) -> Delta {
    Delta::ToolInput(json.to_owned())
}
