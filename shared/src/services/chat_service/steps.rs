//! A turn whose agent has tools: its model calls, and the tool calls between them.
//!
//! The log of the reply is the state of the turn. A model call is stored with all its tool calls before one of them is
//! executed, and their outcomes before the model is called again. So another owner goes on where the log ends, and what
//! was executed is not executed again.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;

use super::model_call::ModelCall;
use super::run::RunningTurn;
use super::tool_calls::{CallOutcome, ToolCalls};
use super::tool_input::ToolInput;
use crate::agents::{self, CallPlan, ChatAgent};
use crate::allowance::TurnUsage;
use crate::conversation::{CallId, Entry, Outcome, Usage};
use crate::llm::{Delta, LanguageModel, Prompt, ToolChoice};
use crate::reply::Reply;
use crate::services::allowance_service::{Budget, tokens_of, turn_usage};
use crate::turn::{BreakOff, Call, Ending, FinishReason, calls, closing_entries, completed, open_calls, steps};

/// The steps of a turn whose agent has tools.
pub(super) struct Steps {
    pub(super) model: Arc<dyn LanguageModel>,
    /// The prompt of the turn's first model call.
    pub(super) beginning: Prompt,
    /// The tools that the user has allowed in this conversation.
    pub(super) allowed: BTreeSet<String>,
    /// What the user may still use.
    budget: Budget,
    /// How long the log was when this function began to write it.
    pub(super) first_entry: usize,
    phase: Phase,
    // The arguments that the model is writing.
    input: Option<ToolInput>,
    calls: ToolCalls,
    // Those to execute once they are stored.
    to_execute: Vec<CallId>,
    // The model repeats itself.
    repeats: bool,
    // It was asked without tools, and may call some nevertheless.
    forbids: bool,
    // Of the model calls that have ended, as far as all of them were counted.
    usage: Option<Usage>,
}

/// What the turn is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    // The model is writing.
    Asking,
    // The log is being stored; what comes next depends on it.
    Storing,
    // Tools are executed.
    Calling,
}

impl Steps {
    /// The first step of a turn, whose model is being called.
    pub(super) fn first(model: Arc<dyn LanguageModel>, beginning: Prompt, allowed: BTreeSet<String>) -> Self {
        Self {
            model,
            beginning,
            allowed,
            budget: Budget::default(),
            first_entry: 0,
            phase: Phase::Asking,
            input: None,
            calls: ToolCalls::default(),
            to_execute: Vec::new(),
            repeats: false,
            forbids: false,
            usage: None,
        }
    }

    /// The same, as long as the user may use so much.
    pub(super) fn within(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// Goes on with a log that ends behind a model call: with what became of its tool calls.
    pub(super) fn go_on(self, entries: &[Entry], plan: CallPlan) -> Self {
        let usage = entries.iter().filter_map(|entry| match entry {
            Entry::StepEnd { usage, .. } => Some(*usage),
            _ => None,
        });
        let usage = usage.reduce(|sum, step| Some(sum?.and(step?))).flatten();
        Self { phase: Phase::Storing, to_execute: plan.execute, repeats: plan.repeats, usage, ..self }
    }

    /// Whether the model is writing.
    pub(super) fn is_asking(&self) -> bool {
        self.phase == Phase::Asking
    }

    /// The outcome of the next tool call that ends. Cancel-safe.
    pub(super) async fn next_outcome(steps: &mut Option<Self>) -> CallOutcome {
        match steps {
            Some(steps) => steps.calls.next().await,
            None => std::future::pending().await,
        }
    }

    // Takes a delta that is about tool calls, and returns any other.
    fn take(&mut self, delta: Delta, reply: &mut Reply, agent: &ChatAgent) -> Option<Delta> {
        match delta {
            Delta::ToolInput(more) => {
                if let Some(input) = &mut self.input {
                    input.push(&more);
                }
                None
            }
            Delta::ToolStart { tool } => {
                self.complete_input(reply, agent);
                self.input = Some(ToolInput::begin(&tool, reply));
                None
            }
            // It belongs to the reasoning before it, or to the call behind it.
            Delta::ProviderData(data) => {
                self.complete_input(reply, agent);
                let model = reply.model.clone().unwrap_or_default();
                reply.entries.push(Entry::ProviderData { model, data: data.to_string() });
                None
            }
            delta => {
                self.complete_input(reply, agent);
                Some(delta)
            }
        }
    }

    fn complete_input(&mut self, reply: &mut Reply, agent: &ChatAgent) {
        if let Some(input) = self.input.take() {
            input.complete(reply, agent, &self.allowed);
        }
    }

    // Whether the model has to answer with what it has.
    fn tool_choice(&self, entries: &[Entry], agent: &ChatAgent, used: TurnUsage) -> ToolChoice {
        let limits = agent.limits();
        let is_last = steps(entries) + 1 >= limits.steps || calls(entries).len() >= limits.calls;
        if is_last || self.repeats || self.budget.is_spent(used) { ToolChoice::None } else { ToolChoice::Auto }
    }
}

impl RunningTurn {
    /// Applies a delta. Returns how the turn ends, if it does.
    pub(super) fn apply(&mut self, delta: Delta) -> Option<Ending> {
        let Some(steps) = &mut self.steps else { return agents::apply(delta, &mut self.reply) };
        let delta = steps.take(delta, &mut self.reply, &self.agent)?;
        match agents::apply(delta, &mut self.reply)? {
            Ending::Complete(reason) => self.end_step(reason),
            ending => Some(ending),
        }
    }

