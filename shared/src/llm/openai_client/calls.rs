//! The calls in a message, read as leniently as servers write them.

use serde_json::{Value, json};

use crate::llm::tool_calls::CallDelta;

/// The calls in the field `tool_calls`, or the one in the older `function_call`. Those of a whole message are whole.
pub fn pieces(tool_calls: Value, function_call: Value, are_whole: bool) -> Vec<CallDelta> {
    let calls = match tool_calls {
        Value::Array(calls) => calls,
        // A server that knows no more than one.
        Value::Object(_) => vec![tool_calls],
        _ => Vec::new(),
    };
    let calls = calls.into_iter().enumerate().map(|(place, call)| {
        let mut piece = piece(call);
        // Without an index they are told apart by their place.
        let is_another = piece.index.is_none() && place > 0 && !piece.tool.is_empty();
        piece.begins = are_whole || is_another;
        piece
    });
    let mut pieces: Vec<_> = calls.collect();
    if pieces.is_empty() && function_call.is_object() {
        pieces.push(piece(json!({ "function": function_call })));
    }
    pieces
}

fn piece(mut call: Value) -> CallDelta {
    if !call.is_object() {
        return CallDelta::default();
    }
    // Some servers leave out the object around name and arguments.
    let mut function = match call["function"].take() {
        function @ Value::Object(_) => function,
        _ => json!({ "name": call["name"].take(), "arguments": call["arguments"].take() }),
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let input = match function["arguments"].take() {
        Value::String(input) => input,
        input @ (Value::Object(_) | Value::Array(_)) => input.to_string(),
        _ => String::new(),
    };
    let index = &call["index"];
    let data = call.get("extra_content").filter(|extra| extra.is_object());
    CallDelta {
        index: index.as_u64().or_else(|| index.as_str()?.parse().ok()),
        id: text(&call["id"]),
        tool: text(&function["name"]),
        input,
        data: data.map(|extra| json!({ "extra_content": extra })),
        begins: false,
        ends: false,
    }
}
