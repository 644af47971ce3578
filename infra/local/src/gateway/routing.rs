//! Selects the route of a message.

use serde_json::Value;

/// A route selection expression such as `$request.body.type` or `${request.body.type}v${request.body.version}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// Literal text.
    Text(String),
    /// The value at this path of the message.
    Value(Vec<String>),
}

impl Selection {
    /// Parses an expression: `$request.body.a.b` up to the next character that no name has, `${request.body.a.b}`, and text
    /// around them, in which `\$` stands for `$`.
    pub fn parse(expression: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = expression;
        while let Some(character) = rest.chars().next() {
            if let Some(behind) = rest.strip_prefix("\\$") {
                text.push('$');
                rest = behind;
            } else if let Some(behind) = rest.strip_prefix('$') {
                let (path, behind) = variable(behind).ok_or_else(|| not_read(expression))?;
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(Part::Value(path));
                rest = behind;
            } else {
                text.push(character);
                rest = &rest[character.len_utf8()..];
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        if parts.iter().any(|part| matches!(part, Part::Value(_))) {
            Ok(Self { parts })
        } else {
            Err(not_read(expression))
        }
    }

    /// The route key of a message: the values as text. `None` if one of them is absent, or the message is not JSON.
    pub fn key(&self, message: &str) -> Option<String> {
        let body: Value = serde_json::from_str(message).ok()?;
        let mut key = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => key.push_str(text),
                Part::Value(path) => match path.iter().try_fold(&body, |value, name| value.get(name))? {
                    Value::Null => return None,
                    Value::String(text) => key.push_str(text),
                    other => key.push_str(&other.to_string()),
                },
            }
        }
        Some(key)
    }
}

/// The path of a variable after its `$`, and the text after the variable.
fn variable(behind: &str) -> Option<(Vec<String>, &str)> {
    let (name, rest) = match behind.strip_prefix('{') {
        Some(inner) => inner.split_once('}')?,
        None => behind.split_at(behind.find(|character| !is_of_a_path(character)).unwrap_or(behind.len())),
    };
    let path: Vec<_> = name.strip_prefix("request.body.")?.split('.').map(str::to_owned).collect();
    // An index into a list would be taken for literal text.
    let is_path = !rest.starts_with('[') && path.iter().all(|name| !name.is_empty() && name.chars().all(is_of_a_path));
    is_path.then_some((path, rest))
}

fn is_of_a_path(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '.' | '_' | '-')
}

fn not_read(expression: &str) -> String {
    format!(
        "the route selection expression {expression} is not read here; it must name values of the message, as in \
         $request.body.name or ${{request.body.one}}-${{request.body.other}}"
    )
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
    fn several_values_and_the_text_between_them_make_one_key() {
        let message = r#"{"kind": "send", "version": 2}"#;
        for (expression, key) in [
            ("${request.body.kind}v${request.body.version}", "sendv2"),
            ("$request.body.kind/$request.body.version", "send/2"),
            (r"\$${request.body.kind}", "$send"),
        ] {
            assert_eq!(Selection::parse(expression).unwrap().key(message).as_deref(), Some(key), "{expression}");
        }
        assert_eq!(Selection::parse("${request.body.kind}${request.body.other}").unwrap().key(message), None);
    }

    #[test]
    fn both_ways_to_write_an_expression_are_read_and_others_refused() {
        assert_eq!(Selection::parse("${request.body.action}"), Selection::parse("$request.body.action"));
        for expression in [
            "$request.header.x",
            "$request.body.",
            "${request.body.x",
            "$request.body.x[0]y",
            "request.body.x",
            "$",
            "",
        ] {
            assert!(Selection::parse(expression).is_err(), "{expression}");
        }
    }
}
