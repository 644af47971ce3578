//! CloudFormation's intrinsic functions, resolved as far as their values are known locally.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::arn::{ACCOUNT, REGION};

/// The results of `Ref` and `GetAtt` of one resource.
#[derive(Clone, Debug, Default)]
pub struct ResourceNames {
    /// The physical name.
    pub reference: String,
    /// Its attributes by name, as far as known locally.
    pub attributes: BTreeMap<&'static str, String>,
    /// Its kind, if it does not run here: then its names are unknown.
    pub elsewhere: Option<String>,
}

impl ResourceNames {
    fn here(&self, id: &str) -> Result<&Self, String> {
        match &self.elsewhere {
            Some(kind) => Err(format!("{id} is of the kind {kind}, which does not run here")),
            None => Ok(self),
        }
    }
}

/// Resolves values of one template.
#[derive(Clone, Debug, Default)]
pub struct Resolver {
    /// Parameter values by name.
    pub parameters: BTreeMap<String, Value>,
    /// Resources that may be referred to, by logical id.
    pub resources: BTreeMap<String, ResourceNames>,
    /// The template's `Conditions`.
    pub conditions: Map<String, Value>,
    /// The template's `Mappings`.
    pub mappings: Map<String, Value>,
}

/// `AWS::NoValue`: the entry that has it is left out.
const NO_VALUE: &str = "AWS::NoValue";

impl Resolver {
    /// `value` with every function replaced by its result. The error names what cannot be known here.
    pub fn resolve(&self, value: &Value) -> Result<Value, String> {
        Ok(self.optional(value)?.unwrap_or(Value::Null))
    }

    /// Like [`Resolver::resolve`], as text: a list becomes its items joined by commas, as CloudFormation does for list parameters.
    pub fn text(&self, value: &Value) -> Result<String, String> {
        plain(&self.resolve(value)?)
    }

    /// Whether the condition of this name holds.
    pub fn condition(&self, name: &str) -> Result<bool, String> {
        // Resolved without itself, so a condition that refers to itself is an error.
        let mut others = self.clone();
        let condition = others.conditions.remove(name);
        let condition = condition.ok_or_else(|| format!("condition {name} is not defined, or refers to itself"))?;
        others.truth(&condition)
    }

    /// `None` stands for `AWS::NoValue`.
    fn optional(&self, value: &Value) -> Result<Option<Value>, String> {
        match value {
            Value::Object(map) => {
                if let Some((name, argument)) = function(map) {
                    return self.call(name, argument);
                }
                let mut resolved = Map::new();
                for (name, entry) in map {
                    if let Some(entry) = self.optional(entry)? {
                        resolved.insert(name.clone(), entry);
                    }
                }
                Ok(Some(resolved.into()))
            }
            Value::Array(items) => Ok(Some(Value::Array(self.list(items)?))),
            other => Ok(Some(other.clone())),
        }
    }

    fn list(&self, items: &[Value]) -> Result<Vec<Value>, String> {
        let resolved: Result<Vec<_>, _> = items.iter().map(|item| self.optional(item)).collect();
        Ok(resolved?.into_iter().flatten().collect())
    }

