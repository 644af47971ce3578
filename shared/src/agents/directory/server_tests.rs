//! MCP servers among the tools of a directory.

use serde_json::json;

use super::*;
use crate::tools::{Approval, Kind, ListedTool, Lock};

const SERVER: &str = "kind = \"mcp\"\nurl = \"https://docs.example/mcp\"\n";

fn lock(names: &[&str]) -> String {
    let tool = |name: &&str| ListedTool {
        name: (*name).to_owned(),
        description: format!("Does {name}."),
        schema: json!({"type": "object"}),
    };
    Lock::new("https://docs.example/mcp", &names.iter().map(tool).collect::<Vec<_>>()).text()
}

// The directory of an agent with these tools, beside these files of tools.
fn parse(tools: &str, files: &[(&str, &str)]) -> Result<AgentsDirectory, String> {
    let agent = format!("name = \"A\"\ntools = {tools}");
    let given = [("a/agent.toml", agent.as_str()), ("a/instructions.md", "Be.")];
    let all = given.iter().chain(files).map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    AgentsDirectory::parse(&all.collect()).map_err(|mistakes| mistakes.to_string())
}

fn mistakes(server: &str, lock: &str) -> String {
    let server = format!("{SERVER}{server}");
    parse("[]", &[("tools/docs.toml", &server), ("tools/docs.lock.json", lock)]).map(drop).unwrap_err()
}

#[test]
fn an_agent_has_the_locked_tools_of_a_server_or_some_of_them() {
    let server = format!(
        "{SERVER}tools = [\"search\", \"docs.read\"]\nprefix = \"docs\"\nidempotent = [\"search\"]\napproval = \"once\"\n\
         timeout = 60\nmax_output = 1000\nprivate_hosts = [\"docs.example\"]\n[approvals]\nsearch = \"never\"\n"
    );
    let files =
        [("tools/docs.toml", server.as_str()), ("tools/docs.lock.json", &lock(&["docs.read", "search", "drop"]))];
    let directory = parse("[\"docs\"]", &files).unwrap();
    let all = Some(vec!["docs_docs_read".to_owned(), "docs_search".to_owned()]);
    assert_eq!(directory.agents[0].tools, all);
    let [read, search] = &directory.tools.tools[..] else { panic!("two tools") };
    assert_eq!((&read.tool.approval, read.tool.is_idempotent), (&Approval::Once, false));
    assert_eq!((&search.tool.approval, search.tool.is_idempotent), (&Approval::Never, true));
    assert_eq!(
        (search.tool.timeout.as_secs(), search.tool.max_output_bytes, search.tool.model_output_bytes),
        (60, 1000, 1000)
    );
    assert_eq!(search.tool.definition.description, "Does search.");
    assert!(matches!(&read.kind, Kind::Mcp { server, tool, .. } if server == "docs" && tool == "docs.read"));
    assert!(directory.tools.servers.contains_key("docs"));

    let one = parse("[\"docs_search\"]", &files).unwrap();
    assert_eq!(one.agents[0].tools, Some(vec!["docs_search".to_owned()]));
    let unknown = parse("[\"search\"]", &files).map(drop).unwrap_err();
    assert_eq!(unknown, "a/agent.toml:2: there is no tool search in tools; there are: docs");
}

#[test]
fn a_server_without_a_lock_names_the_command() {
    let found = parse("[\"docs\", \"search\"]", &[("tools/docs.toml", SERVER)]).map(drop).unwrap_err();
    let expected = "tools/docs.toml:1: the tools of this server are not locked yet: \
                    run make agents LOCK=1, and review what it writes";
    assert_eq!(found, expected);
    let stray = parse("[]", &[("tools/docs.lock.json", "{}")]).map(drop).unwrap_err();
    assert_eq!(stray, "tools/docs.lock.json:1: there is no tools/docs.toml whose lock this would be");
    let client = [("tools/docs.toml", "kind = \"client\"\ndescription = \"A.\""), ("tools/docs.lock.json", "{}")];
    assert!(parse("[]", &client).map(drop).unwrap_err().contains("tools/docs.toml is no MCP server"));
}

#[test]
fn each_mistake_of_a_server_says_what_would_be_right() {
    let locked = lock(&["search"]);
    for (lines, said) in [
        ("tools = [\"search\", \"gone\"]", "tools/docs.toml:3: tools names the tool gone, which is not locked"),
        ("tools = \"search\"", "tools/docs.toml:3: tools must be a list of names"),
        ("idempotent = true", "tools/docs.toml:3: idempotent must be a list of names"),
        ("idempotent = [\"gone\"]", "tools/docs.toml:3: idempotent names the tool gone"),
        ("approvals = 7", "tools/docs.toml:3: approvals must be a table"),
        ("[approvals]\ngone = \"always\"", "tools/docs.toml:4: approvals names the tool gone"),
        ("[approvals]\nsearch = \"sometimes\"", "tools/docs.toml:4: approval must be \"never\""),
        ("prefix = \"a b\"", "tools/docs.toml:3: prefix must be 1 to 32 letters"),
        ("headers = { X-User = \"{user}\" }", "tools/docs.toml:3: headers of an MCP server are those of all users"),
        ("headers = { Mcp-Session-Id = \"7\" }", "tools/docs.toml:3: the header mcp-session-id is set for each call"),
        ("parameters = {}", "tools/docs.toml:3: a tool of the kind mcp has no field parameters"),
    ] {
        let found = mistakes(lines, &locked);
        assert!(found.contains(said), "{lines}\n{found}");
    }
    let edited = mistakes("", &locked.replace("Does search.", "Deletes everything."));
    assert!(
        edited.starts_with("tools/docs.lock.json:1: the tool search does not have the hash of what is here"),
        "{edited}"
    );
    assert!(mistakes("", "{").starts_with("tools/docs.lock.json:1: this is no lock"));
    assert!(mistakes("", &locked.replace("docs.example", "other.example")).contains("lock them again for this url"));
}

#[test]
fn two_tools_with_one_name_are_a_mistake_of_the_server() {
    let locked = lock(&["current_time", "read_skill", "search"]);
    let files = [
        ("tools/current_time.toml", "kind = \"builtin\""),
        ("tools/docs.toml", SERVER),
        ("tools/docs.lock.json", &locked),
        ("tools/other.toml", SERVER),
        ("tools/other.lock.json", &locked),
        ("tools/search.toml", "kind = \"client\"\ndescription = \"A.\""),
    ];
    let found = parse("[]", &files).map(drop).unwrap_err();
    let expected = [
        "tools/docs.toml:1: the tool current_time has the name of the one of tools/current_time.toml: set a prefix",
        "tools/docs.toml:1: the tool read_skill has the name of the one of agents with skills: set a prefix",
        "tools/docs.toml:1: the tool search has the name of the one of tools/search.toml: set a prefix",
    ];
    assert_eq!(found.lines().take(3).collect::<Vec<_>>(), expected);
    assert_eq!(found.lines().count(), 6, "{found}");
}
