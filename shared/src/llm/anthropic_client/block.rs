//! A content block of an answer, as it begins or whole.

use serde_json::{Value, json};

use crate::llm::content::Content;
use crate::llm::lenient::lenient;
use crate::llm::tool_calls::CallDelta;

/// What of a block a reply has.
#[derive(Default)]
pub struct Block {
    /// Its text, or its reasoning.
    pub content: Content,
    /// The call that it is. Those that the server answers itself are none.
    pub call: Option<CallDelta>,
    /// The signature of its reasoning, if it has a place for one.
    pub signature: Option<String>,
    /// Reasoning that the provider hides.
    pub redacted: Option<Value>,
}

impl Block {
    /// Reads a block.
    pub fn of(mut block: Value) -> Self {
        let text = |field: &str| block[field].as_str().unwrap_or_default().to_owned();
        match block["type"].as_str() {
            Some("tool_use") => {
                let call = CallDelta { id: text("id"), tool: text("name"), ..CallDelta::default() };
                let input = match block["input"].take() {
                    Value::Object(fields) if fields.is_empty() => String::new(),
                    Value::String(input) => input,
                    Value::Null => String::new(),
                    input => input.to_string(),
                };
                Self { call: Some(CallDelta { input, ..call }), ..Self::default() }
            }
            Some("redacted_thinking") => Self { redacted: Some(redacted(&text("data"))), ..Self::default() },
            Some("thinking") => {
                Self { content: content(&block), signature: Some(text("signature")), ..Self::default() }
            }
            _ => Self { content: content(&block), ..Self::default() },
        }
    }

    /// Reads all the blocks of a whole answer. Of their reasoning only one can be returned.
    pub fn all(answer: Value) -> (Content, Vec<CallDelta>, Option<Value>) {
        let Value::Array(blocks) = answer else { return (content(&answer), Vec::new(), None) };
        let (mut all, mut calls, mut data) = (Content::default(), Vec::new(), Vec::new());
        for block in blocks {
            let block = Block::of(block);
            all.text.push_str(&block.content.text);
            all.thoughts.push_str(&block.content.thoughts);
            calls.extend(block.call.map(|call| CallDelta { begins: true, ends: true, ..call }));
            data.extend(block.signature.as_deref().map(signed).or(block.redacted));
        }
        (all, calls, data.pop().filter(|_| data.is_empty()))
    }
}

/// What is kept of reasoning so that it can be returned.
pub fn signed(signature: &str) -> Value {
    json!({ "signature": signature })
}

fn redacted(data: &str) -> Value {
    json!({ "redacted_thinking": data })
}

fn content(block: &Value) -> Content {
    lenient(block).unwrap_or_default()
}
