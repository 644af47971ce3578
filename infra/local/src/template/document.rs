//! YAML and JSON templates as one tree, in which a short-form tag has become its long form: `!Sub x` is `{"Fn::Sub": "x"}`.

use saphyr::{LoadableYamlNode, ScalarOwned, YamlOwned};
use serde_json::{Map, Value, json};

/// Parses the text of a template. The error names the line.
pub fn parse(text: &str) -> Result<Value, String> {
    let documents = YamlOwned::load_from_str(text).map_err(|error| error.to_string())?;
    match documents.into_iter().next() {
        Some(document) => value(document),
        None => Err("the file is empty".to_owned()),
    }
}

fn value(node: YamlOwned) -> Result<Value, String> {
    match node {
        YamlOwned::Value(ScalarOwned::Null) => Ok(Value::Null),
        YamlOwned::Value(ScalarOwned::Boolean(value)) => Ok(value.into()),
        YamlOwned::Value(ScalarOwned::Integer(value)) => Ok(value.into()),
        YamlOwned::Value(ScalarOwned::FloatingPoint(value)) => Ok(value.into_inner().into()),
        YamlOwned::Value(ScalarOwned::String(value)) => Ok(value.into()),
        YamlOwned::Sequence(items) => items.into_iter().map(value).collect(),
        YamlOwned::Mapping(entries) => {
            let mut map = Map::new();
            for (name, entry) in entries {
                map.insert(key(name)?, value(entry)?);
            }
            Ok(Value::Object(map))
        }
        YamlOwned::Tagged(tag, inner) if tag.is_yaml_core_schema() => value(*inner),
        YamlOwned::Tagged(tag, inner) => Ok(long_form(&tag.suffix, value(*inner)?)),
        YamlOwned::Representation(text, ..) => Ok(text.into()),
        YamlOwned::Alias(_) | YamlOwned::BadValue => Err("a value that YAML cannot read".to_owned()),
    }
}

fn key(node: YamlOwned) -> Result<String, String> {
    match value(node)? {
        Value::String(name) => Ok(name),
        name @ (Value::Number(_) | Value::Bool(_)) => Ok(name.to_string()),
        _ => Err("a key that is not a word".to_owned()),
    }
}

fn long_form(tag: &str, value: Value) -> Value {
    match (tag, value) {
        ("Ref" | "Condition", value) => json!({ tag: value }),
        // `!GetAtt Table.Arn` is short for a list; the attribute may itself contain dots.
        ("GetAtt", Value::String(path)) => match path.split_once('.') {
            Some((resource, attribute)) => json!({ "Fn::GetAtt": [resource, attribute] }),
            None => json!({ "Fn::GetAtt": [path] }),
        },
        (tag, value) => json!({ format!("Fn::{tag}"): value }),
    }
}

/// The entries of a section, such as `Resources`; none if it is absent.
pub(super) fn section<'a>(document: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    document.get(name).and_then(Value::as_object).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_become_long_forms_wherever_they_stand() {
        let read = parse("a: !Ref X\nb: [!GetAtt Y.Arn.Z, !Sub '${A}-b']\nc: !If [Yes, !Join ['', [1, true]], ~]\n");
        assert_eq!(
            read,
            Ok(json!({
                "a": {"Ref": "X"},
                "b": [{"Fn::GetAtt": ["Y", "Arn.Z"]}, {"Fn::Sub": "${A}-b"}],
                "c": {"Fn::If": ["Yes", {"Fn::Join": ["", [1, true]]}, null]},
            }))
        );
    }

    #[test]
    fn json_is_read_too() {
        assert_eq!(parse(r#"{"a": {"Ref": "X"}}"#), Ok(json!({"a": {"Ref": "X"}})));
    }

    #[test]
    fn a_broken_file_is_refused_with_its_line() {
        assert!(parse("a: [1, 2\nb: }").is_err_and(|message| message.contains("line")));
    }
}
