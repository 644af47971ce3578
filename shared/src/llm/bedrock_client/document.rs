//! JSON as the SDK has it.

use std::collections::HashMap;

use aws_smithy_types::{Document, Number};
use serde_json::Value;

/// The same value as a document of the SDK.
pub fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(value) => Document::Bool(*value),
        Value::Number(value) => Document::Number(number(value)),
        Value::String(value) => Document::String(value.clone()),
        Value::Array(values) => Document::Array(values.iter().map(document).collect()),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), document(value)));
            Document::Object(fields.collect::<HashMap<_, _>>())
        }
    }
}

fn number(value: &serde_json::Number) -> Number {
    match (value.as_u64(), value.as_i64()) {
        (Some(value), _) => Number::PosInt(value),
        (_, Some(value)) => Number::NegInt(value),
        _ => Number::Float(value.as_f64().unwrap_or_default()),
    }
}
