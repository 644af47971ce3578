//! A file with the values that development has for the variables of functions.
//!
//! It has a line `NAME=VALUE` for each, empty lines and comments (`# …`). Lines below `[unless NAME …]` hold only where the developer
//! gives none of those variables. A name without a value is one that only the developer gives.

use std::path::Path;

/// The values of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VariablesFile {
    values: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq)]
struct Value {
    name: String,
    value: String,
    /// It holds where none of these variables is given.
    unless: Vec<String>,
}

impl VariablesFile {
    /// Reads a file. The error says what is wrong and where.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
        Self::parse(&text)
    }

    /// Reads the text of a file. The error says which line is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut values, mut unless) = (Vec::new(), Vec::new());
        for (number, line) in text.lines().map(str::trim).enumerate() {
            let condition = line.strip_prefix("[unless ").and_then(|rest| rest.strip_suffix(']'));
            if line.is_empty() || line.starts_with('#') {
                continue;
            } else if let Some(names) = condition {
                unless = names.split_whitespace().map(str::to_owned).collect();
            } else if let Some((name, value)) = line.split_once('=') {
                values.push(Value { name: name.to_owned(), value: value.to_owned(), unless: unless.clone() });
            } else {
                return Err(format!("line {} is neither NAME=VALUE nor [unless NAME …]", number + 1));
            }
        }
        Ok(Self { values })
    }

    /// The value of a variable, if the file has one that holds beside the variables that the developer gives.
    pub fn value(&self, name: &str, is_given: impl Fn(&str) -> bool) -> Option<&str> {
        let holds = |value: &&Value| value.name == name && !value.unless.iter().any(|other| is_given(other));
        self.values.iter().rfind(holds).map(|value| value.value.as_str()).filter(|value| !value.is_empty())
    }

    /// The variables that only the developer gives.
    pub fn names_without_value(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter(|value| value.value.is_empty()).map(|value| value.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# A comment.\n\nLIMIT=0\nKEY=\n[unless KEY URL]\nURL=http://here\nLIMIT=1\n";

    #[test]
    fn a_value_holds_unless_the_developer_gives_what_stands_above_it() {
        let file = VariablesFile::parse(FILE).unwrap();
        let nothing = |_: &str| false;
        assert_eq!((file.value("URL", nothing), file.value("LIMIT", nothing)), (Some("http://here"), Some("1")));
        let key = |name: &str| name == "KEY";
        assert_eq!((file.value("URL", key), file.value("LIMIT", key)), (None, Some("0")));
        assert_eq!(file.value("OTHER", nothing), None);
    }

    #[test]
    fn a_name_without_a_value_is_one_that_only_the_developer_gives() {
        let file = VariablesFile::parse(FILE).unwrap();
        assert_eq!(file.value("KEY", |_| false), None);
        assert_eq!(file.names_without_value().collect::<Vec<_>>(), ["KEY"]);
    }

    #[test]
    fn a_line_that_is_neither_is_refused_by_its_number() {
        assert!(VariablesFile::parse("A=1\n[only B]\n").unwrap_err().contains("line 2"));
    }
}
