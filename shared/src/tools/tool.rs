//! A tool of a deployment.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use serde_json::Value;

use super::approval::Approval;
use super::arguments::Arguments;
use super::output::Output;
use super::runner::{Invocation, ToolRunner};
use super::tool_error::ToolError;
use crate::llm::ToolDefinition;

/// A tool.
#[derive(Debug)]
pub struct Tool {
    /// What the model is told of it.
    pub definition: ToolDefinition,
    /// When a person must approve a call.
    pub approval: Approval,
    /// Whether a call that may have acted may be made again with the same key.
    pub is_idempotent: bool,
    /// How long a call may take.
    pub timeout: Duration,
    /// The largest output, in bytes; at most [`MAX_OUTPUT_BYTES`].
    pub max_output_bytes: usize,
    /// The most of an output that the model is told, in bytes.
    pub model_output_bytes: usize,
    /// What of an output is shown to whom.
    pub returns: Returns,
    /// Who runs it.
    pub runs: Runs,
    pub(super) arguments: Arguments,
}

/// What of an output of JSON is shown to whom: what a JSON Pointer names, or without one all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Returns {
    /// To the model.
    pub model: Option<String>,
    /// To the client.
    pub client: Option<String>,
}

/// The largest output of any tool, in bytes: it is kept whole in the table.
pub const MAX_OUTPUT_BYTES: usize = 1_000_000;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_OUTPUT_BYTES: usize = 256_000;
// Some eight thousand tokens.
const DEFAULT_MODEL_OUTPUT_BYTES: usize = 32_000;

/// Who runs a tool.
#[derive(Clone)]
pub enum Runs {
    /// The function.
    Server(Arc<dyn ToolRunner>),
    /// The client, which sends the output in a frame.
    Client,
    /// Nobody: the user answers it.
    Question,
}

impl Tool {
    /// A tool with the usual limits that needs no approval and may not be called again.
    pub fn new(definition: ToolDefinition, runs: Runs) -> Self {
        Self {
            definition,
            approval: Approval::Never,
            is_idempotent: false,
            timeout: DEFAULT_TIMEOUT,
            max_output_bytes: DEFAULT_OUTPUT_BYTES,
            model_output_bytes: DEFAULT_MODEL_OUTPUT_BYTES,
            returns: Returns::default(),
            runs,
            arguments: Arguments::default(),
        }
    }

    /// Checks the arguments of a call.
    ///
    /// # Errors
    /// Says for the model which argument is wrong, and what is expected.
    pub fn check(&self, input: &Value) -> Result<(), String> {
        self.arguments.check(&self.definition.schema, input)
    }

    /// Runs a call in the function, within the tool's time and size. `None` if the tool is not run by the function.
    pub fn run(&self, call: Invocation) -> Option<BoxFuture<'static, Result<Output, ToolError>>> {
        let Runs::Server(runner) = &self.runs else { return None };
        let (running, timeout, most) = (runner.run(call), self.timeout, self.max_output_bytes);
        let bounded = async move {
            let output = tokio::time::timeout(timeout, running).await.map_err(|_| timed_out(timeout))??;
            match output.size() {
                size if size > most => Err(ToolError::too_large(most)),
                _ => Ok(output),
            }
        };
        Some(bounded.boxed())
    }
}

fn timed_out(timeout: Duration) -> ToolError {
    let seconds = timeout.as_secs_f64();
    ToolError::unknown(format!("The tool did not answer within {seconds} seconds. It may have acted nevertheless."))
}

impl fmt::Debug for Runs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Runs::Server(_) => "Server(…)",
            Runs::Client => "Client",
            Runs::Question => "Question",
        })
    }
}
