//! Which route a message takes.

use serde_json::Value;

/// A route selection expression such as `$request.body.type`.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    path: Vec<String>,
}

impl Selection {
    /// Reads `$request.body.a.b` or `${request.body.a.b}`.
    pub fn parse(expression: &str) -> Result<Self, String> {
        let inner = expression
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'))
            .or_else(|| expression.strip_prefix('$'));
        let path = inner.and_then(|inner| inner.strip_prefix("request.body."));
        let path: Vec<String> = path.into_iter().flat_map(|path| path.split('.')).map(str::to_owned).collect();
        if path.is_empty() || path.iter().any(String::is_empty) {
            return Err(format!("the route selection expression {expression} is not of the form $request.body.name"));
        }
        Ok(Self { path })
    }

    /// The route key that a message names: the value found, as text. Nothing in a message that is not JSON.
    pub fn key(&self, message: &str) -> Option<String> {
        let body: Value = serde_json::from_str(message).ok()?;
        let found = self.path.iter().try_fold(&body, |value, name| value.get(name))?;
        match found {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_value_is_the_key_whatever_its_type() {
        let selection = Selection::parse("$request.body.kind.name").unwrap();
        for (message, key) in [
            (r#"{"kind": {"name": "send"}}"#, Some("send")),
            (r#"{"kind": {"name": 7}}"#, Some("7")),
            (r#"{"kind": {"name": true}}"#, Some("true")),
            (r#"{"kind": {"name": null}}"#, None),
            (r#"{"kind": "send"}"#, None),
            ("[]", None),
            ("not json", None),
        ] {
            assert_eq!(selection.key(message).as_deref(), key, "{message}");
        }
    }

    #[test]
    fn both_ways_to_write_an_expression_are_read_and_others_refused() {
        assert_eq!(Selection::parse("${request.body.action}"), Selection::parse("$request.body.action"));
        for expression in ["$request.header.x", "$request.body.", "request.body.x", ""] {
            assert!(Selection::parse(expression).is_err(), "{expression}");
        }
    }
}
