//! The folder of one agent.

use std::num::NonZeroU8;

use super::known_tools::KnownTools;
use super::skill;
use crate::config::AgentConfig;
use crate::conversation::ReasoningEffort;
use crate::toml_file::{Collector, Fields, Mistakes};

const FILE: &str = "agent.toml";
const INSTRUCTIONS: &str = "instructions.md";
const SKILLS: &str = "skills/";

/// The most model calls and tool calls of one reply that an agent may be allowed.
const MAX_LIMIT: u32 = u8::MAX as u32;

/// An agent of a directory.
pub(super) struct Agent {
    /// Its configuration.
    pub(super) config: AgentConfig,
    /// Whether messages that name no agent are its own.
    pub(super) is_default: bool,
}

impl Agent {
    /// The path of the file that describes it.
    pub(super) fn file(&self) -> String {
        format!("{}/{FILE}", self.config.id)
    }
}

/// Reads the files of the agent with this id: their names in its folder, paths and texts. `tools` are those that there
/// are. `None` of one without a file that describes it.
pub(super) fn read(
    id: &str,
    files: &[(&str, &str, &str)],
    tools: &KnownTools,
    mistakes: &mut Mistakes,
) -> Option<Agent> {
    let text_of = |wanted: &str| files.iter().find(|(name, ..)| *name == wanted).map(|(_, path, text)| (*path, *text));
    let is_known = |name: &str| name == FILE || name == INSTRUCTIONS || skill::is_skill(name);
    for (_, path, _) in files.iter().filter(|(name, ..)| !is_known(name)) {
        mistakes.add(path, format!("the folder of an agent has {FILE}, {INSTRUCTIONS} and {SKILLS}*.md, not this"));
    }
    let (path, text) = text_of(FILE).or_else(|| {
        mistakes.add(&format!("{id}/{FILE}"), "this file is missing: the folder of an agent has one");
        None
    })?;
    let mut collector = Collector::new(path, text);
    let agent = collector.document().and_then(|document| {
        let mut fields = Fields::new(document.get_ref(), document.span());
        let agent = described(id, &mut fields, tools, &mut collector);
        fields.finish("an agent", &mut collector);
        agent
    });
    collector.finish(mistakes);
    let mut agent = agent?;
    match text_of(INSTRUCTIONS).filter(|(_, text)| !text.trim().is_empty()) {
        Some((_, text)) => agent.config.instructions = text.trim().to_owned(),
        None => mistakes.add(&format!("{id}/{INSTRUCTIONS}"), "this file is missing or empty; it is the system prompt"),
    }
    agent.config.skills = skill::read(files, mistakes);
    Some(agent)
}

fn described(id: &str, fields: &mut Fields<'_, '_>, tools: &KnownTools, mistakes: &mut Collector<'_>) -> Option<Agent> {
    let name = fields.text("name", "a text, by which people know it", mistakes);
    let description = fields.optional_text("description", "a text", mistakes);
    let model = fields.optional_text("model", "the name of a model of the deployment", mistakes);
    let is_default = fields.flag("default", mistakes);
    let is_hidden = fields.flag("hidden", mistakes);
    let reasoning_effort = reasoning_effort(fields, mistakes);
    let tools = tools_of(fields, tools, mistakes);
    let (max_steps, max_calls) = limits(fields, mistakes);
    let config = AgentConfig {
        id: id.to_owned(),
        name: name?.0.to_owned(),
        description: description.map(|(text, _)| text.to_owned()),
        instructions: String::new(),
        model: model.map(|(name, _)| name.to_owned()),
        tools: Some(tools),
        skills: Vec::new(),
        max_steps,
        max_calls,
        reasoning_effort,
        is_listed: !is_hidden,
    };
    Some(Agent { config, is_default })
}

fn reasoning_effort(fields: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Option<ReasoningEffort> {
    let efforts = ReasoningEffort::ALL.map(ReasoningEffort::as_str).join(", ");
    let expected = format!("one of {efforts}");
    let (name, place) = fields.optional_text("reasoning_effort", &expected, mistakes)?;
    let effort = ReasoningEffort::ALL.into_iter().find(|effort| effort.as_str() == name);
    if effort.is_none() {
        mistakes.add(place, format!("reasoning_effort must be {expected}"));
    }
    effort
}

fn tools_of(fields: &mut Fields<'_, '_>, known: &KnownTools, mistakes: &mut Collector<'_>) -> Vec<String> {
    let Some(value) = fields.optional("tools") else { return Vec::new() };
    let Some(entries) = value.get_ref().as_array() else {
        mistakes.add(value.span(), "tools must be a list of names such as [\"current_time\"]");
        return Vec::new();
    };
    let mut names = Vec::new();
    for entry in entries.iter() {
        match entry.get_ref().as_str() {
            None => mistakes.add(entry.span(), "the name of a tool must be a text"),
            Some(name) => match known.named(name) {
                Ok(found) => names.extend(found),
                Err(problem) => mistakes.add(entry.span(), problem),
            },
        }
    }
    names
}

fn limits(fields: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> (Option<NonZeroU8>, Option<u8>) {
    let Some(value) = fields.optional("limits") else { return (None, None) };
    let Some(table) = value.get_ref().as_table() else {
        mistakes.add(value.span(), "limits must be a table such as { steps = 8, calls = 16 }");
        return (None, None);
    };
    let mut fields = Fields::new(table, value.span());
    let mut number = |name, least| {
        let number = fields.number(name, least..=MAX_LIMIT, name, mistakes)?;
        u8::try_from(number).ok()
    };
    let (steps, calls) = (number("steps", 1), number("calls", 0));
    fields.finish("limits", mistakes);
    (steps.and_then(NonZeroU8::new), calls)
}
