use super::*;
use crate::conversation::ReasoningEffort;

const AGENT: &str = "name = \"Assistant\"\n";
const SKILL: &str = "---\nname: refunds\ndescription: When and how.\n---\nAsk for the number.\n";

fn files(files: &[(&str, &str)]) -> AgentFiles {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn parse(given: &[(&str, &str)]) -> Result<AgentsDirectory, String> {
    AgentsDirectory::parse(&files(given)).map_err(|mistakes| mistakes.to_string())
}

// What is wrong with an agent's file that is otherwise right.
fn mistakes(agent: &str) -> String {
    let agent = format!("{AGENT}{agent}");
    parse(&[
        ("assistant/agent.toml", &agent),
        ("assistant/instructions.md", "Be kind."),
        ("tools/current_time.toml", "kind = \"builtin\""),
    ])
    .map(drop)
    .unwrap_err()
}

#[test]
fn a_directory_has_agents_with_instructions_tools_and_skills() {
    let agent = r#"
name = "Clerk"
description = "Knows orders."
model = "small"
default = true
reasoning_effort = "low"
tools = ["current_time", "find_order"]
limits = { steps = 3, calls = 5 }
"#;
    let find = "description = \"Finds an order.\"\nkind = \"http\"\nurl = \"https://shop.internal/\"\nprivate_hosts = [\"shop.internal\"]\n";
    let directory = parse(&[
        ("README.md", "For people."),
        ("assistant/agent.toml", AGENT),
        ("assistant/instructions.md", "Be kind.\n"),
        ("clerk/agent.toml", agent),
        ("clerk/instructions.md", "Be exact."),
        ("clerk/skills/refunds.md", SKILL),
        ("helper/agent.toml", "name = \"Helper\"\nhidden = true"),
        ("helper/instructions.md", "Help."),
        ("tools/current_time.toml", "kind = \"builtin\""),
        ("tools/find_order.toml", find),
    ])
    .unwrap();
    let ids: Vec<_> = directory.agents.iter().map(|agent| agent.id.as_str()).collect();
    assert_eq!(ids, ["clerk", "assistant", "helper"], "the default is the first");
    let [clerk, assistant, helper] = <[AgentConfig; 3]>::try_from(directory.agents).unwrap();
    assert_eq!((clerk.name.as_str(), clerk.description.as_deref()), ("Clerk", Some("Knows orders.")));
    assert_eq!((clerk.model.as_deref(), clerk.instructions.as_str()), (Some("small"), "Be exact."));
    assert_eq!(clerk.tools.as_deref(), Some(&["current_time".to_owned(), "find_order".to_owned()][..]));
    assert_eq!((clerk.max_steps.map(Into::into), clerk.max_calls), (Some(3_u8), Some(5)));
    assert_eq!(clerk.reasoning_effort, Some(ReasoningEffort::Low));
    assert_eq!((clerk.skills.len(), clerk.skills[0].name.as_str()), (1, "refunds"));
    assert_eq!(
        (clerk.skills[0].description.as_str(), clerk.skills[0].text.as_str()),
        ("When and how.", "Ask for the number.")
    );
    assert_eq!(assistant.tools.as_deref(), Some(&[][..]), "an agent has the tools that it names");
    assert!(!helper.is_listed && assistant.is_listed);
    let names: Vec<_> = directory.tools.tools.iter().map(|tool| tool.tool.definition.name.as_str()).collect();
    assert_eq!(
        (names, directory.tools.private_hosts),
        (vec!["current_time", "find_order"], vec!["shop.internal".to_owned()])
    );
}

#[test]
fn every_mistake_is_named_by_file_and_line() {
    let found = parse(&[
        ("a/agent.toml", "name = \"A\"\ndefault = true\ntools = [\"find\",\n \"fetch\"]"),
        ("a/instructions.md", " \n"),
        ("a/agnt.toml", ""),
        ("a/skills/x.md", "No head."),
        ("a/skills/y.md", "---\nname: [y]\n---\nText."),
        ("a/skills/z.md", "---\nname: z\ndescription: \"\n---\nText."),
        ("b/agent.toml", "nam = \"B\"\ndefault = 1\n"),
        ("b/instructions.md", "Be."),
        ("c/instructions.md", "Be."),
        ("loose.toml", ""),
        ("tools/find.toml", "kind = \"http\"\nurl = \"ftp://x\"\n"),
        ("tools/notes.md", ""),
        ("tools/read_skill.toml", "kind = \"builtin\""),
        ("tools/two words.toml", "kind = \"client\"\ndescription = \"Does.\""),
    ]);
    let expected = [
        "a/agent.toml:4: there is no tool fetch in tools; there are: find, two words",
        "a/agnt.toml:1: the folder of an agent has agent.toml, instructions.md and skills/*.md, not this",
        "a/instructions.md:1: this file is missing or empty; it is the system prompt",
        "a/skills/x.md:1: a skill must begin with ---, a line each for name: and description:, and ---",
        "a/skills/y.md:1: description must be a text; \
         a skill must begin with ---, a line each for name: and description:, and ---",
        "a/skills/y.md:2: name must be a text; \
         a skill must begin with ---, a line each for name: and description:, and ---",
        "a/skills/z.md:3: this is not YAML: while scanning a quoted scalar, found unexpected end of stream",
        "b/agent.toml:1: an agent has no field nam; it has name, description, model, default, hidden, reasoning_effort, tools, limits",
        "b/agent.toml:1: name is missing; it must be a text, by which people know it",
        "b/agent.toml:2: default must be true or false",
        "c/agent.toml:1: this file is missing: the folder of an agent has one",
        "loose.toml:1: a file must be in the folder of an agent, or in tools",
        "tools/find.toml:1: description is missing; it must be a sentence that tells the model what the tool does",
        "tools/find.toml:2: url must begin with https://, or with http:// on loopback",
        "tools/notes.md:1: a tool must be in a file such as tools/find_order.toml",
        "tools/read_skill.toml:1: agents with skills have a tool of this name",
        "tools/two words.toml:1: the file's name is the tool's, which must be 1 to 64 letters, digits, _ and -",
    ];
    assert_eq!(found.map(drop).unwrap_err().lines().collect::<Vec<_>>(), expected);
}

#[test]
fn each_key_of_an_agent_says_what_would_be_right() {
    for (lines, said) in [
        ("tools = \"current_time\"", "assistant/agent.toml:2: tools must be a list of names"),
        ("tools = [7]", "assistant/agent.toml:2: the name of a tool must be a text"),
        ("tools = [\"find\"]", "assistant/agent.toml:2: there is no tool find in tools; there are: current_time"),
        ("limits = 8", "assistant/agent.toml:2: limits must be a table such as { steps = 8, calls = 16 }"),
        ("limits = { steps = 0 }", "assistant/agent.toml:2: steps must be a whole number of steps from 1 to 255"),
        ("limits = { turns = 1 }", "assistant/agent.toml:2: limits has no field turns; it has steps, calls"),
        ("model = 7", "assistant/agent.toml:2: model must be the name of a model of the deployment"),
        ("hidden = true", "assistant/agent.toml:1: the only agent must not be hidden"),
        ("default = \"yes\"", "assistant/agent.toml:2: default must be true or false"),
        (
            "reasoning_effort = \"much\"",
            "assistant/agent.toml:2: reasoning_effort must be one of none, minimal, low, medium, high, xhigh",
        ),
        (
            "temperature = 1",
            "assistant/agent.toml:2: an agent has no field temperature; it has name, description, model",
        ),
        ("name = \"Again\"", "assistant/agent.toml:2: this is not TOML"),
    ] {
        let found = mistakes(lines);
        assert!(found.contains(said), "{lines}\n{found}");
    }
}

#[test]
fn what_is_too_much_for_a_version_is_refused() {
    let skill = format!("{SKILL}{}", "x".repeat(63_000));
    let names: Vec<_> = (0..7)
        .map(|number| (format!("a/skills/{number}.md"), skill.replace("refunds", &format!("s{number}"))))
        .collect();
    let mut given: Vec<(&str, &str)> = names.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    given.extend([("a/agent.toml", AGENT), ("a/instructions.md", "A.")]);
    let found = parse(&given).map(drop).unwrap_err();
    assert!(
        found.starts_with("agents:1: all files together have 44") && found.ends_with("they may have 390000"),
        "{found}"
    );
    given.drain(..2);
    assert!(parse(&given).is_ok());
    let long = skill + &"x".repeat(1_100);
    let found = parse(&[("a/agent.toml", AGENT), ("a/instructions.md", "A."), ("a/skills/long.md", &long)])
        .map(drop)
        .unwrap_err();
    assert_eq!(found, "a/skills/long.md:1: the skill has over 64000 bytes: divide it");
}

#[test]
fn one_agent_is_the_default() {
    let two = |first: &str, second: &str| {
        let agent = |more: &str| format!("{AGENT}{more}");
        let (first, second) = (agent(first), agent(second));
        let given = [
            ("a/agent.toml", first.as_str()),
            ("a/instructions.md", "A."),
            ("b/agent.toml", &second),
            ("b/instructions.md", "B."),
        ];
        parse(&given).map(|directory| directory.agents[0].id.clone())
    };
    assert_eq!(two("", "default = true").unwrap(), "b");
    assert_eq!(two("", "").unwrap_err(), "agents:1: one agent must have default = true in its agent.toml");
    assert_eq!(
        two("default = true", "default = true").unwrap_err(),
        "b/agent.toml:1: only one agent may have default = true"
    );
    assert_eq!(
        two("default = true\nhidden = true", "").unwrap_err(),
        "a/agent.toml:1: the default agent must not be hidden"
    );
    assert!(parse(&[]).unwrap_err().contains("there is no agent"));
}