    fn call(&self, name: &str, argument: &Value) -> Result<Option<Value>, String> {
        let items = argument.as_array().map(Vec::as_slice);
        Ok(Some(match (name, items) {
            ("Ref", _) => match argument.as_str() {
                Some(NO_VALUE) => return Ok(None),
                Some(target) => self.reference(target)?,
                None => return Err("Ref needs the name of a parameter or resource".to_owned()),
            },
            ("Fn::GetAtt", Some([resource, attribute])) => {
                self.attribute(&self.text(resource)?, &self.text(attribute)?)?.into()
            }
            ("Fn::GetAtt", None) if argument.is_string() => {
                let path = argument.as_str().unwrap_or_default();
                let (resource, attribute) = path.split_once('.').unwrap_or((path, ""));
                self.attribute(resource, attribute)?.into()
            }
            ("Fn::Sub", None) => self.substitute(argument, &Map::new())?.into(),
            ("Fn::Sub", Some([text, Value::Object(variables)])) => self.substitute(text, variables)?.into(),
            ("Fn::Join", Some([separator, parts])) => {
                let parts = self.resolve(parts)?;
                let parts: Result<Vec<_>, _> = parts.as_array().into_iter().flatten().map(plain).collect();
                parts?.join(&self.text(separator)?).into()
            }
            ("Fn::Split", Some([separator, text])) => {
                let separator = self.text(separator)?;
                self.text(text)?.split(&separator).map(Value::from).collect()
            }
            ("Fn::Select", Some([index, parts])) => {
                let index: usize = self.text(index)?.parse().map_err(|_| "Fn::Select needs a number".to_owned())?;
                let parts = self.resolve(parts)?;
                parts.get(index).cloned().ok_or_else(|| format!("Fn::Select finds no item {index}"))?
            }
            ("Fn::If", Some([condition, yes, no])) => {
                let chosen = if self.condition(&self.text(condition)?)? { yes } else { no };
                return self.optional(chosen);
            }
            ("Fn::FindInMap", Some([map, first, second])) => {
                let path = [self.text(map)?, self.text(first)?, self.text(second)?];
                let found =
                    self.mappings.get(&path[0]).and_then(|map| map.get(&path[1])).and_then(|map| map.get(&path[2]));
                found.cloned().ok_or_else(|| format!("Fn::FindInMap finds no {}", path.join(".")))?
            }
            ("Fn::ImportValue", _) => {
                return Err(
                    "Fn::ImportValue takes what another stack exports, and there is none here; use a parameter \
                            with a default, or --parameter"
                        .to_owned(),
                );
            }
            ("Condition" | "Fn::Equals" | "Fn::Not" | "Fn::And" | "Fn::Or", _) => self.truth_of(name, argument)?.into(),
            (name, _) => return Err(format!("{name} has no value on one machine, or is written in an unknown way")),
        }))
    }

    fn truth(&self, value: &Value) -> Result<bool, String> {
        match value {
            Value::Bool(truth) => Ok(*truth),
            Value::Object(map) => match function(map) {
                Some((name, argument)) => self.truth_of(name, argument),
                None => Err("a condition must be Fn::Equals, Fn::Not, Fn::And, Fn::Or or Condition".to_owned()),
            },
            other => Err(format!("{other} is not a condition")),
        }
    }

    fn truth_of(&self, name: &str, argument: &Value) -> Result<bool, String> {
        match (name, argument) {
            ("Condition", Value::String(name)) => self.condition(name),
            ("Fn::Equals", Value::Array(sides)) if sides.len() == 2 => {
                Ok(self.text(&sides[0])? == self.text(&sides[1])?)
            }
            ("Fn::Not", Value::Array(terms)) if terms.len() == 1 => Ok(!self.truth(&terms[0])?),
            ("Fn::And", Value::Array(terms)) => terms.iter().try_fold(true, |all, term| Ok(all && self.truth(term)?)),
            ("Fn::Or", Value::Array(terms)) => terms.iter().try_fold(false, |any, term| Ok(any || self.truth(term)?)),
            _ => Err(format!("{name} is not a condition in this form")),
        }
    }

    fn reference(&self, name: &str) -> Result<Value, String> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        if let Some(resource) = self.resources.get(name) {
            return Ok(resource.here(name)?.reference.clone().into());
        }
        match name {
            "AWS::Region" => Ok(REGION.into()),
            "AWS::AccountId" => Ok(ACCOUNT.into()),
            "AWS::Partition" => Ok("aws".into()),
            "AWS::URLSuffix" => Ok("amazonaws.com".into()),
            "AWS::StackName" | "AWS::StackId" => Ok("local".into()),
            _ => Err(format!("{name} is neither a parameter nor a resource of this template")),
        }
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Result<String, String> {
        let names =
            self.resources.get(resource).ok_or_else(|| format!("{resource} is not a resource of this template"))?;
        let value = names.here(resource)?.attributes.get(attribute).cloned();
        value.ok_or_else(|| format!("the attribute {attribute} of {resource} has no value on one machine"))
    }

