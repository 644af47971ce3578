//! A tool as its server lists it.

use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

use crate::tools::arguments::Arguments;

const MAX_NAME_BYTES: usize = 256;
const MAX_DESCRIPTION_BYTES: usize = 8_000;
const MAX_SCHEMA_BYTES: usize = 32_000;
/// Providers refuse schemas that are deeper, and nobody can review one.
const MAX_SCHEMA_DEPTH: usize = 24;

/// A tool as its server lists it: what a model is told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedTool {
    /// The server's name for it.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The JSON Schema of its arguments.
    pub schema: Value,
}

impl ListedTool {
    /// A hash over everything that a model is told of it: SHA-256, as hexadecimal digits.
    pub fn hash(&self) -> String {
        let told = Value::from(vec![self.name.as_str().into(), self.description.as_str().into(), sorted(&self.schema)]);
        hex::encode(digest(&SHA256, told.to_string().as_bytes()))
    }

    /// Whether it can be locked: a person can review it, a provider accepts it, and its schema can be checked.
    ///
    /// # Errors
    /// Says why it cannot.
    pub fn check(&self) -> Result<(), String> {
        if self.name.is_empty() || self.name.len() > MAX_NAME_BYTES || self.name.chars().any(is_invisible) {
            return Err(format!("its name is empty, longer than {MAX_NAME_BYTES} bytes, or has invisible characters"));
        }
        if self.description.len() > MAX_DESCRIPTION_BYTES {
            return Err(format!("its description has over {MAX_DESCRIPTION_BYTES} bytes"));
        }
        if depth_is_over(&self.schema, MAX_SCHEMA_DEPTH) {
            return Err(format!("its schema is deeper than {MAX_SCHEMA_DEPTH} levels"));
        }
        let schema = self.schema.to_string();
        if schema.len() > MAX_SCHEMA_BYTES {
            return Err(format!("its schema has over {MAX_SCHEMA_BYTES} bytes"));
        }
        if self.description.chars().chain(schema.chars()).any(is_invisible) {
            return Err("its description or schema has characters that a reviewer cannot see".to_owned());
        }
        if self.schema.get("type") != Some(&Value::from("object")) {
            return Err("its schema is not that of an object".to_owned());
        }
        Arguments::of(&self.schema)
            .map(drop)
            .map_err(|error| format!("its schema is no JSON Schema: {}", error.problem))
    }
}

/// The value with the keys of all objects in order, however the server and the parser ordered them.
pub(super) fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<_> = fields.iter().collect();
            keys.sort_by_key(|(name, _)| name.as_str());
            let fields = keys.into_iter().map(|(name, value)| (name.clone(), sorted(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Value::Array(elements) => elements.iter().map(sorted).collect(),
        scalar => scalar.clone(),
    }
}

fn depth_is_over(value: &Value, most: usize) -> bool {
    let mut below: Box<dyn Iterator<Item = &Value>> = match value {
        Value::Object(fields) => Box::new(fields.values()),
        Value::Array(elements) => Box::new(elements.iter()),
        _ => return false,
    };
    most == 0 || below.any(|value| depth_is_over(value, most.saturating_sub(1)))
}

// Controls, directions of writing and tags: a text with them reads otherwise to a model than to a person.
fn is_invisible(character: char) -> bool {
    let is_control = character.is_control() && !matches!(character, '\n' | '\r' | '\t');
    is_control || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(schema: Value) -> ListedTool {
        ListedTool { name: "find".to_owned(), description: "Finds.".to_owned(), schema }
    }

    #[test]
    fn the_hash_is_of_what_a_model_is_told_and_not_of_its_order() {
        let schema: Value = serde_json::from_str(r#"{"type":"object","properties":{"b":{},"a":{}}}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{"properties":{"a":{},"b":{}},"type":"object"}"#).unwrap();
        let hash = tool(schema.clone()).hash();
        assert_eq!((hash.len(), &hash), (64, &tool(other).hash()));
        assert_ne!(hash, ListedTool { description: "Deletes.".to_owned(), ..tool(schema.clone()) }.hash());
        assert_ne!(hash, ListedTool { name: "other".to_owned(), ..tool(schema) }.hash());
        assert_ne!(hash, tool(json!({"type": "object", "properties": {"a": {}, "b": {"type": "string"}}})).hash());
    }

    #[test]
    fn what_cannot_be_reviewed_or_checked_is_refused() {
        let mut deep = json!({});
        for _ in 0..40 {
            deep = json!({ "type": "object", "properties": { "a": deep } });
        }
        for (schema, said) in [
            (deep, "deeper than 24"),
            (json!({"type": "object", "description": "x".repeat(5_000_000)}), "over 32000 bytes"),
            (json!({"type": "string"}), "not that of an object"),
            (json!([]), "not that of an object"),
            (json!({"type": "object", "properties": 7}), "no JSON Schema"),
            (json!({"type": "object", "$ref": "https://example.com/schema.json"}), "no JSON Schema"),
            (json!({"type": "object", "$ref": "#/$defs/none"}), "no JSON Schema"),
            (json!({"type": "object", "title": "\u{e0041}"}), "cannot see"),
        ] {
            let problem = tool(schema).check().unwrap_err();
            assert!(problem.contains(said), "{problem}");
        }
        let long = ListedTool { description: "x".repeat(10_000), ..tool(json!({"type": "object"})) };
        assert!(long.check().unwrap_err().contains("description"));
        assert_eq!(tool(json!({"type": "object"})).check(), Ok(()));
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let tree = json!({"type": "object", "properties": {"child": {"$ref": "#"}}});
        assert_eq!(tool(tree.clone()).check(), Ok(()));
        assert_eq!(Arguments::default().check(&tree, &json!({"child": {"child": {}}})), Ok(()));
        let ring = json!({"type": "object", "allOf": [{"$ref": "#"}]});
        assert!(tool(ring.clone()).check().is_err() || Arguments::default().check(&ring, &json!({})).is_err());
    }
}
