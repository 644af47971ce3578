//! Recovery of abandoned turns: takes them over, or closes them.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::join_all;

use super::continuation::Continuation;
use super::model_call::ModelCall;
use super::new_turn::new_owner;
use super::run::RunningTurn;
use super::save::Saver;
use super::steps::Steps;
use super::{ChatService, Turn};
use crate::allowance::TurnUsage;
use crate::conversation::{Entry, Status, UserId, text_bytes};
use crate::db::{ConversationSnapshot, Delivered, StoreError, StoredMessage};
use crate::error::{ChatError, ErrorCode};
use crate::llm::Prompt;
use crate::logging::METRIC;
use crate::protocol::ServerFrame;
use crate::reply::Reply;
use crate::services::allowance_service::{Budget, Prompts, tokens_of, turn_usage};
use crate::services::catalog::{Chosen, Started};
use crate::turn::{Ending, Lease, MAX_WAIT, Subscriber, TurnKey, completed, ends_of_open_calls};

/// What a reply is written anew with.
struct Anew {
    earlier: Vec<Entry>,
    prompt: Prompt,
    allowed: BTreeSet<String>,
    is_stopped: bool,
    budget: Budget,
}

impl ChatService {
    /// Takes over a turn whose lease has expired, and regenerates its reply under the same message id, for `subscriber`
    /// and those who join. Returns `None` after too many attempts: the turn is closed then, and `subscriber` is still
    /// to be answered.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when another function was faster, or the owner has renewed its lease.
    pub(super) async fn recover(
        &self,
        turn: &TurnKey,
        snapshot: ConversationSnapshot,
        subscriber: Option<&Subscriber>,
    ) -> Result<Option<Turn>, StoreError> {
        let mut snapshot = self.with_question(snapshot).await?;
        let Some(StoredMessage { message: reply, lease: Some(seen), stop_requested, .. }) = snapshot.head().cloned()
        else {
            return Err(StoreError::LeaseLost);
        };
        let question = snapshot.question_of(&reply).cloned();
        let lease = seen.taken_over(new_owner(), (self.clock)() + self.lease_time);
        let (Some(lease), Some(question)) = (lease, question) else {
            self.close_interrupted(turn, &seen).await?;
            return Ok(None);
        };
        // What the next owner needs is read before it is one.
        self.read_window(&question, &mut snapshot.recent).await?;
        let quota = self.allowances.quota(&turn.user_id).await?;
        let budget = quota.map(|quota| quota.budget((self.clock)())).unwrap_or_default();
        let chosen = self.catalog.go_on_with(Started::of(&reply)).await?;
        let orphaned = self.store.take_over(turn, &seen, &lease).await?;
        // Nobody else writes it now: this is all that the earlier attempt has stored.
        let Some(stored) = self.store.reply(turn).await? else { return Err(StoreError::LeaseLost) };
        let usage_before = self.usage_of_reply(&StoredMessage { lease: Some(seen), ..stored.clone() });
        let earlier = stored.message.entries;
        tracing::warn!(
            target: METRIC,
            Takeovers = 1,
            conversation = %turn.conversation_id,
            turn = %turn.message_id,
            attempt = lease.attempt,
            "took over an abandoned turn"
        );
        // A subscriber of the dead owner cannot be answered from the beginning: it is notified like the others.
        let subscriber = subscriber.filter(|subscriber| !orphaned.contains(subscriber));
        if let Some(subscriber) = subscriber {
            // From now on the stored turn lists its subscribers.
            self.subscribe(turn, subscriber).await?;
        }

        let prompt = self.prompt(&chosen.agent.agent, &snapshot, &question);
        // A stop that its owner did not see holds for the next owner.
        let (saver, is_stopped) = (self.saver(turn, lease), stop_requested);
        let steps = completed(&earlier);
        let mut running = if steps > 0 {
            let log = Continuation {
                entries: earlier.into_iter().take(steps).collect(),
                beginning: prompt,
                allowed: snapshot.allowed_tools(),
                is_taken_over: true,
                is_stopped,
                budget,
            };
            self.going_on(turn.clone(), &chosen, saver, log)
        } else {
            self.written_anew(
                turn.clone(),
                &chosen,
                saver,
                Anew { earlier, prompt, is_stopped, budget, allowed: snapshot.allowed_tools() },
            )
        };
        running.audience.ignore(orphaned.iter().cloned());
        if let Some(subscriber) = subscriber {
            running.audience.join(subscriber.clone());
        }
        running.usage_before = usage_before;
        let notifications = self.notify_interrupted(&turn.user_id, orphaned).boxed().shared();
        running.orphans_notified = Some(notifications.clone());
        let title = self.title_job(snapshot.conversation.as_ref(), &question, turn);
        Ok(Some(Turn { title, ..Turn::writing(running).with_notifications(notifications) }))
    }