    fn substitute(&self, text: &Value, variables: &Map<String, Value>) -> Result<String, String> {
        let mut rest = text.as_str().ok_or("Fn::Sub needs a text")?;
        let mut result = String::new();
        while let Some((before, after)) = rest.split_once("${") {
            let (name, behind) = after.split_once('}').ok_or("Fn::Sub has a ${ without }")?;
            result.push_str(before);
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str(&format!("${{{literal}}}"));
            } else if let Some(value) = variables.get(name) {
                result.push_str(&self.text(value)?);
            } else if let Some((resource, attribute)) = name.split_once('.') {
                result.push_str(&self.attribute(resource, attribute)?);
            } else {
                result.push_str(&plain(&self.reference(name)?)?);
            }
            rest = behind;
        }
        Ok(result + rest)
    }
}

/// The function that an object is a call of: its only key is the function's name.
fn function(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = map.iter().next().filter(|_| map.len() == 1)?;
    (name == "Ref" || name == "Condition" && argument.is_string() || name.starts_with("Fn::"))
        .then_some((name.as_str(), argument))
}

fn plain(value: &Value) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Array(items) => Ok(items.iter().map(plain).collect::<Result<Vec<_>, _>>()?.join(",")),
        Value::Object(_) => Err("a text was expected where an object stands".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::document::parse;

    fn resolver() -> Resolver {
        let attributes = [("Arn", "arn:t".into())].into();
        let table = ResourceNames { reference: "Table".into(), attributes, elsewhere: None };
        Resolver {
            parameters: [("Stage".to_owned(), json!("live")), ("Empty".to_owned(), json!(""))].into(),
            resources: [("Table".to_owned(), table)].into(),
            conditions: parse("IsLive: !Equals [!Ref Stage, live]\nHasNone: !Not [!Condition IsLive]")
                .unwrap()
                .as_object()
                .unwrap()
                .clone(),
            mappings: Map::new(),
        }
    }

    fn resolved(yaml: &str) -> Result<Value, String> {
        resolver().resolve(&parse(yaml).unwrap())
    }

    #[test]
    fn a_condition_that_refers_to_itself_is_refused() {
        let conditions = parse("Hen: !Not [!Condition Egg]\nEgg: !Not [!Condition Hen]").unwrap();
        let resolver = Resolver { conditions: conditions.as_object().unwrap().clone(), ..resolver() };
        assert_eq!(resolver.condition("Hen").unwrap_err(), "condition Hen is not defined, or refers to itself");
    }

    #[test]
    fn every_supported_function_gives_its_value() {
        for (yaml, expected) in [
            ("!Ref Stage", json!("live")),
            ("!Ref AWS::Region", json!("us-east-1")),
            ("!GetAtt Table.Arn", json!("arn:t")),
            ("Fn::GetAtt: Table.Arn", json!("arn:t")),
            (
                "!Sub 'https://${Table}.${AWS::Region}/${Stage}/${Table.Arn}/${!kept}'",
                json!("https://Table.us-east-1/live/arn:t/${kept}"),
            ),
            ("!Sub ['${a}-${Stage}', {a: !Ref Table}]", json!("Table-live")),
            ("!Join ['-', [a, !Ref Stage, 3]]", json!("a-live-3")),
            ("!Select [1, !Split [',', 'a,b,c']]", json!("b")),
            ("!If [IsLive, yes-live, no]", json!("yes-live")),
            ("!If [HasNone, a, b]", json!("b")),
            ("{a: !If [IsLive, !Ref AWS::NoValue, b], c: 1}", json!({"c": 1})),
            ("[!Ref AWS::NoValue, x]", json!(["x"])),
        ] {
            assert_eq!(resolved(yaml), Ok(expected), "{yaml}");
        }
    }

    #[test]
    fn a_value_that_is_unknown_locally_is_refused_by_name() {
        assert!(resolved("!ImportValue other").is_err_and(|error| error.contains("Fn::ImportValue")));
        assert!(resolved("!Ref Nothing").is_err_and(|error| error.contains("Nothing")));
        assert!(resolved("!GetAtt Table.StreamArn").is_err_and(|error| error.contains("StreamArn")));
    }
}
