//! The JSON of an OpenAI-compatible stream (`chat.completion.chunk`), read as leniently as servers write it.

use std::fmt::{Formatter, Result as Formatted};
use std::marker::PhantomData;

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::llm::lenient::{Count, Object, lenient};
use crate::turn::FinishReason;

/// One event of the stream. Every field may be missing or null: servers differ.
#[derive(Default, Deserialize)]
pub struct CompletionChunk {
    // Never is more than one asked for.
    #[serde(default, rename = "choices", deserialize_with = "first")]
    choice: Option<Choice>,
    #[serde(default, deserialize_with = "lenient")]
    usage: Object<ReportedUsage>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default, alias = "message")]
    delta: Option<ChoiceDelta>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct ChoiceDelta {
    #[serde(default)]
    content: Option<Content>,
    // DeepSeek, vLLM and llama.cpp write `reasoning_content`, OpenRouter and Ollama `reasoning`.
    #[serde(default)]
    reasoning_content: Option<String>,
    #[serde(default)]
    reasoning: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Pieces(Vec<Piece>),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct Piece {
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
struct ReportedUsage {
    #[serde(default, deserialize_with = "lenient")]
    prompt_tokens: Count,
    #[serde(default, deserialize_with = "lenient")]
    completion_tokens: Count,
}

impl CompletionChunk {
    /// The server's code of the error that the event is, empty where it gives none; `None` for an ordinary event.
    pub fn fault(&self) -> Option<&str> {
        let error = self.error.as_ref().filter(|error| !error.is_null())?;
        Some(error_code(error).unwrap_or_default())
    }

    /// What is added to the reasoning; empty when nothing is.
    pub fn reasoning(&mut self) -> String {
        self.delta().and_then(|delta| delta.reasoning_content.take().or(delta.reasoning.take())).unwrap_or_default()
    }

    /// What is added to the text; empty when nothing is.
    pub fn text(&mut self) -> String {
        match self.delta().and_then(|delta| delta.content.take()) {
            Some(Content::Text(text)) => text,
            Some(Content::Pieces(pieces)) => pieces.into_iter().filter_map(|piece| piece.text).collect(),
            Some(Content::Other(_)) | None => String::new(),
        }
    }

    /// Why the model stopped, in the event that says so.
    pub fn finish_reason(&self) -> Option<FinishReason> {
        let reason = self.choice.as_ref()?.finish_reason.as_deref()?;
        match reason {
            "" => None,
            "stop" | "eos" | "end_turn" => Some(FinishReason::Stop),
            "length" | "max_tokens" => Some(FinishReason::Length),
            "content_filter" => Some(FinishReason::ContentFilter),
            "tool_calls" | "function_call" => Some(FinishReason::ToolCalls),
            _ => Some(FinishReason::Other),
        }
    }

    /// The tokens of the prompt, where the event tells them.
    pub fn input_tokens(&self) -> Option<u64> {
        self.usage.0.as_ref()?.prompt_tokens.0
    }

    /// The tokens of the reply, where the event tells them.
    pub fn output_tokens(&self) -> Option<u64> {
        self.usage.0.as_ref()?.completion_tokens.0
    }

    fn delta(&mut self) -> Option<&mut ChoiceDelta> {
        self.choice.as_mut()?.delta.as_mut()
    }
}

/// The code inside an error object, where there is one.
pub fn error_code(error: &Value) -> Option<&str> {
    let inner = error.get("error").unwrap_or(error);
    [inner.get("code"), inner.get("type")].into_iter().flatten().find_map(Value::as_str)
}

// The first of a list that may be empty or null, without a list for it.
fn first<'de, D: Deserializer<'de>, T: Deserialize<'de>>(list: D) -> Result<Option<T>, D::Error> {
    struct First<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for First<T> {
        type Value = Option<T>;

        fn expecting(&self, formatter: &mut Formatter<'_>) -> Formatted {
            formatter.write_str("a list")
        }

        fn visit_unit<E>(self) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<T>, A::Error> {
            let first = list.next_element()?;
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(first)
        }
    }

    list.deserialize_any(First(PhantomData))
}
