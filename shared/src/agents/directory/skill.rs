//! Skills: texts in Markdown that an agent reads when it needs them, each with its name and what it is for at its top.
//!
//! ```text
//! ---
//! name: refunds
//! description: When an order may be refunded, and how.
//! ---
//! Ask for the number of the order first. …
//! ```

use saphyr::{LoadableYamlNode, MarkedYaml};

use crate::config::Skill;
use crate::toml_file::{Collector, Mistakes};
use crate::tools::MAX_SKILL_BYTES;

const FOLDER: &str = "skills/";
const FENCE: &str = "---";
const EXPECTED: &str = "a skill must begin with ---, a line each for name: and description:, and ---";

/// Whether the file with this name in an agent's folder is a skill.
pub(super) fn is_skill(name: &str) -> bool {
    name.strip_prefix(FOLDER).is_some_and(|name| name.ends_with(".md") && !name.contains('/'))
}

/// The skills among the files of an agent.
pub(super) fn read(files: &[(&str, &str, &str)], mistakes: &mut Mistakes) -> Vec<Skill> {
    let mut skills: Vec<Skill> = Vec::new();
    for (_, path, text) in files.iter().filter(|(name, ..)| is_skill(name)) {
        let mut collector = Collector::new(path, text);
        if let Some(skill) = skill(text, &mut collector) {
            if skills.iter().any(|other| other.name == skill.name) {
                collector.add(0..0, format!("the agent has another skill with the name {}", skill.name));
            }
            skills.push(skill);
        }
        collector.finish(mistakes);
    }
    skills
}

fn skill(text: &str, mistakes: &mut Collector<'_>) -> Option<Skill> {
    let text = text.trim_start_matches('\u{feff}');
    let Some((head, body)) = parts(text) else {
        mistakes.add(0..0, EXPECTED);
        return None;
    };
    let head = match MarkedYaml::load_from_str(head) {
        Ok(documents) => documents.into_iter().next(),
        Err(error) => {
            mistakes.add_at_line(error.marker().line() + 1, format!("this is not YAML: {}", error.info()));
            return None;
        }
    };
    let mut field = |name: &str| {
        let value = head.as_ref().and_then(|head| head.data.as_mapping_get(name));
        let text = value.and_then(|value| value.data.as_str()).map(str::trim).filter(|text| !text.is_empty());
        if text.is_none() {
            let line = value.map_or(1, |value| value.span.start.line() + 1);
            mistakes.add_at_line(line, format!("{name} must be a text; {EXPECTED}"));
        }
        text.map(str::to_owned)
    };
    let (name, description) = (field("name"), field("description"));
    if body.trim().is_empty() {
        mistakes.add(0..0, "the skill has no text");
    }
    if body.len() > MAX_SKILL_BYTES {
        mistakes.add(0..0, format!("the skill has over {MAX_SKILL_BYTES} bytes: divide it"));
    }
    Some(Skill { name: name?, description: description?, text: body.trim().to_owned() })
}

// What is between the fences, and what is behind them.
fn parts(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix(FENCE)?.trim_start_matches([' ', '\t', '\r']).strip_prefix('\n')?;
    let mut start = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == FENCE {
            return Some((&rest[..start], &rest[start + line.len()..]));
        }
        start += line.len();
    }
    None
}
