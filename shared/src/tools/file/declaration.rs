//! The declaration of one tool.

use std::ops::Range;
use std::time::Duration;

use super::approval::approval;
use super::endpoint::{self, SecretSource};
use super::parameters::parameters;
use crate::llm::ToolDefinition;
use crate::toml_file::{Collector, Fields};
use crate::tools::ask_user::{ASK_USER, ask_user};
use crate::tools::current_time::{CURRENT_TIME, current_time};
use crate::tools::http_endpoint::HttpEndpoint;
use crate::tools::tool::{MAX_OUTPUT_BYTES, Returns, Runs, Tool};

/// The longest time of a call, in seconds: a function runs for fifteen minutes, in which the turn goes on behind the call.
pub(super) const MAX_TIMEOUT_SECONDS: u32 = 14 * 60;
pub(super) const MAX_BYTES: u32 = MAX_OUTPUT_BYTES as u32;
const MAX_NAME_BYTES: usize = 64;
pub(super) const NAME: &str = "1 to 64 letters, digits, _ and -";
const KINDS: &str = "builtin, lambda, http or client, or in a directory of agents mcp";

/// A tool as it is declared.
#[derive(Debug)]
pub struct Declaration {
    /// The tool. Until something of the kind is made that runs it, its client does.
    pub tool: Tool,
    /// What runs it.
    pub kind: Kind,
}

/// What runs a tool.
#[derive(Debug)]
pub enum Kind {
    /// The function itself: `current_time`.
    CurrentTime,
    /// The person: `ask_user`.
    AskUser,
    /// A Lambda function.
    Lambda {
        /// Its name or ARN.
        function: String,
    },
    /// An endpoint.
    Http(Box<HttpEndpoint<SecretSource>>),
    /// The client.
    Client,
    /// A tool of an MCP server.
    Mcp {
        /// The server, among those of the file.
        server: String,
        /// The server's name for the tool.
        tool: String,
        /// The hash of the tool as it was reviewed.
        hash: String,
    },
}

/// The name of a tool.
pub(super) fn name<'a>(fields: &mut Fields<'a, '_>, mistakes: &mut Collector<'_>) -> Option<(&'a str, Range<usize>)> {
    let (name, place) = fields.text("name", NAME, mistakes)?;
    if !is_name(name) {
        mistakes.add(place.clone(), format!("name must be {NAME}"));
    }
    Some((name, place))
}

/// Whether providers accept this as the name of a tool.
pub(super) fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_allowed)
}

/// The tool with this name; `None` of one that is mistaken.
pub(super) fn read(name: &str, mut fields: Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Option<Declaration> {
    let (kind, place) = fields.text("kind", KINDS, mistakes)?;
    let declaration = match kind {
        "builtin" => builtin(name, &place, &mut fields, mistakes),
        "lambda" => {
            let tool = own(name, &mut fields, mistakes);
            let function = fields.text("function", "the name or the ARN of a Lambda function", mistakes);
            let tool = limited(tool, &mut fields, mistakes);
            function.map(|(function, _)| Declaration { tool, kind: Kind::Lambda { function: function.to_owned() } })
        }
        "http" => {
            let tool = own(name, &mut fields, mistakes);
            let endpoint = endpoint::endpoint(&mut fields, &tool.definition.schema, mistakes);
            let tool = limited(tool, &mut fields, mistakes);
            endpoint.map(|endpoint| Declaration { tool, kind: Kind::Http(Box::new(endpoint)) })
        }
        "client" => Some(Declaration { tool: own(name, &mut fields, mistakes), kind: Kind::Client }),
        _ => {
            mistakes.add(place, format!("kind must be {KINDS}"));
            return None;
        }
    };
    fields.finish(&format!("a tool of the kind {kind}"), mistakes);
    declaration
}

fn builtin(
    name: &str,
    place: &Range<usize>,
    fields: &mut Fields<'_, '_>,
    mistakes: &mut Collector<'_>,
) -> Option<Declaration> {
    let (mut definition, kind) = match name {
        CURRENT_TIME => (current_time(), Kind::CurrentTime),
        ASK_USER => (ask_user(), Kind::AskUser),
        _ => {
            let problem = format!("there is no built-in tool {name}; there are {CURRENT_TIME} and {ASK_USER}");
            mistakes.add(place.clone(), problem);
            return None;
        }
    };
    if let Some((description, _)) = fields.optional_text("description", "a text", mistakes) {
        description.clone_into(&mut definition.description);
    }
    // Nobody else can run either, and the runner's own is the one that counts.
    let tool = Tool { is_idempotent: true, ..Tool::new(definition, Runs::Client) };
    Some(Declaration { tool, kind })
}

// What a tool of one's own has, whoever runs it.
fn own(name: &str, fields: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Tool {
    let description = fields.text("description", "a sentence that tells the model what the tool does", mistakes);
    let (schema, arguments) = parameters(fields, mistakes);
    let definition = ToolDefinition {
        name: name.to_owned(),
        description: description.map_or("", |(description, _)| description).to_owned(),
        schema,
        strict: fields.flag("strict", mistakes),
    };
    // The client runs it, until it is said who does.
    let tool = Tool::new(definition, Runs::Client);
    let max_output = fields.number("max_output", 1..=MAX_BYTES, "bytes", mistakes).map_or(tool.max_output_bytes, bytes);
    let model_output = fields.number("model_output", 1..=MAX_BYTES, "bytes", mistakes);
    Tool {
        approval: approval(fields.optional("approval"), mistakes),
        max_output_bytes: max_output,
        model_output_bytes: model_output.map_or(tool.model_output_bytes.min(max_output), bytes),
        returns: returns(fields, mistakes),
        arguments,
        ..tool
    }
}

// What a tool has besides that the function runs.
fn limited(tool: Tool, fields: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Tool {
    let timeout = fields.number("timeout", 1..=MAX_TIMEOUT_SECONDS, "seconds", mistakes);
    Tool {
        is_idempotent: fields.flag("idempotent", mistakes),
        timeout: timeout.map_or(tool.timeout, |seconds| Duration::from_secs(seconds.into())),
        ..tool
    }
}

fn returns(fields: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Returns {
    let expected = "a JSON Pointer such as /summary";
    let Some(value) = fields.optional("returns") else { return Returns::default() };
    let Some(table) = value.get_ref().as_table() else {
        mistakes.add(value.span(), "returns must be a table such as { model = \"/summary\", client = \"/rows\" }");
        return Returns::default();
    };
    let mut fields = Fields::new(table, value.span());
    let mut pointer = |name| {
        let (pointer, place) = fields.optional_text(name, expected, mistakes)?;
        if !pointer.starts_with('/') {
            mistakes.add(place, format!("{name} must be {expected}"));
        }
        Some(pointer.to_owned())
    };
    let returns = Returns { model: pointer("model"), client: pointer("client") };
    fields.finish("returns", mistakes);
    returns
}

pub(super) fn bytes(number: u32) -> usize {
    usize::try_from(number).unwrap_or(MAX_OUTPUT_BYTES)
}
