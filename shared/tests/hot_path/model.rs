use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use natter::llm::{CallLimits, DeltaStream, LanguageModel, Prompt, deltas_of};
use reqwest::Body;
use tokio::time::sleep;

/// From the call to the first token, and from one token to the next: 50 a second.
const FIRST_TOKEN: Duration = Duration::from_millis(300);
const NEXT_TOKEN: Duration = Duration::from_millis(20);

const MODEL: &str = "gpt-4o-mini";

/// A server that speaks OpenAI's chat completions, without its socket: each event is a piece of its answer's body.
pub struct ScriptedServer {
    events: Vec<Bytes>,
}

impl ScriptedServer {
    /// One that says so many tokens.
    pub fn saying(tokens: usize) -> Self {
        Self { events: events(tokens) }
    }
}

impl LanguageModel for ScriptedServer {
    fn name(&self) -> &str {
        MODEL
    }

    fn stream(&self, _: Prompt) -> DeltaStream {
        let pieces = stream::iter(self.events.clone()).enumerate().then(|(number, event)| async move {
            sleep(if number == 0 { FIRST_TOKEN } else { NEXT_TOKEN }).await;
            Ok::<_, std::convert::Infallible>(event)
        });
        let answer = http::Response::builder()
            .header("content-type", "text/event-stream")
            .body(Body::wrap_stream(pieces))
            .unwrap();
        deltas_of(answer.into(), CallLimits::default())
    }
}

fn events(tokens: usize) -> Vec<Bytes> {
    let word = |_| event(r#"{"content":" words"}"#, "null", "null");
    let end = event("{}", r#""stop""#, &format!(r#"{{"prompt_tokens":12,"completion_tokens":{tokens}}}"#));
    (0..tokens).map(word).chain([end, Bytes::from_static(b"data: [DONE]\n\n")]).collect()
}

fn event(delta: &str, finish_reason: &str, usage: &str) -> Bytes {
    Bytes::from(format!(
        "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1767225600,\"model\":\"{MODEL}\",\
         \"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish_reason}}}],\
         \"usage\":{usage}}}\n\n"
    ))
}
