//! The JSON of an OpenAI-compatible stream, read as leniently as servers write it.

use serde::Deserialize;
use serde_json::Value;

use crate::llm::content::Content;
use crate::llm::finish::finish_reason;
use crate::llm::http::ReadEvent;
use crate::llm::lenient::{Count, FirstOf, FromJson, Object, Presence, Text, lenient};
use crate::llm::server_error::ServerError;
use crate::llm::stream_event::StreamEvent;

/// One event of the stream, or the whole answer of a server that does not stream.
#[derive(Deserialize)]
struct Chunk {
    // At most one is requested.
    #[serde(default, deserialize_with = "lenient")]
    choices: FirstOf<Choice>,
    #[serde(default, deserialize_with = "lenient")]
    usage: Object<Usage>,
    #[serde(default, deserialize_with = "lenient")]
    error: Presence,
    #[serde(default, deserialize_with = "lenient")]
    object: Kind,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default, deserialize_with = "lenient")]
    delta: Object<Message>,
    // The whole message, also beside a delta.
    #[serde(default, deserialize_with = "lenient")]
    message: Object<Message>,
    #[serde(default, deserialize_with = "lenient")]
    finish_reason: Text,
    #[serde(default, deserialize_with = "lenient")]
    usage: Object<Usage>,
    #[serde(default, deserialize_with = "lenient")]
    error: Presence,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default, deserialize_with = "lenient")]
    content: Content,
    // DeepSeek, vLLM and llama.cpp write `reasoning_content`, OpenRouter and Ollama `reasoning`; some write both.
    #[serde(default, deserialize_with = "lenient")]
    reasoning_content: Content,
    #[serde(default, deserialize_with = "lenient")]
    reasoning: Content,
    #[serde(default, deserialize_with = "lenient")]
    reasoning_details: Content,
    #[serde(default, deserialize_with = "lenient")]
    refusal: Text,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default, deserialize_with = "lenient")]
    prompt_tokens: Count,
    #[serde(default, deserialize_with = "lenient")]
    completion_tokens: Count,
    // Other names.
    #[serde(default, deserialize_with = "lenient")]
    input_tokens: Count,
    #[serde(default, deserialize_with = "lenient")]
    output_tokens: Count,
}

/// The declared type of an object.
#[derive(Default, PartialEq)]
enum Kind {
    Chunk,
    Whole,
    #[default]
    Unknown,
}

impl FromJson<'_> for Kind {
    fn from_text(text: &str) -> Self {
        match text {
            "chat.completion.chunk" => Kind::Chunk,
            "chat.completion" => Kind::Whole,
            _ => Kind::Unknown,
        }
    }
}

/// Reads the events of a stream.
pub struct ChunkReader;

impl ReadEvent for ChunkReader {
    fn read(&mut self, json: &str) -> serde_json::Result<StreamEvent> {
        let chunk: Chunk = serde_json::from_str(json)?;
        let is_ordinary = (chunk.choices.0.is_some() || chunk.usage.0.is_some()) && !chunk.error.0;
        let reported = match is_ordinary {
            true => None,
            false => ServerError::of_event(&serde_json::from_str::<Value>(json)?),
        };
        let Some(choice) = chunk.choices.0 else {
            let failure = reported.map(|error| error.meaning(None));
            return Ok(StreamEvent { failure, ..counted(chunk.usage) });
        };
        let reported = match choice.error.0 {
            true => ServerError::of_event(&serde_json::from_str::<Value>(json)?["choices"][0]),
            false => reported,
        };
        let (finish_reason, failure) = match finish_reason(&choice.finish_reason.0) {
            Ok(reason) => (reason, None),
            Err(failure) => (None, Some(failure)),
        };
        let is_whole = match chunk.object {
            Kind::Whole => true,
            Kind::Unknown => choice.delta.0.is_none(),
            Kind::Chunk => false,
        };
        let said = choice.delta.0.or(choice.message.0).map(Message::read).unwrap_or_default();
        let usage = if chunk.usage.0.is_some() { chunk.usage } else { choice.usage };
        Ok(StreamEvent {
            is_whole,
            finish_reason,
            failure: reported.map(|error| error.meaning(None)).or(failure),
            reasoning: said.thoughts,
            text: said.text,
            ..counted(usage)
        })
    }
}

impl Message {
    fn read(self) -> Content {
        let Self { mut content, reasoning_content, reasoning, reasoning_details, refusal } = self;
        // The same in several fields counts once.
        let thoughts = [reasoning_content, reasoning, reasoning_details].into_iter().map(Content::all);
        if let Some(thoughts) = thoughts.into_iter().find(|thoughts| !thoughts.is_empty()) {
            content.thoughts = thoughts;
        }
        content.text.push_str(&refusal.0);
        content
    }
}

fn counted(Object(usage): Object<Usage>) -> StreamEvent {
    let counts = usage.map(|usage| {
        (usage.prompt_tokens.0.or(usage.input_tokens.0), usage.completion_tokens.0.or(usage.output_tokens.0))
    });
    let (input_tokens, output_tokens) = counts.unwrap_or_default();
    StreamEvent { input_tokens, output_tokens, ..StreamEvent::default() }
}
