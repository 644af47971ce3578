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

use std::collections::BTreeMap;

use toml::de::DeValue;

pub use declaration::{Declaration, Kind};
pub use endpoint::SecretSource;

use crate::toml_file::{Collector, Fields, Mistakes};

/// The tools of a deployment, as they are declared.
#[derive(Debug, Default)]
pub struct ToolsFile {
    /// The hosts that http tools may reach at private addresses.
    pub private_hosts: Vec<String>,
    /// The tools.
    pub tools: Vec<Declaration>,
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

    /// Adds the tool of a file that declares this one alone.
    pub fn add(&mut self, name: &str, file: &str, text: &str, mistakes: &mut Mistakes) {
        let mut collector = Collector::new(file, text);
        if !declaration::is_name(name) {
            collector.add(0..0, format!("the file's name is the tool's, which must be {}", declaration::NAME));
        }
        if let Some(document) = collector.document() {
            let mut fields = Fields::new(document.get_ref(), document.span());
            self.private_hosts.extend(private_hosts(&mut fields, &mut collector));
            self.tools.extend(declaration::read(name, fields, &mut collector));
        }
        collector.finish(mistakes);
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
