//! Whether the arguments of a call keep to their schema.

use std::error::Error;
use std::sync::OnceLock;

use boon::{CompileError, Compiler, SchemaIndex, Schemas, UrlLoader, ValidationError};
use serde_json::Value;

/// The most violations that a model is told at once.
const MAX_VIOLATIONS: usize = 3;
/// The longest description of one, in bytes. It may quote what the model sent.
const MAX_VIOLATION_BYTES: usize = 300;
/// The name of a schema to the validator.
const URL: &str = "tool:parameters";

/// A schema of arguments, compiled once: at the start, or when it is first needed.
#[derive(derive_more::Debug, Default)]
pub(super) struct Arguments(#[debug(skip)] OnceLock<Result<Compiled, SchemaError>>);

/// A schema that is ready to be used.
struct Compiled {
    schemas: Schemas,
    index: SchemaIndex,
}

/// What is wrong with a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SchemaError {
    /// Where: a JSON Pointer into the schema.
    pub place: String,
    /// What.
    pub problem: String,
}

impl Arguments {
    /// The schema, compiled.
    ///
    /// # Errors
    /// It is no JSON Schema.
    pub fn of(schema: &Value) -> Result<Self, SchemaError> {
        compile(schema).map(|compiled| Self(OnceLock::from(Ok(compiled))))
    }

    /// Checks the arguments of a call against the schema, which is always the same.
    ///
    /// # Errors
    /// Says for the model what is wrong, and where.
    pub fn check(&self, schema: &Value, input: &Value) -> Result<(), String> {
        let compiled = self.0.get_or_init(|| compile(schema));
        let compiled =
            compiled.as_ref().map_err(|error| format!("The tool's own schema is wrong: {}.", error.problem))?;
        compiled.schemas.validate(input, compiled.index).map_err(|error| {
            let mut violations = Vec::new();
            collect(&error, &mut violations);
            let violations: Vec<_> = violations.into_iter().map(described).collect();
            format!("The arguments do not fit the schema. {}", violations.join(" "))
        })
    }
}

// Nothing is loaded, and no pattern takes longer than its text is long.
fn compile(schema: &Value) -> Result<Compiled, SchemaError> {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.use_loader(Box::new(Nothing));
    compiler.add_resource(URL, schema.clone()).map_err(|error| SchemaError::from(&error))?;
    let index = compiler.compile(URL, &mut schemas).map_err(|error| SchemaError::from(&error))?;
    Ok(Compiled { schemas, index })
}

impl From<&CompileError> for SchemaError {
    fn from(error: &CompileError) -> Self {
        let CompileError::ValidationError { src, .. } = error else {
            return Self { place: String::new(), problem: shortened(&error.to_string()) };
        };
        let mut violations = Vec::new();
        collect(src, &mut violations);
        let deepest = violations.first().copied().unwrap_or(src);
        Self { place: deepest.instance_location.to_string(), problem: shortened(&deepest.kind.to_string()) }
    }
}

/// A schema that is elsewhere is not loaded, from a file neither.
struct Nothing;

impl UrlLoader for Nothing {
    fn load(&self, _: &str) -> Result<Value, Box<dyn Error>> {
        Err("it may only refer to what is in it".into())
    }
}

// The violations of which the others consist.
fn collect<'e, 's, 'v>(error: &'e ValidationError<'s, 'v>, violations: &mut Vec<&'e ValidationError<'s, 'v>>) {
    if error.causes.is_empty() && violations.len() < MAX_VIOLATIONS {
        violations.push(error);
    }
    error.causes.iter().for_each(|cause| collect(cause, violations));
}

fn described(violation: &ValidationError<'_, '_>) -> String {
    let (place, problem) = (violation.instance_location.to_string(), shortened(&violation.kind.to_string()));
    match place.as_str() {
        "" => format!("At the top: {problem}."),
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
            (json!({}), "The arguments do not fit the schema. At the top: missing properties 'amount'."),
            (json!({"amount": "1"}), "The arguments do not fit the schema. At /amount: want number, but got string."),
            (json!({"amount": 1, "order": {"id": "a"}}), "At /order/id"),
            (json!({"amount": 1, "extra": 1}), "extra"),
            (json!([]), "At the top: want object, but got array."),
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
        for schema in [
            json!({"$ref": "https://example.com/schema.json"}),
            json!({"$ref": "file:///etc/passwd"}),
            json!({"type": "objekt"}),
            json!(7),
        ] {
            assert!(Arguments::of(&schema).is_err(), "{schema}");
            assert!(Arguments::default().check(&schema, &json!({})).is_err(), "{schema}");
        }
    }
}
