//! The JSON of an OpenAI-compatible stream, read as leniently as servers write it.

use serde::Deserialize;
use serde_json::Value;

use super::calls::pieces;
use super::reasoning::{FIELDS, ReturnedReasoning};
use crate::conversation::Source;
use crate::llm::citations::cited;
use crate::llm::content::Content;
use crate::llm::finish::finish_reason;
use crate::llm::http::ReadEvent;
use crate::llm::lenient::{Count, FirstOf, FromJson, Object, Presence, Text, lenient};
use crate::llm::server_error::ServerError;
use crate::llm::stream_event::StreamEvent;
use crate::llm::tool_calls::CallDelta;

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
    #[serde(default)]
    reasoning_details: Value,
    #[serde(default, deserialize_with = "lenient")]
    refusal: Text,
    #[serde(default)]
    tool_calls: Value,
    #[serde(default)]
    function_call: Value,
    // Of models that search the web.
    #[serde(default)]
    annotations: Value,
}

/// What a message says.
#[derive(Default)]
struct Said {
    content: Content,
    calls: Vec<CallDelta>,
    sources: Vec<Source>,
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
    #[serde(default, deserialize_with = "lenient")]
    prompt_tokens_details: Object<PromptDetails>,
    // DeepSeek's.
    #[serde(default, deserialize_with = "lenient")]
    prompt_cache_hit_tokens: Count,
}

#[derive(Deserialize)]
struct PromptDetails {
    #[serde(default, deserialize_with = "lenient")]
    cached_tokens: Count,
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
#[derive(Default)]
pub struct ChunkReader {
    reasoning: ReturnedReasoning,
}

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
        let message = choice.delta.0.or(choice.message.0);
        let Said { content, calls, sources } = message.map(|message| self.read(message, is_whole)).unwrap_or_default();
        // The reasoning is over when something else comes.
        let is_over = !content.text.is_empty() || !calls.is_empty() || finish_reason.is_some();
        let usage = if chunk.usage.0.is_some() { chunk.usage } else { choice.usage };
        Ok(StreamEvent {
            is_whole,
            finish_reason,
            failure: reported.map(|error| error.meaning(None)).or(failure),
            reasoning: content.thoughts,
            provider_data: if is_over { self.reasoning.take() } else { None },
            text: content.text,
            calls,
            sources,
            ..counted(usage)
        })
    }
}

impl ChunkReader {
    fn read(&mut self, message: Message, is_whole: bool) -> Said {
        let Message { mut content, reasoning_content, reasoning, reasoning_details, refusal, .. } = message;
        // The same in several fields counts once.
        let fields = FIELDS.into_iter().zip([reasoning_content.all(), reasoning.all()]);
        if let Some((field, thoughts)) = fields.into_iter().find(|(_, thoughts)| !thoughts.is_empty()) {
            self.reasoning.came_in(field);
            content.thoughts = thoughts;
        }
        if !reasoning_details.is_null() {
            let details: Content = lenient(&reasoning_details).unwrap_or_default();
            if content.thoughts.is_empty() {
                content.thoughts = details.all();
            }
            self.reasoning.add(reasoning_details);
        }
        content.text.push_str(&refusal.0);
        let sources = cited(&message.annotations);
        Said { content, calls: pieces(message.tool_calls, message.function_call, is_whole), sources }
    }
}

fn counted(Object(usage): Object<Usage>) -> StreamEvent {
    let Some(usage) = usage else { return StreamEvent::default() };
    let details = usage.prompt_tokens_details.0;
    StreamEvent {
        input_tokens: usage.prompt_tokens.0.or(usage.input_tokens.0),
        cached_input_tokens: details.and_then(|details| details.cached_tokens.0).or(usage.prompt_cache_hit_tokens.0),
        output_tokens: usage.completion_tokens.0.or(usage.output_tokens.0),
        ..StreamEvent::default()
    }
}
