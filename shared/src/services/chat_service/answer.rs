//! Lets a waiting turn go on with a user's answers: approvals, and outputs of tools that the client executes.

use std::collections::BTreeSet;

use futures::FutureExt;
use futures::future::join;

use super::attempts::{AttemptError, Attempts};
use super::continuation::Continuation;
use super::new_turn::new_owner;
use super::{ChatService, Turn};
use crate::agents::ChatAgent;
use crate::allowance::{Admission, RunId, TurnUsage};
use crate::caller::Caller;
use crate::conversation::{CallId, Entry, Message, Status, Timestamp};
use crate::db::{Answers, ConversationSnapshot, StoredMessage};
use crate::error::{ChatError, ErrorCode};
use crate::protocol::AnswerFrame;
use crate::services::allowance_service::{Budget, QuotaSnapshot};
use crate::services::catalog::{Chosen, Started};
use crate::tools::Approval;
use crate::turn::{
    Answer, AnswerContent, Call, CallState, Lease, Subscriber, TurnKey, answering_entries, behind_requests, calls,
    digest_of, open_calls,
};

/// An answer that arrived.
struct Answering<'a> {
    caller: &'a Caller,
    frame: &'a AnswerFrame,
    turn: TurnKey,
    subscriber: Subscriber,
    fingerprint: String,
}

/// A turn that goes on with its answers.
struct Answered {
    question: Message,
    chosen: Chosen,
    entries: Vec<Entry>,
    lease: Lease,
    allowed_tools: Vec<String>,
    budget: Budget,
    orphaned: Vec<Subscriber>,
}

impl ChatService {
    /// Stores a user's answers to a waiting turn, and goes on with it once nothing more is open. A turn that does not
    /// wait any more is answered with what is stored. `None` if there is nothing to do: the request was handled before.
    ///
    /// # Errors
    /// A typed error for the client; nothing is stored then.
    pub async fn answer(&self, caller: &Caller, frame: &AnswerFrame) -> Result<Option<Turn>, ChatError> {
        let subscriber = Subscriber { connection: caller.connection.clone(), request: frame.request_id.clone() };
        let (user_id, conversation_id) = (caller.user.clone(), frame.conversation_id.clone());
        let turn = TurnKey { user_id, conversation_id, message_id: frame.message_id.clone() };
        let fingerprint = fingerprint(frame);
        let answering = Answering { caller, frame, turn, subscriber, fingerprint };
        let mut attempts = Attempts::default();
        loop {
            match self.try_answer(&answering, &attempts).await {
                Ok(turn) => return Ok(Some(turn)),
                Err(AttemptError::Duplicate) => {
                    let record = self.record_of(caller, &frame.request_id).await.map_err(ChatError::internal)?;
                    if !attempts.is_due_again(record, &answering.fingerprint)? {
                        return Ok(None);
                    }
                }
                Err(error) => attempts.wait_before_retry(error).await.map_err(not_taken)?,
            }
        }
    }

    async fn try_answer(&self, answering: &Answering<'_>, attempts: &Attempts) -> Result<Turn, AttemptError> {
        let (user, conversation) = (&answering.caller.user, &answering.frame.conversation_id);
        if attempts.is_stopped {
            self.stop_turn(&answering.turn).await?;
            return self.replay_answered(answering).await;
        }
        let snapshot = self.store.open(user, conversation, None, self.memory.items_to_read()).await?;
        if snapshot.is_deleted {
            let deleted = ChatError::new(ErrorCode::NotFound).with_sentence("This conversation was deleted.");
            return Err(AttemptError::refused(deleted));
        }
        let mut snapshot = self.with_question(snapshot).await?;
        self.complete_waiting_head(user, &mut snapshot).await?;
        let waiting = snapshot.head().filter(|head| head.message.id == answering.turn.message_id);
        match waiting.filter(|head| head.message.status == Status::Waiting).and_then(|head| head.lease.clone()) {
            Some(seen) => self.answer_waiting(answering, snapshot, seen).await,
            None => self.replay_answered(answering).await,
        }
    }