    // A turn of which no model call has ended: the reply is written anew.
    fn written_anew(&self, turn: TurnKey, chosen: &Chosen, saver: Saver, anew: Anew) -> RunningTurn {
        let Anew { earlier, prompt, is_stopped, budget, allowed } = anew;
        let tokens = tokens_of(&prompt);
        let model = &chosen.model.model;
        let has_tools = !chosen.agent.agent.tools().is_empty();
        let steps = has_tools.then(|| Steps::first(Arc::clone(model), prompt.clone(), allowed).within(budget));
        let call = ModelCall::start(&**model, prompt, tokens, is_stopped);
        let mut reply = Reply::new(turn.message_id.clone(), Some(model.name().to_owned()));
        if has_tools {
            reply.entries.push(Entry::StepStart);
        }
        let saver = saver.keeping(text_bytes(&earlier));
        RunningTurn { earlier, steps, ..self.running_turn(turn, reply, chosen, call, saver) }
    }

    /// Closes an abandoned turn, whose lease was read as `seen`, as interrupted, and notifies its subscribers. Returns its
    /// reply.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when another function was faster, or the owner has renewed its lease.
    pub(super) async fn close_interrupted(&self, turn: &TurnKey, seen: &Lease) -> Result<StoredMessage, StoreError> {
        let Some(mut abandoned) = self.store.reply(turn).await? else { return Err(StoreError::LeaseLost) };
        let closer = new_owner();
        let entries = ends_of_open_calls(&abandoned.message.entries);
        let orphaned = self.store.close_abandoned(turn, seen, &closer, &entries).await?;
        tracing::warn!(
            target: METRIC,
            Turns = 1,
            Ending = %Status::Interrupted,
            conversation = %turn.conversation_id,
            turn = %turn.message_id,
            attempt = seen.attempt,
            "closed an abandoned turn as interrupted"
        );
        self.notify_missed(turn, &abandoned, &closer, orphaned).await?;
        abandoned.message.entries.extend(entries);
        (abandoned.message.status, abandoned.ending) = (Status::Interrupted, Some(Ending::Interrupted));
        Ok(abandoned)
    }

    /// Notifies the subscribers of a turn that `owner` has ended without its end being delivered, and settles it. After
    /// this error a `resume` replays the whole `reply`.
    pub(super) async fn notify_missed(
        &self,
        turn: &TurnKey,
        reply: &StoredMessage,
        owner: &str,
        orphaned: Vec<Subscriber>,
    ) -> Result<(), StoreError> {
        self.notify_interrupted(&turn.user_id, orphaned).await;
        self.allowances.settle(&turn.user_id, &reply.run(), self.usage_of_reply(reply)).await;
        let waits_until = (reply.ending == Some(Ending::Waiting)).then(|| (self.clock)() + MAX_WAIT);
        self.store.mark_delivered(Delivered { turn, owner, missed: true, waits_until }).await
    }

    /// What the last run of a whole reply has used, which its owner did not settle: a prompt for each attempt, and its
    /// text; of model calls that have ended, what was counted.
    pub(super) fn usage_of_reply(&self, reply: &StoredMessage) -> TurnUsage {
        let attempts = reply.lease.as_ref().map_or(1, |lease| lease.attempt);
        let message = &reply.message;
        let price = message.model.as_ref().and_then(|model| self.catalog.prices().get(model));
        let prompt = |calls| Prompts { calls, tokens: reply.prompt_tokens };
        let mut used = TurnUsage::default();
        let mut rest = message.entries.get(reply.run_start()..).unwrap_or_default();
        while let Some(end) = rest.iter().position(|entry| matches!(entry, Entry::StepEnd { .. })) {
            let Entry::StepEnd { usage, .. } = rest[end] else { break };
            used = used.and(turn_usage(usage, prompt(1), &rest[..end], price));
            rest = &rest[end + 1..];
        }
        let completed = reply.lease.as_ref().map_or(0, |lease| lease.completed_attempts);
        // Behind a wait, or a model call that has ended, another one is made only with the next step.
        let is_behind_call = reply.run_start() > 0 || used != TurnUsage::default();
        let is_whole = is_behind_call && !rest.contains(&Entry::StepStart);
        let calls = if is_whole { 0 } else { attempts.saturating_sub(completed) };
        // The counts of the whole reply include those of its model calls.
        let usage = message.usage.filter(|_| used == TurnUsage::default() && reply.run_start() == 0);
        used.and(turn_usage(usage, prompt(calls), rest, price))
    }

    // Subscribers of a dead owner wait for frames that will never come. After this error a `resume` works.
    pub(super) fn notify_interrupted(
        &self,
        user: &UserId,
        orphaned: Vec<Subscriber>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (notifier, user) = (self.notifier.clone(), user.clone());
        async move {
            let error = ChatError::new(ErrorCode::Interrupted);
            let notify = |subscriber: &Subscriber| {
                let frame = ServerFrame::error(Some(subscriber.request.as_str()), &error).encode();
                let (notifier, user, connection) = (notifier.clone(), user.clone(), subscriber.connection.clone());
                async move { notifier.send(&user, &connection, frame).await }
            };
            join_all(orphaned.iter().map(notify)).await;
        }
    }
}
