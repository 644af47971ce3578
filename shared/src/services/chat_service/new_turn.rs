//! A new turn: its messages, its prompt, and the model call, which overlaps with storing the turn.

use std::sync::Arc;

use uuid::Uuid;

use super::attempts::{AttemptError, Attempts};
use super::begin::{Loaded, Question, TurnRequest};
use super::model_call::ModelCall;
use super::run::RunningTurn;
use super::steps::Steps;
use super::{ChatService, Turn};
use crate::agents::ChatAgent;
use crate::allowance::{Admission, TurnUsage};
use crate::conversation::{Branch, Entry, Message, MessageId, Status, branch, first_words};
use crate::db::{ClosedWait, ConversationSnapshot, NewTurn, StoreError};
use crate::llm::Prompt;
use crate::reply::Reply;
use crate::services::allowance_service::{Prompts, tokens_of, turn_usage};
use crate::services::catalog::Chosen;
use crate::services::memory_service::RefusedReplies;
use crate::turn::{BreakOff, HeadState, Lease, closing_entries};

impl ChatService {
    /// Starts the turn that answers `question`.
    pub(super) async fn begin_turn(
        &self,
        request: &TurnRequest<'_>,
        mut loaded: Loaded,
        question: Question,
        attempts: &mut Attempts,
    ) -> Result<Turn, AttemptError> {
        let chosen = request.chosen()?;
        self.close_abandoned_head(request, &mut loaded).await?;
        let closed_wait = loaded.close_waiting_head();
        self.read_window(&question.message, &mut loaded.snapshot.recent).await?;
        let reply = request.reply(&chosen, &question, &loaded);
        let budget = loaded.quota.as_ref().map(|quota| quota.budget(loaded.now)).unwrap_or_default();
        let (admission, is_near_usage_limit) = self.admission(&mut loaded, &reply.id)?;
        let prompt = self.prompt(&chosen.agent.agent, &loaded.snapshot, &question.message);
        let prompt_tokens = if attempts.is_stopped { 0 } else { tokens_of(&prompt) };
        let lease = Lease::first(new_owner(), loaded.now + self.lease_time);
        let new_turn = NewTurn {
            subscriber: request.subscriber.clone(),
            fingerprint: request.fingerprint.clone(),
            stopped_in_advance: attempts.is_stopped,
            branch: loaded.new_branch(if question.is_new { &question.message } else { &reply }),
            first_words: first_words(&request.frame.opening.text),
            question: question.is_new.then(|| question.message.clone()),
            sent: question.is_new.then(|| request.message.clone()),
            closed: loaded.closed,
            closed_wait,
            conversation: loaded.snapshot.conversation,
            lease,
            prompt_tokens,
            admission,
            reply,
        };
        let mut turn = self.start(request, &chosen, &new_turn, prompt, is_near_usage_limit, attempts).await?;
        turn.steps = turn.steps.map(|steps| steps.within(budget));
        let title = self.title_job(new_turn.conversation.as_ref(), &question.message, &turn.turn);
        let notifications = self.announce(turn.turn.clone(), request.subscriber.connection.clone());
        Ok(Turn { title, ..Turn::writing(turn).with_notifications(notifications) })
    }

    // A turn begins only behind one that has ended.
    async fn close_abandoned_head(&self, request: &TurnRequest<'_>, loaded: &mut Loaded) -> Result<(), AttemptError> {
        let head = loaded.snapshot.head().filter(|_| loaded.state == HeadState::Abandoned);
        let Some((id, seen)) = head.and_then(|head| Some((head.message.id.clone(), head.lease.clone()?))) else {
            return Ok(());
        };
        let closed = self.close_interrupted(&request.turn(id.clone()), &seen).await?;
        if let Some(quota) = &mut loaded.quota {
            quota.settle(&closed.run(), self.usage_of_reply(&closed));
        }
        if let Some(head) = loaded.snapshot.head_mut() {
            *head = closed;
        }
        loaded.closed = Some(id);
        Ok(())
    }

    /// The prompt that asks `agent` for a reply to `question`, which ends a branch of the conversation.
    pub(super) fn prompt(&self, agent: &ChatAgent, snapshot: &ConversationSnapshot, question: &Message) -> Prompt {
        let context = branch(&snapshot.messages(), question.parent_id.as_ref());
        agent.prompt(&self.memory.recall(context, &RefusedReplies::among(&snapshot.recent)), &question.content())
    }

    // The user's allowance with this turn, if there are limits, and whether that leaves no room for another.
    fn admission(&self, loaded: &mut Loaded, reply: &MessageId) -> Result<(Option<Admission>, bool), AttemptError> {
        let Some(quota) = loaded.quota.take() else { return Ok((None, false)) };
        let (limits, now) = (*quota.limits(), loaded.now);
        let admission = quota.admit(now, reply).map_err(|exceeded| AttemptError::refused(exceeded.into()))?;
        let is_near_usage_limit = admission.is_near_usage_limit(&limits, now, &MessageId::after(Some(reply), now));
        Ok((Some(admission), is_near_usage_limit))
    }

    /// Rejects what would still be rejected once the turn that gives way to it has ended.
    pub(super) fn check_admission(&self, loaded: &Loaded, gives_way: &MessageId) -> Result<(), AttemptError> {
        let Some(mut quota) = loaded.quota.clone() else { return Ok(()) };
        if let Some(head) = loaded.snapshot.head() {
            quota.settle(&head.run(), TurnUsage::default());
        }
        let reply = MessageId::after(Some(gives_way), loaded.now);
        quota.admit(loaded.now, &reply).map(drop).map_err(|exceeded| AttemptError::refused(exceeded.into()))
    }