    // The model has ended its call: what it asks for is stored, and then executed.
    fn end_step(&mut self, reason: FinishReason) -> Option<Ending> {
        let state = self.steps.as_mut()?;
        let usage = self.reply.usage.take();
        state.usage = match self.reply.entries.iter().any(|entry| matches!(entry, Entry::StepEnd { .. })) {
            false => usage,
            true => state.usage.zip(usage).map(|(sum, step)| sum.and(step)),
        };
        let price = self.reply.model.as_ref().and_then(|model| self.prices.get(model));
        let written = &self.reply.entries[completed(&self.reply.entries)..];
        self.usage_before = turn_usage(usage, self.call.prompts(), written, price).and(self.usage_before);
        self.reply.entries.push(Entry::StepEnd { model: self.reply.model.clone(), usage });
        self.call.cancel();
        self.saver.complete_step();
        let was_last = state.forbids || steps(&self.reply.entries) >= self.agent.limits().steps;
        if was_last || reason == FinishReason::Length || open_calls(&self.reply.entries).is_empty() {
            self.reply.usage = state.usage;
            return Some(Ending::Complete(reason));
        }
        let plan = self.agent.plan(&self.reply.entries, false);
        self.reply.entries.extend(plan.entries);
        (state.to_execute, state.repeats) = (plan.execute, state.repeats || plan.repeats);
        state.phase = Phase::Storing;
        self.save_now();
        None
    }

    /// Adds the outcome of a tool call.
    pub(super) fn end_call(&mut self, CallOutcome { call, tool, outcome }: CallOutcome) {
        let Some(steps) = &mut self.steps else { return };
        self.reply.entries.push(Entry::ToolOutput { call, tool, outcome });
        if steps.calls.is_empty() {
            steps.phase = Phase::Storing;
        }
        self.save_now();
    }

    /// Goes on once the log is stored: executes calls, waits for the user, or calls the model. Returns how the turn ends,
    /// if it does.
    pub(super) fn go_on_once_stored(&mut self) -> Option<Ending> {
        let steps = self.steps.as_mut()?;
        if steps.phase != Phase::Storing || !self.saver.has_stored(&self.reply) {
            return None;
        }
        if self.saver.valid_until() <= Instant::now() {
            // This function was suspended, or its save was long under way: another one may own the turn.
            self.save_now();
            return None;
        }
        let to_execute = std::mem::take(&mut steps.to_execute);
        if !to_execute.is_empty() {
            steps.phase = Phase::Calling;
            let open = open_calls(&self.reply.entries);
            for call in open.iter().filter(|call| to_execute.contains(call.id)) {
                steps.calls.execute(call, &self.agent, &self.turn, self.saver.outputs());
            }
            return None;
        }
        if open_calls(&self.reply.entries).iter().any(Call::waits) {
            self.reply.usage = steps.usage;
            return Some(Ending::Waiting);
        }
        self.ask_again();
        None
    }

    fn ask_again(&mut self) {
        let Some(steps) = &mut self.steps else { return };
        let choice = steps.tool_choice(&self.reply.entries, &self.agent, self.usage_before);
        let prompt = self.agent.continued(&steps.beginning, &self.reply.entries, steps.model.name(), choice);
        let tokens = tokens_of(&prompt);
        steps.phase = Phase::Asking;
        steps.forbids = choice == ToolChoice::None;
        self.reply.entries.push(Entry::StepStart);
        self.call = ModelCall::start(&*steps.model, prompt, tokens, false);
    }

    /// Ends the calls that have no outcome, before the end of the turn is stored.
    pub(super) fn break_off_calls(&mut self, ending: Ending) {
        let Some(steps) = &mut self.steps else { return };
        steps.complete_input(&mut self.reply, &self.agent);
        steps.calls.cancel();
        let written = self.reply.entries.len().min(steps.first_entry);
        let is_older = |entry: &Entry, of: &CallId| matches!(entry, Entry::CallStarted { call } if call == of);
        for call in std::mem::take(&mut steps.to_execute) {
            // An earlier owner may have executed it.
            if self.reply.entries[..written].iter().any(|entry| is_older(entry, &call)) {
                continue;
            }
            let tool = calls(&self.reply.entries).into_iter().find(|known| *known.id == call);
            let tool = tool.map(|known| known.tool.to_owned()).unwrap_or_default();
            let outcome = Outcome::error("The reply ended before this was executed.");
            self.reply.entries.push(Entry::ToolOutput { call, tool, outcome });
        }
        if ending != Ending::Waiting {
            let why = if ending == Ending::Stopped { BreakOff::Stopped } else { BreakOff::CutOff };
            let closing = closing_entries(&self.reply.entries, why);
            self.reply.entries.extend(closing);
        }
    }

    /// Ends the wait that this function has just stored, since the user has stopped the turn. Returns how the turn ends.
    pub(super) async fn end_wait(&mut self) -> Ending {
        let closing = closing_entries(&self.reply.entries, BreakOff::Stopped);
        match self.saver.end_wait(closing.clone()).await {
            Ok(()) => {
                self.reply.entries.extend(closing);
                self.reply.ending = Some(Ending::Stopped);
                Ending::Stopped
            }
            Err(error) => {
                tracing::warn!(%error, "stopping the turn while it waits failed");
                Ending::Waiting
            }
        }
    }

    /// Stores the reply at once.
    pub(super) fn save_now(&mut self) {
        let dismissed = self.audience.dismissed();
        self.saver.save_now(&self.reply, &dismissed);
    }
}