    async fn answer_waiting(
        &self,
        answering: &Answering<'_>,
        mut snapshot: ConversationSnapshot,
        seen: Lease,
    ) -> Result<Turn, AttemptError> {
        let Some(head) = snapshot.head_mut() else { return Err(AttemptError::Stale) };
        let Answering { frame, turn, subscriber, fingerprint, .. } = answering;
        let now = (self.clock)();
        let added = answering_entries(&head.message.entries, &frame.answers);
        if added.is_empty() {
            return self.repeat(answering, head.clone(), true);
        }
        let as_read = head.clone();
        head.message.entries.extend(added.iter().cloned());
        let (head, entries) = (head.clone(), head.message.entries.clone());
        let goes_on = !open_calls(&entries).iter().any(Call::waits);
        let lease = match goes_on {
            true => seen.continued(new_owner(), now + self.lease_time, entries.len()),
            false => seen.renewed(seen.expires_at),
        };
        // What a turn needs to go on is read before it does.
        let chosen = self.catalog.go_on_with(Started::of(&head.message)).await;
        let chosen = chosen.map_err(|error| AttemptError::refused(error.into()))?;
        let question = if goes_on { Some(self.question(&mut snapshot).await?) } else { None };
        if goes_on && as_read.is_due {
            // Its owner may have died before it settled what was used before the wait.
            self.allowances.settle(&turn.user_id, &as_read.run(), self.usage_of_reply(&as_read)).await;
        }
        let quota = if goes_on { self.allowances.quota(&turn.user_id).await? } else { None };
        let budget = quota.as_ref().map(|quota| quota.budget(now)).unwrap_or_default();
        let admission = quota.map(|quota| admission(quota, turn, &seen, &lease, now)).transpose()?;
        let allowed_tools = allowed_tools(&chosen.agent.agent, &entries, &added, &frame.always_allowed);
        let orphaned = if goes_on { orphaned(&head, subscriber) } else { Vec::new() };
        let answers = Answers {
            turn,
            subscriber,
            fingerprint,
            orphaned: &orphaned,
            seen: &seen,
            lease: &lease,
            entries: &added,
            allowed_tools: &allowed_tools,
            goes_on,
            admission: admission.as_ref(),
            now,
        };
        self.store.answer(answers).await?;
        let Some(question) = question else { return self.repeat(answering, head, false) };
        Ok(self.go_on(
            answering,
            &snapshot,
            Answered { question, chosen, entries, lease, allowed_tools, budget, orphaned },
        ))
    }

    // The message that the reply at the head answers, with the whole context of its prompt.
    async fn question(&self, snapshot: &mut ConversationSnapshot) -> Result<Message, AttemptError> {
        let question = snapshot.head().and_then(|head| snapshot.question_of(&head.message)).cloned();
        let question = question.ok_or_else(|| AttemptError::refused(ChatError::new(ErrorCode::NotFound)))?;
        self.read_window(&question, &mut snapshot.recent).await?;
        Ok(question)
    }

    fn go_on(&self, answering: &Answering<'_>, snapshot: &ConversationSnapshot, answered: Answered) -> Turn {
        let Answering { turn, subscriber, frame, .. } = answering;
        let Answered { question, chosen, entries, lease, allowed_tools, budget, orphaned } = answered;
        let beginning = self.prompt(&chosen.agent.agent, snapshot, &question);
        let first_entry = first_new_entry(&entries, &frame.answers);
        let mut allowed = snapshot.allowed_tools();
        allowed.extend(allowed_tools);
        let log = Continuation { entries, beginning, allowed, is_taken_over: false, is_stopped: false, budget };
        let mut running = self.going_on(turn.clone(), &chosen, self.saver(turn, lease), log);
        running.audience.ignore(orphaned.iter().cloned());
        running.audience.go_on(subscriber.clone(), first_entry);
        let orphans_notified = self.notify_interrupted(&turn.user_id, orphaned).boxed().shared();
        running.orphans_notified = Some(orphans_notified.clone());
        let announced = self.announce(turn.clone(), subscriber.connection.clone());
        let title = self.title_job(snapshot.conversation.as_ref(), &question, turn);
        let notifications = async move {
            join(announced, orphans_notified).await;
        };
        Turn { title, ..Turn::writing(running).with_notifications(notifications) }
    }

    // A turn that does not wait: it goes on already, or has ended.
    async fn replay_answered(&self, answering: &Answering<'_>) -> Result<Turn, AttemptError> {
        let stored = self.store.reply(&answering.turn).await?;
        let stored = stored.ok_or_else(|| AttemptError::refused(ChatError::new(ErrorCode::NotFound)))?;
        if stored.subscribers.contains(&answering.subscriber) {
            // The same event again: the owner of the reply answers it.
            return Err(AttemptError::Duplicate);
        }
        match stored.ending {
            Some(_) => self.repeat(answering, stored, true),
            None if !is_answered(&stored.message.entries, &answering.frame.answers) => {
                Err(AttemptError::Busy { turn: stored.message.id, ends_soon: true })
            }
            None => {
                let goes_on = "This was answered before, and the reply goes on. Please load it again.";
                let busy = ChatError::new(ErrorCode::ConversationBusy).with_sentence(goes_on);
                Err(AttemptError::refused(busy.with_detail("messageId", answering.turn.message_id.as_str())))
            }
        }
    }

