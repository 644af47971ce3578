//! The declaration of an MCP server, with the tools of its lock.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use toml::de::DeValue;

use super::approval::approval;
use super::declaration::{Declaration, Kind, MAX_BYTES, MAX_TIMEOUT_SECONDS, bytes};
use super::endpoint::{self, SecretSource};
use crate::llm::ToolDefinition;
use crate::toml_file::{Collector, Fields, Placed};
use crate::tools::mcp_server::{Lock, LockedTool, McpServer, final_names};
use crate::tools::tool::{Runs, Tool};
use crate::tools::url_template::UrlTemplate;

const URL: &str = "the URL of a server with streamable HTTP, such as https://shop.example.com/mcp";
const NAMES: &str = "a list of names of the server's tools, such as [\"search\"]";
const MAX_PREFIX_BYTES: usize = 32;

/// What a lock says, if there is one.
pub(super) enum Locked<'a> {
    /// The lock.
    Read(&'a Lock),
    /// Something is wrong with it, which is said.
    Mistaken,
    /// There is none. The command makes it.
    Missing {
        /// The command.
        command: &'a str,
    },
}

/// The server, and the tools of its lock; `None` if it is mistaken.
pub(super) fn read(
    id: &str,
    mut fields: Fields<'_, '_>,
    locked: &Locked<'_>,
    mistakes: &mut Collector<'_>,
) -> Option<(McpServer<SecretSource>, Vec<Declaration>)> {
    let server = connection(&mut fields, mistakes);
    let settings = Settings::read(&mut fields, mistakes);
    let approvals = fields.optional("approvals");
    let usual_approval = fields.optional("approval");
    let idempotent = names("idempotent", &mut fields, mistakes);
    fields.optional("private_hosts");
    fields.finish("a tool of the kind mcp", mistakes);
    let server = server?;
    let lock = match locked {
        Locked::Read(lock) => lock,
        Locked::Mistaken => return Some((server, Vec::new())),
        Locked::Missing { command } => {
            mistakes.add(0..0, format!("the tools of this server are not locked yet: {command}"));
            return Some((server, Vec::new()));
        }
    };
    if lock.url != server.url.as_str() {
        mistakes.add(0..0, format!("the tools are locked for {}; lock them again for this url", lock.url));
    }
    let tools: Vec<&LockedTool> = lock.tools.iter().filter(|tool| server.allows(&tool.name)).collect();
    let known: BTreeSet<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    let mut check = |field: &str, place: std::ops::Range<usize>, name: &str| {
        if !known.contains(name) {
            mistakes.add(place, format!("{field} names the tool {name}, which is not locked"));
        }
    };
    for (field, listed) in [("tools", settings.tools.as_ref()), ("idempotent", idempotent.as_ref())] {
        for (name, place) in listed.into_iter().flatten() {
            check(field, place.clone(), name);
        }
    }
    let table = approvals.map(|value| (value.get_ref().as_table(), value.span()));
    if let Some((None, place)) = &table {
        mistakes.add(place.clone(), "approvals must be a table of approvals by the names of tools");
    }
    let table = table.and_then(|(table, _)| table);
    for name in
        table.into_iter().flat_map(|table| table.keys()).filter(|name| !known.contains(&*name.get_ref().as_ref()))
    {
        mistakes.add(name.span(), format!("approvals names the tool {}, which is not locked", name.get_ref()));
    }
    let server_names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    let final_names = final_names(settings.prefix, &server_names);
    let declared = |(tool, name): (&&LockedTool, String)| {
        let value: Option<&Placed<'_>> = table.and_then(|table| table.get(tool.name.as_str())).or(usual_approval);
        let is_idempotent = idempotent.as_ref().is_some_and(|names| names.iter().any(|(name, _)| *name == tool.name));
        let approval = approval(value, mistakes);
        let tool_of = Tool { approval, is_idempotent, ..settings.tool(definition(tool, name)) };
        let kind = Kind::Mcp { server: id.to_owned(), tool: tool.name.clone(), hash: tool.sha256.clone() };
        Declaration { tool: tool_of, kind }
    };
    let declarations = tools.iter().zip(final_names).map(declared).collect();
    Some((server, declarations))
}

