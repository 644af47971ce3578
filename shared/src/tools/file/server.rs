//! The declaration of an MCP server, with the tools of its lock.

use std::ops::Range;
use std::time::Duration;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::approval::approval;
use super::declaration::{Declaration, Kind, MAX_BYTES, MAX_TIMEOUT_SECONDS, bytes};
use super::endpoint::{self, SecretSource};
use crate::llm::ToolDefinition;
use crate::toml_file::{Collector, Fields, Placed};
use crate::tools::approval::Approval;
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
    settings.check_names(&tools, mistakes);
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    let named = tools.iter().zip(final_names(settings.prefix, &names));
    let declarations = named.map(|(tool, name)| settings.declaration(id, tool, name, mistakes)).collect();
    Some((server, declarations))
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

// What the file says of the tools.
struct Settings<'a, 'i> {
    tools: Names<'a>,
    idempotent: Names<'a>,
    approval: Approval,
    approvals: Option<&'a DeTable<'i>>,
    prefix: Option<&'a str>,
    timeout: Option<u32>,
    max_output: Option<u32>,
    model_output: Option<u32>,
}

impl<'a, 'i> Settings<'a, 'i> {
    fn read(fields: &mut Fields<'a, 'i>, mistakes: &mut Collector<'_>) -> Self {
        let approvals = fields.optional("approvals");
        if let Some(value) = approvals.filter(|value| value.get_ref().as_table().is_none()) {
            mistakes.add(value.span(), "approvals must be a table of approvals by the names of tools");
        }
        let expected = format!("1 to {MAX_PREFIX_BYTES} letters, digits, _ and -");
        let prefix = fields.optional_text("prefix", &expected, mistakes);
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if let Some((prefix, place)) = &prefix
            && (prefix.len() > MAX_PREFIX_BYTES || !prefix.bytes().all(is_allowed))
        {
            mistakes.add(place.clone(), format!("prefix must be {expected}"));
        }
        Self {
            // That it must be a list has been said.
            tools: names("tools", fields, &mut Collector::new("", "")),
            idempotent: names("idempotent", fields, mistakes),
            approval: approval(fields.optional("approval"), mistakes),
            approvals: approvals.and_then(|value| value.get_ref().as_table()),
            prefix: prefix.map(|(prefix, _)| prefix),
            timeout: fields.number("timeout", 1..=MAX_TIMEOUT_SECONDS, "seconds", mistakes),
            max_output: fields.number("max_output", 1..=MAX_BYTES, "bytes", mistakes),
            model_output: fields.number("model_output", 1..=MAX_BYTES, "bytes", mistakes),
        }
    }

    // Every tool that is named is locked.
    fn check_names(&self, tools: &[&LockedTool], mistakes: &mut Collector<'_>) {
        let listed = |field, names: &Names<'a>| {
            names.iter().flatten().map(|(name, place)| (field, *name, place.clone())).collect::<Vec<_>>()
        };
        let approvals = self.approvals.into_iter().flat_map(|table| table.keys());
        let approvals = approvals.map(|name| ("approvals", name.get_ref().as_ref(), name.span()));
        let named = listed("tools", &self.tools).into_iter().chain(listed("idempotent", &self.idempotent));
        for (field, name, place) in named.chain(approvals) {
            if !tools.iter().any(|tool| tool.name == name) {
                mistakes.add(place, format!("{field} names the tool {name}, which is not locked"));
            }
        }
    }

    fn declaration(
        &self,
        server: &str,
        locked: &LockedTool,
        name: String,
        mistakes: &mut Collector<'_>,
    ) -> Declaration {
        let definition = ToolDefinition {
            name,
            description: locked.description.clone(),
            schema: locked.input_schema.clone(),
            strict: false,
        };
        // The client runs it, until it is said who does.
        let tool = Tool::new(definition, Runs::Client);
        let own_approval = self.approvals.and_then(|table| table.get(locked.name.as_str()));
        let max_output = self.max_output.map_or(tool.max_output_bytes, bytes);
        let tool = Tool {
            approval: own_approval.map_or_else(|| self.approval.clone(), |own| approval(Some(own), mistakes)),
            is_idempotent: self.idempotent.iter().flatten().any(|(name, _)| *name == locked.name),
            timeout: self.timeout.map_or(tool.timeout, |seconds| Duration::from_secs(seconds.into())),
            max_output_bytes: max_output,
            model_output_bytes: self.model_output.map_or(tool.model_output_bytes.min(max_output), bytes),
            ..tool
        };
        let kind = Kind::Mcp { server: server.to_owned(), tool: locked.name.clone(), hash: locked.sha256.clone() };
        Declaration { tool, kind }
    }
}

// Names with their places, of a list that is there.
type Names<'a> = Option<Vec<(&'a str, Range<usize>)>>;

fn names<'a>(field: &'static str, fields: &mut Fields<'a, '_>, mistakes: &mut Collector<'_>) -> Names<'a> {
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