    fn repeat(
        &self,
        answering: &Answering<'_>,
        stored: StoredMessage,
        is_unchanged: bool,
    ) -> Result<Turn, AttemptError> {
        let known = calls(&stored.message.entries);
        if !answering.frame.answers.iter().any(|answer| known.iter().any(|call| *call.id == answer.call)) {
            let problem = "it answers a call that this reply has not made";
            return Err(AttemptError::refused(ChatError::invalid_frame(problem)));
        }
        let first_entry = first_new_entry(&stored.message.entries, &answering.frame.answers);
        let Some(reply) = stored.into_reply() else { return Err(AttemptError::Stale) };
        let mut audience = self.audience();
        match is_unchanged {
            true => audience.repeat_unchanged(answering.subscriber.clone(), first_entry),
            false => audience.repeat_from(answering.subscriber.clone(), first_entry),
        }
        let on_timeout = self.notify_interrupted(&answering.turn.user_id, vec![answering.subscriber.clone()]);
        Ok(Turn::replaying(reply, audience, on_timeout))
    }
}

// The client is not to take it for an answer that is stored: it names no message to follow.
fn not_taken(error: ChatError) -> ChatError {
    match error.code {
        ErrorCode::ConversationBusy => ChatError::new(ErrorCode::ConversationBusy)
            .with_sentence("The reply is still being written. Please answer again once it waits."),
        _ => error,
    }
}

// The user's allowance with the run that goes on. The one before it may not be settled yet.
fn admission(
    mut quota: QuotaSnapshot,
    turn: &TurnKey,
    seen: &Lease,
    lease: &Lease,
    now: Timestamp,
) -> Result<Admission, AttemptError> {
    quota.settle(&RunId::beginning_at(&turn.message_id, seen.run_start), TurnUsage::default());
    let admitted = quota.go_on(now, RunId::beginning_at(&turn.message_id, lease.run_start));
    admitted.map_err(|exceeded| AttemptError::refused(exceeded.into()))
}

// The subscribers to whom the wait may not have been delivered, since it is answered so soon. Of its own connection, the
// client that answers knows it.
fn orphaned(waiting: &StoredMessage, answering: &Subscriber) -> Vec<Subscriber> {
    let elsewhere = waiting.subscribers.iter().filter(|subscriber| subscriber.connection != answering.connection);
    if waiting.is_due { elsewhere.cloned().collect() } else { Vec::new() }
}

// The tools that are allowed from now on: those that the user allows with an approval, and those that are asked for once
// in a conversation.
fn allowed_tools(agent: &ChatAgent, entries: &[Entry], added: &[Entry], always_allowed: &[CallId]) -> Vec<String> {
    let is_asked_once = |tool: &str| agent.tools().get(tool).is_some_and(|tool| tool.approval == Approval::Once);
    let is_approved = |id: &CallId| {
        added.iter().any(|entry| matches!(entry, Entry::ApprovalResponse { call, approved: true, .. } if call == id))
    };
    let approved = calls(entries).into_iter().filter(|call| is_approved(call.id));
    let allowed = approved.filter(|call| always_allowed.contains(call.id) || is_asked_once(call.tool));
    let tools: BTreeSet<&str> = allowed.map(|call| call.tool).collect();
    tools.into_iter().map(str::to_owned).collect()
}

// Whether a call got its answer before.
fn is_answered(entries: &[Entry], answers: &[Answer]) -> bool {
    let has_answer = |call: &Call| !matches!(call.state, CallState::Ready | CallState::Asked);
    calls(entries).iter().any(|call| has_answer(call) && answers.iter().any(|answer| answer.call == *call.id))
}

// The client has what was written before its answers.
fn first_new_entry(entries: &[Entry], answers: &[Answer]) -> usize {
    let behind = answers.iter().filter_map(|answer| behind_requests(entries, &answer.call));
    behind.max().unwrap_or(entries.len())
}

fn fingerprint(frame: &AnswerFrame) -> String {
    let mut asked = format!("{}#{}", frame.conversation_id, frame.message_id);
    for answer in &frame.answers {
        let (what, text) = match &answer.content {
            AnswerContent::Approval { approved, reason } => {
                (format!("{approved}"), reason.as_deref().unwrap_or_default())
            }
            AnswerContent::Output(outcome) => (format!("{:?}", outcome.kind), outcome.text.as_str()),
        };
        asked.push_str(&format!("#{}#{what}#{}#{text}", answer.call, text.len()));
    }
    digest_of(&asked)
}
