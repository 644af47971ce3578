//! The JSON Schema of a tool's arguments, as a table or as a text of JSON.

use serde_json::{Value, json};
use toml::de::DeValue;

use crate::toml_file::{Collector, Fields, json, place_of};
use crate::tools::arguments::Arguments;

const EXPECTED: &str = "the JSON Schema of an object, as a table [tool.parameters] or as JSON in ''' '''";

/// Reads it. Without one, a tool has no arguments.
///
/// A schema is checked by compiling it, which is not done again at a call.
pub(super) fn parameters(fields: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> (Value, Arguments) {
    let none = || (json!({ "type": "object", "properties": {}, "additionalProperties": false }), Arguments::default());
    let Some(value) = fields.optional("parameters") else { return none() };
    let schema = match value.get_ref() {
        DeValue::Table(_) => json(value.get_ref()).ok_or_else(|| "parameters must not have a date in them".to_owned()),
        DeValue::String(text) => serde_json::from_str(text).map_err(|error| format!("parameters is not JSON: {error}")),
        _ => Err(format!("parameters must be {EXPECTED}")),
    };
    let schema: Value = match schema {
        Ok(schema) => schema,
        Err(problem) => {
            mistakes.add(value.span(), problem);
            return none();
        }
    };
    if schema.get("type") != Some(&Value::from("object")) {
        mistakes
            .add(value.span(), "parameters must have type = \"object\": a model names the arguments that it passes");
    }
    let arguments = Arguments::of(&schema).unwrap_or_else(|error| {
        let place = place_of(value, &error.place);
        mistakes.add(place, format!("parameters is no JSON Schema, at {:?}: {}", error.place, error.problem));
        Arguments::default()
    });
    (schema, arguments)
}
