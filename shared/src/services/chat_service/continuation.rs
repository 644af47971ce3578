//! A turn that goes on behind model calls that have ended: its owner died, or the user has answered.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ChatService;
use super::model_call::ModelCall;
use super::run::RunningTurn;
use super::save::Saver;
use super::steps::Steps;
use crate::conversation::Entry;
use crate::llm::Prompt;
use crate::reply::Reply;
use crate::services::allowance_service::Budget;
use crate::services::catalog::Chosen;
use crate::turn::TurnKey;

/// What a turn goes on with.
pub(super) struct Continuation {
    /// The log, up to the end of a model call and of what became of its tool calls.
    pub(super) entries: Vec<Entry>,
    /// The prompt of the turn's first model call.
    pub(super) beginning: Prompt,
    /// The tools that the user has allowed in the conversation.
    pub(super) allowed: BTreeSet<String>,
    /// Another owner may have executed calls that were started.
    pub(super) is_taken_over: bool,
    /// It is to be stopped.
    pub(super) is_stopped: bool,
    /// What the user may still use.
    pub(super) budget: Budget,
}

impl ChatService {
    /// A turn that goes on: nothing that the model has said, and nothing that was executed, is repeated.
    pub(super) fn going_on(&self, turn: TurnKey, chosen: &Chosen, saver: Saver, log: Continuation) -> RunningTurn {
        let Continuation { entries, beginning, allowed, is_taken_over, is_stopped, budget } = log;
        let model = &chosen.model.model;
        let plan = chosen.agent.agent.plan(&entries, is_taken_over);
        let mut reply = Reply::new(turn.message_id.clone(), Some(model.name().to_owned()));
        let first_entry = entries.len();
        reply.entries = entries;
        reply.entries.extend(plan.entries.iter().cloned());
        let mut steps = Steps::first(Arc::clone(model), beginning, allowed).within(budget).go_on(&reply.entries, plan);
        steps.first_entry = first_entry;
        let running = self.running_turn(turn, reply, chosen, ModelCall::none(is_stopped), saver);
        RunningTurn { steps: Some(steps), ..running }
    }
}