fn definition(tool: &LockedTool, name: String) -> ToolDefinition {
    ToolDefinition { name, description: tool.description.clone(), schema: tool.input_schema.clone(), strict: false }
}

fn connection(fields: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Option<McpServer<SecretSource>> {
    let url = fields.text("url", URL, mistakes).and_then(|(text, place)| {
        let url = UrlTemplate::parse(text).and_then(|url| match url.arguments().next() {
            Some(_) => Err("must not have { }: a server has one address".to_owned()),
            None => url.fill(&Value::Null),
        });
        url.map_err(|problem| mistakes.add(place, format!("url {problem}"))).ok()
    });
    let place = fields.optional("headers").map(Placed::span);
    let headers = endpoint::headers(fields, mistakes);
    // One session serves all users.
    if let Some(place) = place.filter(|_| headers.iter().any(|(_, value)| value.contains('{'))) {
        mistakes.add(place, "headers of an MCP server are those of all users and conversations, and cannot have { }");
    }
    let secret = endpoint::secret(fields, mistakes);
    let allowed = names("tools", fields, mistakes);
    let allowed = allowed.map(|names| names.into_iter().map(|(name, _)| name.to_owned()).collect());
    Some(McpServer { url: url?, headers, secret, allowed })
}

struct Settings<'a> {
    tools: Option<Vec<(&'a str, std::ops::Range<usize>)>>,
    prefix: Option<&'a str>,
    timeout: Option<u32>,
    max_output: Option<u32>,
    model_output: Option<u32>,
}

impl<'a> Settings<'a> {
    fn read(fields: &mut Fields<'a, '_>, mistakes: &mut Collector<'_>) -> Self {
        // That it is a list has been said.
        let tools = names("tools", fields, &mut Collector::new("", ""));
        let expected = format!("1 to {MAX_PREFIX_BYTES} letters, digits, _ and -");
        let prefix = fields.optional_text("prefix", &expected, mistakes);
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if let Some((prefix, place)) = &prefix
            && (prefix.len() > MAX_PREFIX_BYTES || !prefix.bytes().all(is_allowed))
        {
            mistakes.add(place.clone(), format!("prefix must be {expected}"));
        }
        Self {
            tools,
            prefix: prefix.map(|(prefix, _)| prefix),
            timeout: fields.number("timeout", 1..=MAX_TIMEOUT_SECONDS, "seconds", mistakes),
            max_output: fields.number("max_output", 1..=MAX_BYTES, "bytes", mistakes),
            model_output: fields.number("model_output", 1..=MAX_BYTES, "bytes", mistakes),
        }
    }

    fn tool(&self, definition: ToolDefinition) -> Tool {
        // The client runs it, until it is said who does.
        let tool = Tool::new(definition, Runs::Client);
        let max_output = self.max_output.map_or(tool.max_output_bytes, bytes);
        Tool {
            timeout: self.timeout.map_or(tool.timeout, |seconds| Duration::from_secs(seconds.into())),
            max_output_bytes: max_output,
            model_output_bytes: self.model_output.map_or(tool.model_output_bytes.min(max_output), bytes),
            ..tool
        }
    }
}

fn names<'a>(
    field: &'static str,
    fields: &mut Fields<'a, '_>,
    mistakes: &mut Collector<'_>,
) -> Option<Vec<(&'a str, std::ops::Range<usize>)>> {
    let value = fields.optional(field)?;
    let named = |entry: &'a Placed<'_>| Some((entry.get_ref().as_str()?, entry.span()));
    let names = match value.get_ref() {
        DeValue::Array(entries) => entries.iter().map(named).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    if names.is_none() {
        mistakes.add(value.span(), format!("{field} must be {NAMES}"));
    }
    names
}
