//! The file that declares the tools of a deployment, in TOML:
//!
//! ```toml
//! [[tool]]
//! name = "refund"
//! description = "Pays the money for an order back."
//! kind = "lambda"
//! function = "shop-refund"
//! approval = { if = "amount", over = 100 }
//!
//! [tool.parameters]
//! type = "object"
//! properties = { order = { type = "string" }, amount = { type = "number" } }
//! required = ["order", "amount"]
//! ```

mod approval;
mod declaration;
mod endpoint;
mod parameters;
mod server;

use std::collections::BTreeMap;

use toml::de::DeValue;

pub use declaration::{Declaration, Kind};
pub use endpoint::SecretSource;

use self::server::Locked;
use super::mcp_server::{Lock, McpServer};
use crate::toml_file::{Collector, Fields, Mistakes};

const MCP: &str = "mcp";

/// The tools of a deployment, as they are declared.
#[derive(Debug, Default)]
pub struct ToolsFile {
    /// The hosts that http tools may reach at private addresses.
    pub private_hosts: Vec<String>,
    /// The tools.
    pub tools: Vec<Declaration>,
    /// The MCP servers, by the names of their files.
    pub servers: BTreeMap<String, McpServer<SecretSource>>,
}

/// The lock of an MCP server, beside its file.
#[derive(Debug, Clone, Copy)]
pub struct LockFile<'a> {
    /// Its path.
    pub path: &'a str,
    /// Its text, if it is there.
    pub text: Option<&'a str>,
    /// The command that makes it.
    pub command: &'a str,
}

/// What a file declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Whether it is an MCP server, whose name stands for all its tools.
    pub is_server: bool,
    /// The names of the tools.
    pub tools: Vec<String>,
    /// Whether these are all: of a mistaken server they are not known.
    pub is_complete: bool,
}

impl ToolsFile {
    /// Reads the text of the file with this name.
    ///
    /// # Errors
    /// Everything that is wrong with it, with its lines.
    pub fn parse(file: &str, text: &str) -> Result<Self, Mistakes> {
        let (mut mistakes, mut collector) = (Mistakes::default(), Collector::new(file, text));
        let mut declared = Self::default();
        if let Some(document) = collector.document() {
            let mut fields = Fields::new(document.get_ref(), document.span());
            declared.private_hosts = private_hosts(&mut fields, &mut collector);
            declared.tools = tools(&mut fields, &mut collector);
            fields.finish("the file", &mut collector);
        }
        collector.finish(&mut mistakes);
        mistakes.finish(declared)
    }

    /// The MCP server that a file with this name declares, without tools, whether they are locked or not. `None` of another tool's file.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn server(name: &str, file: &str, text: &str) -> Result<Option<Self>, Mistakes> {
        let (mut declared, mut mistakes) = (Self::default(), Mistakes::default());
        let none = LockFile { path: file, text: None, command: "" };
        match declared.add(name, file, text, none, &mut mistakes).is_server {
            false => Ok(None),
            // That there is no lock is said, too.
            true if declared.servers.contains_key(name) => Ok(Some(declared)),
            true => mistakes.finish(None),
        }
    }

    /// Adds what a file declares that has this name: one tool, or the tools of one MCP server as they are locked.
    pub fn add(&mut self, name: &str, file: &str, text: &str, lock: LockFile<'_>, mistakes: &mut Mistakes) -> Declared {
        let mut declared = Declared { is_server: false, tools: vec![name.to_owned()], is_complete: true };
        let mut collector = Collector::new(file, text);
        if !declaration::is_name(name) {
            collector.add(0..0, format!("the file's name is the tool's, which must be {}", declaration::NAME));
        }
        if let Some(document) = collector.document() {
            let mut fields = Fields::new(document.get_ref(), document.span());
            self.private_hosts.extend(private_hosts(&mut fields, &mut collector));
            declared.is_server = fields.optional("kind").and_then(|kind| kind.get_ref().as_str()) == Some(MCP);
            if declared.is_server {
                let read = lock.read(mistakes);
                let added = server::read(name, fields, &read.locked(lock.command), &mut collector);
                let tools = added.map(|(server, tools)| {
                    self.servers.insert(name.to_owned(), server);
                    tools
                });
                let tools = tools.unwrap_or_default();
                declared.tools = tools.iter().map(|declared| declared.tool.definition.name.clone()).collect();
                declared.is_complete = matches!(read, ReadLock::Read(_)) && self.servers.contains_key(name);
                self.tools.extend(tools);
            } else {
                self.tools.extend(declaration::read(name, fields, &mut collector));
                if lock.text.is_some() {
                    mistakes.add(lock.path, format!("{file} is no MCP server, which alone has a lock"));
                }
            }
        }
        collector.finish(mistakes);
        declared
    }
}

enum ReadLock {
    Read(Lock),
    Mistaken,
    Missing,
}

impl LockFile<'_> {
    fn read(&self, mistakes: &mut Mistakes) -> ReadLock {
        let Some(text) = self.text else { return ReadLock::Missing };
        match Lock::parse(text) {
            Ok(lock) => ReadLock::Read(lock),
            Err((line, problem)) => {
                let mut collector = Collector::new(self.path, text);
                collector.add_at_line(line, format!("{problem}; make it anew: {}", self.command));
                collector.finish(mistakes);
                ReadLock::Mistaken
            }
        }
    }
}

impl ReadLock {
    fn locked<'a>(&'a self, command: &'a str) -> Locked<'a> {
        match self {
            ReadLock::Read(lock) => Locked::Read(lock),
            ReadLock::Mistaken => Locked::Mistaken,
            ReadLock::Missing => Locked::Missing { command },
        }
    }
}

fn private_hosts(fields: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Vec<String> {
    let Some(value) = fields.optional("private_hosts") else { return Vec::new() };
    let hosts = value.get_ref().as_array().and_then(|hosts| hosts.iter().map(|host| host.get_ref().as_str()).collect());
    let is_host = |host: &&str| !host.is_empty() && !host.contains(['/', ':', '*', ' ']) || host.starts_with('[');
    let hosts: Vec<&str> = hosts.filter(|hosts: &Vec<&str>| hosts.iter().all(is_host)).unwrap_or_else(|| {
        mistakes.add(value.span(), "private_hosts must be a list of hosts such as \"shop.internal\", without ports");
        Vec::new()
    });
    hosts.into_iter().map(str::to_owned).collect()
}

fn tools(fields: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Vec<Declaration> {
    let Some(value) = fields.optional("tool") else { return Vec::new() };
    let Some(entries) = value.get_ref().as_array() else {
        mistakes.add(value.span(), "a tool must begin with [[tool]]");
        return Vec::new();
    };
    let (mut tools, mut names) = (Vec::new(), BTreeMap::new());
    for entry in entries.iter() {
        let DeValue::Table(table) = entry.get_ref() else {
            mistakes.add(entry.span(), "a tool must be a table that begins with [[tool]]");
            continue;
        };
        let mut fields = Fields::new(table, entry.span());
        if let Some((name, place)) = declaration::name(&mut fields, mistakes) {
            if names.insert(name, ()).is_some() {
                mistakes.add(place, format!("there is another tool with the name {name}; each must have its own"));
            }
            tools.extend(declaration::read(name, fields, mistakes));
        }
    }
    tools
}

#[cfg(test)]
mod tests;