    // The model call overlaps with storing the turn. If the write loses, the call is dropped, and its usage is charged.
    // Where another turn of the user may conflict, the model is called only once the turn is stored.
    async fn start(
        &self,
        request: &TurnRequest<'_>,
        chosen: &Chosen,
        new_turn: &NewTurn,
        prompt: Prompt,
        is_near_usage_limit: bool,
        attempts: &mut Attempts,
    ) -> Result<RunningTurn, StoreError> {
        let model = &chosen.model;
        let stores_first = is_near_usage_limit || attempts.lost_race || attempts.is_stopped;
        if stores_first {
            self.store.begin_turn(new_turn).await?;
        }
        let agent = &chosen.agent.agent;
        let steps = (!agent.tools().is_empty()).then(|| {
            let allowed = new_turn.conversation.as_ref().map(|conversation| conversation.allowed_tools.clone());
            Steps::first(Arc::clone(&model.model), prompt.clone(), allowed.unwrap_or_default())
        });
        let mut call = ModelCall::start(&*model.model, prompt, new_turn.prompt_tokens, attempts.is_stopped);
        if !stores_first && let Err(error) = self.store_during(&mut call, new_turn).await {
            attempts.lost_race = true;
            let price = new_turn.reply.model.as_ref().and_then(|name| model.prices.get(name));
            let prompts = Prompts { calls: 1, tokens: new_turn.prompt_tokens };
            attempts.spent = attempts.spent.and(turn_usage(None, prompts, &[], price));
            return Err(error);
        }
        let key = request.turn(new_turn.reply.id.clone());
        let saver = self.saver(&key, new_turn.lease.clone());
        let reply = Reply::new(key.message_id.clone(), new_turn.reply.model.clone());
        let mut turn = self.running_turn(key, reply, chosen, call, saver);
        match steps {
            Some(steps) => {
                turn.reply.entries.push(Entry::StepStart);
                turn.steps = Some(steps);
            }
            None if model.first_part.is_text() => turn.reply.expect_text(),
            None => {}
        }
        turn.audience.begin(new_turn.subscriber.clone());
        turn.usage_before = std::mem::take(&mut attempts.spent);
        Ok(turn)
    }

    // Reads ahead meanwhile, which makes the request.
    async fn store_during(&self, call: &mut ModelCall, new_turn: &NewTurn) -> Result<(), StoreError> {
        let storing = self.store.begin_turn(new_turn);
        tokio::pin!(storing);
        tokio::select! {
            stored = &mut storing => stored,
            _ = std::pin::Pin::new(&mut call.deltas).peek() => storing.await,
        }
    }
}

impl Loaded {
    // The branch that begins with `first`, unless it follows the head. Of its siblings, the eldest comes right after the
    // parent and was read with it, and the others are known from their own branches.
    fn new_branch(&self, first: &Message) -> Option<Branch> {
        let head = &self.snapshot.conversation.as_ref()?.head_message_id;
        if first.parent_id.as_ref() == Some(head) {
            return None;
        }
        let recent = self.snapshot.recent.iter().map(|stored| &stored.message);
        let others = recent.filter(|message| message.parent_id == first.parent_id);
        let siblings = others.chain([first]).map(|message| message.id.clone()).collect();
        Some(Branch { start: first.id.clone(), parent: first.parent_id.clone(), siblings })
    }

    // A turn that begins ends the wait of the one before it.
    fn close_waiting_head(&mut self) -> Option<ClosedWait> {
        let head = self.snapshot.head_mut().filter(|head| head.message.status == Status::Waiting)?;
        let entries = closing_entries(&head.message.entries, BreakOff::Overtaken);
        head.message.entries.extend(entries.iter().cloned());
        let (message_id, is_delivered) = (head.message.id.clone(), !head.is_due);
        Some(ClosedWait { message_id, seen: head.lease.clone()?, entries, is_delivered })
    }

    fn newest(&self) -> Option<&MessageId> {
        self.snapshot.recent.first().map(|stored| &stored.message.id)
    }
}

impl TurnRequest<'_> {
    /// The message to store after `parent_id`.
    pub(super) fn question(&self, loaded: &Loaded, parent_id: Option<MessageId>) -> Question {
        let (opening, user) = (&self.frame.opening, self.caller.user.clone());
        let id = MessageId::after(loaded.newest(), loaded.now);
        let conversation = self.frame.conversation_id.clone();
        let message = Message::question(id, user, conversation, parent_id, &opening.text, loaded.now);
        let client_id = Some(opening.client_id.clone());
        Question { message: Message { client_id, client_metadata: opening.metadata.clone(), ..message }, is_new: true }
    }

    fn reply(&self, chosen: &Chosen, question: &Question, loaded: &Loaded) -> Message {
        let Chosen { model, agent, version } = chosen;
        let id = MessageId::after(loaded.newest().max(Some(&question.message.id)), loaded.now);
        Message {
            agent: Some(agent.choice.id.clone()),
            agents_version: version.clone(),
            model: Some(model.model.name().to_owned()),
            ..Message::reply(&question.message, id, loaded.now)
        }
    }
}

/// A unique name for the owner of a lease.
pub(super) fn new_owner() -> String {
    Uuid::new_v4().simple().to_string()
}
