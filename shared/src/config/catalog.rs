//! The configuration of the models and agents that a message may name.

use std::collections::BTreeMap;
use std::num::NonZeroU8;

use serde::Deserialize;

use crate::conversation::{Price, ReasoningEffort};
use crate::environment::{ConfigError, Environment, problem};

/// The configuration of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// Its id, by which a message names it.
    pub id: String,
    /// Its name, as it is shown.
    pub name: String,
    /// What it is for, as it is shown.
    #[serde(default)]
    pub description: Option<String>,
    /// Its system prompt.
    pub instructions: String,
    /// The name of the model that it asks, unless a message names another.
    #[serde(default)]
    pub model: Option<String>,
    /// The names of its tools; without them it has all that there are.
    #[serde(default)]
    pub tools: Option<Vec<String>>,
    /// What it reads when it needs it.
    #[serde(skip)]
    pub skills: Vec<Skill>,
    /// How often one reply may call the model; 8 if absent.
    #[serde(default)]
    pub max_steps: Option<NonZeroU8>,
    /// How many tools one reply may call; 16 if absent.
    #[serde(default)]
    pub max_calls: Option<u8>,
    /// How long its models reason; their own default if absent.
    #[serde(default)]
    pub reasoning_effort: Option<ReasoningEffort>,
    /// Whether clients may choose it.
    #[serde(skip, default = "is_listed")]
    pub is_listed: bool,
}

/// A text that an agent reads when it needs it.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    /// Its name.
    pub name: String,
    /// What it is for, as the model is told with every message.
    pub description: String,
    /// The text.
    #[debug("{} bytes", text.len())]
    pub text: String,
}

fn is_listed() -> bool {
    true
}

impl AgentConfig {
    /// An agent with these instructions, all tools and the usual limits.
    pub fn new(id: &str, name: &str, instructions: String) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            description: None,
            instructions,
            model: None,
            tools: None,
            skills: Vec::new(),
            max_steps: None,
            max_calls: None,
            reasoning_effort: None,
            is_listed: true,
        }
    }
}

/// The models' names from `variable`, separated by commas; the first is the default.
pub(super) fn models(environment: &Environment<'_>, variable: &'static str) -> Result<Vec<String>, ConfigError> {
    let names = environment.required(variable)?;
    let names: Vec<String> = names.split(',').map(|name| name.trim().to_owned()).collect();
    match names.iter().any(String::is_empty) {
        true => Err(problem(variable, "must be a model's name, or several with commas between")),
        false => Ok(names),
    }
}

/// The agents from `AGENTS`, a JSON list; the first is the default.
pub(super) fn agents(environment: &Environment<'_>) -> Result<Option<Vec<AgentConfig>>, ConfigError> {
    let Some(list) = environment.optional("AGENTS") else {
        return Ok(None);
    };
    let expected = "must be a JSON list of {\"id\", \"name\", \"description\"?, \"instructions\", \"model\"?, \"tools\"?, \"max_steps\"?, \"max_calls\"?, \"reasoning_effort\"?}";
    // serde's message may quote the value, so only its position is reported.
    let agents: Vec<AgentConfig> = serde_json::from_str(&list).map_err(|error| {
        problem("AGENTS", format!("{expected}; see line {}, column {}", error.line(), error.column()))
    })?;
    if agents.is_empty() {
        return Err(problem("AGENTS", format!("{expected}, and not be empty")));
    }
    Ok(Some(agents))
}

/// The agent with the instructions from `SYSTEM_PROMPT`.
pub(super) fn assistant(environment: &Environment<'_>) -> AgentConfig {
    AgentConfig::new("assistant", "Assistant", environment.optional("SYSTEM_PROMPT").unwrap_or_default())
}

/// The prices of models, by name, from `MODEL_PRICES`: `model=input/output` or `model=input/output/cached`, separated by
/// commas, in US dollars per million tokens.
pub(super) fn prices(environment: &Environment<'_>) -> Result<BTreeMap<String, Price>, ConfigError> {
    let list = environment.optional("MODEL_PRICES").unwrap_or_default();
    let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let price = |entry: &str| {
        let (model, price) = entry.rsplit_once('=')?;
        let dollars =
            |text: &str| text.trim().parse().ok().filter(|dollars: &f64| dollars.is_finite() && *dollars >= 0.0);
        let prices = price.split('/').map(dollars).collect::<Option<Vec<f64>>>()?;
        let price = match prices[..] {
            [input, output] => Price { input, output, cached_input: None },
            [input, output, cached] => Price { input, output, cached_input: Some(cached) },
            _ => return None,
        };
        Some((model.trim().to_owned(), price))
    };
    let expected =
        "must be model=input/output or model=input/output/cached with commas between, in dollars for a million tokens";
    entries.map(|entry| price(entry).ok_or_else(|| problem("MODEL_PRICES", expected))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_models_may_be_named_and_the_first_is_the_default() {
        let read = |names| models(&Environment::of(&[("OPENAI_MODEL", names)]), "OPENAI_MODEL");
        assert_eq!(read("gpt-4o-mini, o3").unwrap(), ["gpt-4o-mini", "o3"]);
        assert!(read("gpt-4o-mini,").is_err());
    }

    #[test]
    fn agents_are_a_list() {
        assert_eq!(agents(&Environment::of(&[])).unwrap(), None);
        let list = r#"[{"id": "poet", "name": "Poet", "instructions": "Rhyme."}, {"id": "cook", "name": "Cook", "description": "Knows food.", "instructions": "Taste.", "tools": ["current_time"], "reasoning_effort": "low"}]"#;
        let several = agents(&Environment::of(&[("AGENTS", list)])).unwrap().unwrap();
        assert_eq!(several[0].name, "Poet");
        assert_eq!(several[1].description.as_deref(), Some("Knows food."));
        assert_eq!((several[0].reasoning_effort, several[1].reasoning_effort), (None, Some(ReasoningEffort::Low)));
        assert_eq!((&several[0].tools, several[1].tools.as_deref()), (&None, Some(&["current_time".to_owned()][..])));
        let unknown = list.replace("\"low\"", "\"secret-poet\"");
        for malformed in ["[]", "poet", r#"[{"id": "secret-poet"}]"#, &unknown] {
            let error = agents(&Environment::of(&[("AGENTS", malformed)])).unwrap_err().to_string();
            assert!(error.contains("AGENTS must be a JSON list") && !error.contains("secret-poet"), "{error}");
        }
    }

    #[test]
    fn prices_are_read_for_each_model() {
        let read = |list| prices(&Environment::of(&[("MODEL_PRICES", list)]));
        let expected = BTreeMap::from([
            ("gpt-4o-mini".to_owned(), Price { input: 0.15, output: 0.6, cached_input: Some(0.075) }),
            ("o3".to_owned(), Price { input: 2.0, output: 8.0, cached_input: None }),
        ]);
        assert_eq!(read("gpt-4o-mini=0.15/0.6/0.075, o3=2/8").unwrap(), expected);
        assert_eq!(read("").unwrap(), BTreeMap::new());
        for malformed in ["o3", "o3=2", "o3=2/x", "o3=-1/2", "o3=NaN/1", "o3=2/8/", "o3=2/8/1/1"] {
            assert!(read(malformed).is_err(), "{malformed}");
        }
    }
}
