//! Whether the arguments of a call keep to their schema.

use std::sync::OnceLock;

use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

/// The most violations that a model is told at once.
const MAX_VIOLATIONS: usize = 3;
/// The longest description of one, in bytes. It may name what the model sent.
const MAX_VIOLATION_BYTES: usize = 300;

/// A schema of arguments, compiled when it is first needed: most functions never call most tools.
#[derive(Debug, Default)]
pub(super) struct Arguments(OnceLock<Result<Validator, String>>);

impl Arguments {
    /// Checks the arguments of a call against the schema, which is always the same.
    ///
    /// # Errors
    /// Says for the model what is wrong, and where.
    pub fn check(&self, schema: &Value, input: &Value) -> Result<(), String> {
        let validator = self.0.get_or_init(|| compile(schema));
        let validator = validator.as_ref().map_err(|problem| format!("The tool's own schema is wrong: {problem}"))?;
        if validator.is_valid(input) {
            return Ok(());
        }
        let violations: Vec<_> = validator.iter_errors(input).take(MAX_VIOLATIONS).map(described).collect();
        Err(format!("The arguments do not fit the schema. {}", violations.join(" ")))
    }
}

/// Compiles a schema. Nothing is fetched, and no pattern takes longer than its text is long.
pub(super) fn compile(schema: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .map_err(|error| shortened(&error.to_string()))
}

fn described(violation: ValidationError<'_>) -> String {
    let place = violation.instance_path().as_str();
    // The value itself may be a megabyte, and the model knows it.
    let problem = shortened(&violation.masked().to_string());
    match place {
        "" => format!("{problem}."),
        place => format!("At {}: {problem}.", shortened(place)),
    }
}

fn shortened(text: &str) -> String {
    match text.floor_char_boundary(MAX_VIOLATION_BYTES) {
        end if end < text.len() => format!("{}…", &text[..end]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(input: Value) -> Result<(), String> {
        let schema = json!({
            "type": "object",
            "properties": {
                "order": { "type": "object", "properties": { "id": { "type": "string", "pattern": "^[A-Z]+$" } } },
                "amount": { "type": "number", "minimum": 0 },
            },
            "required": ["amount"],
            "additionalProperties": false,
        });
        Arguments::default().check(&schema, &input)
    }

    #[test]
    fn a_violation_names_the_place_and_what_is_wrong() {
        assert_eq!(check(json!({"amount": 1, "order": {"id": "A"}})), Ok(()));
        for (input, said) in [
            (json!({}), "The arguments do not fit the schema. \"amount\" is a required property."),
            (
                json!({"amount": "1"}),
                "The arguments do not fit the schema. At /amount: value is not of type \"number\".",
            ),
            (json!({"amount": 1, "order": {"id": "a"}}), "At /order/id"),
            (json!({"amount": 1, "extra": 1}), "extra"),
            (json!([]), "value is not of type \"object\""),
        ] {
            let violation = check(input).unwrap_err();
            assert!(violation.contains(said), "{violation}");
        }
    }

    #[test]
    fn a_violation_does_not_repeat_a_megabyte() {
        for input in [json!({"amount": "x".repeat(1_000_000)}), json!({"amount": 1, ("x".repeat(1_000_000)): 1})] {
            assert!(check(input).unwrap_err().len() < 1000);
        }
    }

    #[test]
    fn a_schema_that_refers_elsewhere_or_is_none_is_refused_without_a_call() {
        for schema in [json!({"$ref": "https://example.com/schema.json"}), json!({"type": "objekt"}), json!(7)] {
            assert!(compile(&schema).is_err(), "{schema}");
            assert!(Arguments::default().check(&schema, &json!({})).is_err(), "{schema}");
        }
    }
}
