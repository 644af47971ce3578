//! Decides what becomes of the calls that a model asks for: executed, refused, or put to the user.

use std::collections::BTreeSet;

use serde_json::Value;

use super::ChatAgent;
use crate::conversation::{CallId, Entry, Execution, MAX_INPUT_BYTES, Outcome, OutcomeKind};
use crate::tools::{Approval, Runs, Tool};
use crate::turn::{Call, CallState, calls};

/// How often one reply may make the same call with the same arguments.
const MAX_REPETITIONS: usize = 2;

/// The longest arguments of a call that a client executes, or a user approves, in bytes: they have to fit a frame whole.
const MAX_SHOWN_INPUT_BYTES: usize = 16 * 1024;

/// What becomes of the open calls of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallPlan {
    /// What is added to the log, before anything is executed.
    pub entries: Vec<Entry>,
    /// The calls that the server then executes.
    pub execute: Vec<CallId>,
    /// A call was repeated too often.
    pub repeats: bool,
}

impl ChatAgent {
    /// Who executes a call of a tool with this input. `allowed` are the tools that the user has allowed in the whole
    /// conversation. A call that cannot be executed is the server's, which refuses it.
    pub fn execution(&self, tool: &str, input: &str, allowed: &BTreeSet<String>) -> Execution {
        let Ok((tool, input)) = self.checked(tool, input) else { return Execution::Server };
        let needs_approval = match &tool.approval {
            Approval::Never => false,
            Approval::Once | Approval::Always => true,
            Approval::If(condition) => condition.is_required(&input),
        };
        match tool.runs {
            Runs::Client | Runs::Question => Execution::Client,
            Runs::Server(_) if needs_approval && !allowed.contains(&tool.definition.name) => Execution::Approval,
            Runs::Server(_) => Execution::Server,
        }
    }

    /// What becomes of the open calls of a reply. `is_taken_over` if another owner may have executed those that were
    /// started.
    pub fn plan(&self, entries: &[Entry], is_taken_over: bool) -> CallPlan {
        let mut plan = CallPlan::default();
        let all = calls(entries);
        for (number, call) in all.iter().enumerate().filter(|(_, call)| !call.has_ended()) {
            let id = || call.id.clone();
            match call.state {
                CallState::Ready => match (self.refusal(call, &all[..number]), call.execution) {
                    (Some(refusal), _) => {
                        plan.repeats |= is_repeated(call, &all[..number]);
                        plan.end(call, Outcome::error(refusal));
                    }
                    (None, Execution::Server) => plan.start(call),
                    (None, Execution::Approval) => plan.entries.push(Entry::ApprovalRequest { call: id() }),
                    (None, Execution::Client) => {}
                },
                CallState::Approved => plan.start(call),
                CallState::Denied(reason) => {
                    let text = reason.unwrap_or_default().to_owned();
                    plan.end(call, Outcome::new(OutcomeKind::Denied, text));
                }
                CallState::Started if is_taken_over => match self.tools().get(call.tool) {
                    Some(tool) if tool.is_idempotent => plan.execute.push(id()),
                    _ => plan.end(call, unknown()),
                },
                CallState::Asked | CallState::Started | CallState::Ended(_) => {}
            }
        }
        plan
    }

    /// The tool of a call, and its arguments.
    ///
    /// # Errors
    /// Says to the model why the call cannot be executed.
    pub fn checked(&self, tool: &str, input: &str) -> Result<(&Tool, Value), String> {
        let Some(tool) = self.tools().get(tool) else {
            let names: Vec<&str> = self.tools().names().collect();
            return Err(format!("There is no tool of this name. There are: {}.", names.join(", ")));
        };
        let is_shown = !matches!(tool.runs, Runs::Server(_)) || tool.approval != Approval::Never;
        let most = if is_shown { MAX_SHOWN_INPUT_BYTES } else { MAX_INPUT_BYTES };
        if input.len() > most {
            return Err(format!("The arguments are longer than {most} bytes."));
        }
        let input = match input.trim() {
            "" => Value::Object(serde_json::Map::new()),
            json => serde_json::from_str(json).map_err(|error| {
                format!("The arguments are not valid JSON: line {}, column {}.", error.line(), error.column())
            })?,
        };
        tool.check(&input)?;
        Ok((tool, input))
    }

    fn refusal(&self, call: &Call<'_>, before: &[Call<'_>]) -> Option<String> {
        if let Err(problem) = self.checked(call.tool, call.input) {
            return Some(problem);
        }
        let most = self.limits().calls;
        if before.len() >= most {
            return Some(format!("Not executed: a reply may call tools {most} times."));
        }
        is_repeated(call, before)
            .then(|| "Not executed: this very call was made before. Its outcome is above.".to_owned())
    }
}

impl CallPlan {
    fn start(&mut self, call: &Call<'_>) {
        self.entries.push(Entry::CallStarted { call: call.id.clone() });
        self.execute.push(call.id.clone());
    }

    fn end(&mut self, call: &Call<'_>, outcome: Outcome) {
        self.entries.push(Entry::ToolOutput { call: call.id.clone(), tool: call.tool.to_owned(), outcome });
    }
}

fn is_repeated(call: &Call<'_>, before: &[Call<'_>]) -> bool {
    let same = before.iter().filter(|other| (other.tool, other.input) == (call.tool, call.input));
    same.count() >= MAX_REPETITIONS
}

fn unknown() -> Outcome {
    let text = "This call was cut off while it ran. Whether it had its effect is not known, so it was not made again.";
    Outcome::new(OutcomeKind::Unknown, text.to_owned())
}

#[cfg(test)]
mod tests;
