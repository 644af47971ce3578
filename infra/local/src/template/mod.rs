//! Reads a SAM template: its functions, its WebSocket API and its tables.
//!
//! Only the properties used here are resolved, so anything may stand in the rest of the template.

mod api;
mod asynchronous;
mod document;
mod elsewhere;
mod function_url;
mod functions;
mod gateway_resources;
mod intrinsics;
mod kinds;
mod logging;
mod parameters;
mod policies;
mod resources;
mod schedules;
mod serverless_api;
mod tables;
mod websocket_api;

use std::path::Path;

pub use api::{Api, Authorizer, Route, STAGE};
pub use asynchronous::{Asynchronous, Destination};
pub use function_url::FunctionUrl;
pub use functions::Function;
pub use logging::{LogFormat, Logging};
pub use parameters::Parameters;
pub use policies::Policy;
pub use schedules::{Schedule, Scheduler};
pub use tables::Table;

use resources::Resources;

/// The part of a template that runs on one machine.
#[derive(Clone, Debug)]
pub struct Template {
    /// The functions, in the template's order.
    pub functions: Vec<Function>,
    /// The WebSocket API.
    pub api: Api,
    /// The DynamoDB tables.
    pub tables: Vec<Table>,
    /// The parts of the template that do not run here, as a sentence.
    pub elsewhere: Option<String>,
}

impl Template {
    /// Reads a template file. The error says what is wrong and where.
    pub fn read(path: &Path, parameters: &Parameters) -> Result<Self, String> {
        Self::parse(&text_of(path)?, parameters)
    }

    /// Adds the functions of another template file, which need not have an API.
    pub fn add_functions(&mut self, path: &Path, parameters: &Parameters) -> Result<(), String> {
        let document = document::parse(&text_of(path)?)?;
        let functions = functions::read(&document, &Resources::of(&document, parameters)?)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for function in functions {
            if self.functions.iter().any(|other| other.id == function.id || other.name == function.name) {
                return Err(format!("there are two functions {}", function.id));
            }
            // Seen from the working directory, as what is seen from the first template is from there on.
            let code = function.code.map(|code| std::path::absolute(folder.join(&code)).unwrap_or(code));
            self.functions.push(Function { code, ..function });
        }
        Ok(())
    }

    /// Reads the text of a template, in YAML or JSON.
    pub fn parse(text: &str, parameters: &Parameters) -> Result<Self, String> {
        let document = document::parse(text)?;
        let resources = Resources::of(&document, parameters)?;
        Ok(Self {
            functions: functions::read(&document, &resources)?,
            api: websocket_api::read(&resources)?,
            tables: tables::read(&resources)?,
            elsewhere: elsewhere::sentence(resources.declared.iter().filter(|resource| resource.is_elsewhere())),
        })
    }
}

fn text_of(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))
}

#[cfg(test)]
mod tests;
