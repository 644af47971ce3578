//! Lets a waiting turn go on with a user's answers: approvals, and outputs of tools that the client executes.

use std::collections::BTreeSet;

use super::attempts::MAX_ATTEMPTS;
use super::continuation::Continuation;
use super::new_turn::new_owner;
use super::run::RunningTurn;
use super::{ChatService, Turn};
use crate::allowance::TurnUsage;
use crate::caller::Caller;
use crate::conversation::{CallId, Entry, MessageId, Status};
use crate::db::{Answers, ConversationSnapshot, StoreError, StoredMessage};
use crate::error::{ChatError, ErrorCode};
use crate::protocol::AnswerFrame;
use crate::services::allowance_service::Budget;
use crate::tools::Approval;
use crate::turn::{
    Answer, AnswerContent, Call, Lease, Subscriber, TurnKey, answering_entries, behind_requests, calls, digest_of,
    open_calls,
};

/// An answer that arrived.
struct Answering<'a> {
    caller: &'a Caller,
    frame: &'a AnswerFrame,
    turn: TurnKey,
    subscriber: Subscriber,
    fingerprint: String,
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
        for _ in 0..MAX_ATTEMPTS {
            match self.try_answer(&answering).await {
                Err(AnswerError::Stale) => {}
                Err(AnswerError::Duplicate) => return Ok(None),
                Err(AnswerError::Refused(error)) => return Err(*error),
                Ok(turn) => return Ok(Some(turn)),
            }
        }
        Err(ChatError::new(ErrorCode::ConversationBusy))
    }

    async fn try_answer(&self, answering: &Answering<'_>) -> Result<Turn, AnswerError> {
        let (user, conversation) = (&answering.caller.user, &answering.frame.conversation_id);
        let snapshot = self.store.open(user, conversation, None, self.memory.items_to_read()).await?;
        if snapshot.is_deleted {
            let deleted = ChatError::new(ErrorCode::NotFound).with_sentence("This conversation was deleted.");
            return Err(AnswerError::refused(deleted));
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
    ) -> Result<Turn, AnswerError> {
        let Some(head) = snapshot.head_mut() else { return Err(AnswerError::Stale) };
        let (frame, now) = (answering.frame, (self.clock)());
        let added = answering_entries(&head.message.entries, &frame.answers);
        if added.is_empty() {
            return self.repeat(answering, head.clone(), true);
        }
        head.message.entries.extend(added.iter().cloned());
        let entries = head.message.entries.clone();
        let goes_on = !open_calls(&entries).iter().any(Call::waits);
        let budget = if goes_on { self.check_quota(answering).await? } else { Budget::default() };
        let lease = match goes_on {
            true => seen.continued(new_owner(), now + self.lease_time),
            false => seen.renewed(seen.expires_at),
        };
        let allowed_tools = &self.allowed_tools(&snapshot, &entries, &added, &frame.always_allowed);
        let Answering { turn, subscriber, fingerprint, .. } = answering;
        let (seen, lease_now) = (&seen, &lease);
        self.store
            .answer(Answers {
                turn,
                subscriber,
                fingerprint,
                seen,
                lease: lease_now,
                entries: &added,
                allowed_tools,
                goes_on,
                now,
            })
            .await?;
        match goes_on {
            true => self.go_on(answering, &snapshot, entries, lease, allowed_tools, budget),
            false => {
                let head = snapshot.head().ok_or(AnswerError::Stale)?.clone();
                self.repeat(answering, head, false)
            }
        }
    }

    fn go_on(
        &self,
        answering: &Answering<'_>,
        snapshot: &ConversationSnapshot,
        entries: Vec<Entry>,
        lease: Lease,
        allowed_tools: &[String],
        budget: Budget,
    ) -> Result<Turn, AnswerError> {
        let Answering { turn, subscriber, frame, .. } = answering;
        let Some(reply) = snapshot.head().map(|head| &head.message) else { return Err(AnswerError::Stale) };
        let asked = reply.parent_id.as_ref();
        let question = snapshot.messages().into_iter().find(|message| Some(&message.id) == asked);
        let Some(question) = question else { return Err(AnswerError::refused(ChatError::new(ErrorCode::NotFound))) };
        let chosen = self.choices.go_on_with(reply.model.as_deref(), reply.agent.as_deref());
        let beginning = self.prompt(&chosen.agent.agent, snapshot, question);
        let first_entry = first_new_entry(&entries, &frame.answers);
        let mut allowed = snapshot.allowed_tools();
        allowed.extend(allowed_tools.iter().cloned());
        let log = Continuation { entries, beginning, allowed, is_taken_over: false, is_stopped: false, budget };
        let running = self.going_on(turn.clone(), &chosen, self.saver(turn, lease), log);
        let mut running = RunningTurn { was_settled: true, ..running };
        running.audience.go_on(subscriber.clone(), first_entry);
        let notifications = self.announce(turn.clone(), subscriber.connection.clone());
        let title = self.title_job(snapshot.conversation.as_ref(), question, turn);
        Ok(Turn { title, ..Turn::writing(running).with_notifications(notifications) })
    }

    // The tools that are allowed from now on: those that the user allows with an approval, and those that are asked for
    // once in a conversation.
    fn allowed_tools(
        &self,
        snapshot: &ConversationSnapshot,
        entries: &[Entry],
        added: &[Entry],
        always_allowed: &[CallId],
    ) -> Vec<String> {
        let agent = snapshot.head().and_then(|head| head.message.agent.as_deref());
        let agent = self.choices.go_on_with(None, agent).agent.agent;
        let is_asked_once = |tool: &str| agent.tools().get(tool).is_some_and(|tool| tool.approval == Approval::Once);
        let is_approved = |id: &CallId| {
            added
                .iter()
                .any(|entry| matches!(entry, Entry::ApprovalResponse { call, approved: true, .. } if call == id))
        };
        let approved = calls(entries).into_iter().filter(|call| is_approved(call.id));
        let allowed = approved.filter(|call| always_allowed.contains(call.id) || is_asked_once(call.tool));
        let tools: BTreeSet<&str> = allowed.map(|call| call.tool).collect();
        tools.into_iter().map(str::to_owned).collect()
    }

    // A turn that goes on uses tokens: it needs what a new one needs.
    async fn check_quota(&self, answering: &Answering<'_>) -> Result<Budget, AnswerError> {
        let quota = self.allowances.quota(&answering.caller.user).await?;
        let Some(mut quota) = quota else { return Ok(Budget::default()) };
        let now = (self.clock)();
        // The turn itself may not be settled yet.
        quota.settle(&answering.turn.message_id, TurnUsage::default());
        let budget = quota.budget(now);
        let admitted = quota.admit(now, &MessageId::after(Some(&answering.turn.message_id), now));
        admitted.map(|_| budget).map_err(|exceeded| AnswerError::refused(exceeded.into()))
    }

    // A turn that does not wait: it goes on already, or has ended.
    async fn replay_answered(&self, answering: &Answering<'_>) -> Result<Turn, AnswerError> {
        let stored = self.store.reply(&answering.turn).await?;
        let stored = stored.ok_or_else(|| AnswerError::refused(ChatError::new(ErrorCode::NotFound)))?;
        if stored.subscribers.contains(&answering.subscriber) {
            // The same event again: the owner of the reply answers it.
            return Err(AnswerError::Duplicate);
        }
        match stored.ending {
            Some(_) => self.repeat(answering, stored, true),
            None => {
                let goes_on = "This was answered before, and the reply goes on. Please load it again.";
                let busy = ChatError::new(ErrorCode::ConversationBusy).with_sentence(goes_on);
                Err(AnswerError::refused(busy.with_detail("messageId", answering.turn.message_id.as_str())))
            }
        }
    }

    fn repeat(
        &self,
        answering: &Answering<'_>,
        stored: StoredMessage,
        is_unchanged: bool,
    ) -> Result<Turn, AnswerError> {
        let known = calls(&stored.message.entries);
        if !answering.frame.answers.iter().any(|answer| known.iter().any(|call| *call.id == answer.call)) {
            let problem = "it answers a call that this reply has not made";
            return Err(AnswerError::refused(ChatError::invalid_frame(problem)));
        }
        let first_entry = first_new_entry(&stored.message.entries, &answering.frame.answers);
        let Some(reply) = stored.into_reply() else { return Err(AnswerError::Stale) };
        let mut audience = self.audience();
        match is_unchanged {
            true => audience.repeat_unchanged(answering.subscriber.clone(), first_entry),
            false => audience.repeat_from(answering.subscriber.clone(), first_entry),
        }
        let on_timeout = self.notify_interrupted(&answering.turn.user_id, vec![answering.subscriber.clone()]);
        Ok(Turn::replaying(reply, audience, on_timeout))
    }
}

/// Why answers are not stored.
enum AnswerError {
    /// What was read has changed since.
    Stale,
    /// The request was accepted before.
    Duplicate,
    /// Rejected with an error for the client.
    Refused(Box<ChatError>),
}

impl AnswerError {
    fn refused(error: ChatError) -> Self {
        AnswerError::Refused(Box::new(error))
    }
}

impl From<StoreError> for AnswerError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale | StoreError::LeaseLost => AnswerError::Stale,
            StoreError::Duplicate => AnswerError::Duplicate,
            error => AnswerError::refused(ChatError::internal(error)),
        }
    }
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
