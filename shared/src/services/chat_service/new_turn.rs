//! A new turn: its messages, its prompt, and the model call, which overlaps with storing the turn.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{Peekable, pending};
use tokio::time::Instant;
use uuid::Uuid;

use super::begin::{Attempts, BeginError, Loaded, TurnRequest};
use super::run::RunningTurn;
use super::{ChatService, Turn};
use crate::allowance::{Admission, TurnUsage};
use crate::conversation::{Branch, Conversation, Message, MessageId, Role, Status, Timestamp, branch, first_words};
use crate::db::{NewTurn, StoreError, StoredMessage};
use crate::llm::{DeltaStream, Prompt};
use crate::reply::Reply;
use crate::services::allowance_service::{Prompts, QuotaSnapshot, tokens_of, turn_usage};
use crate::services::catalog::{Chosen, ModelChoice};
use crate::services::memory_service::RefusedReplies;
use crate::turn::{HeadState, Lease};

impl ChatService {
    /// Starts the turn that answers `question`, which is stored with it if it is new.
    pub(super) async fn begin_turn(
        &self,
        request: &TurnRequest<'_>,
        mut loaded: Loaded,
        mut recent: Vec<Message>,
        question: Message,
        is_new: bool,
        attempts: &mut Attempts,
    ) -> Result<Turn, BeginError> {
        let Chosen { model, agent } = &request.chosen;
        let abandoned = loaded.abandoned().cloned();
        if let Some(abandoned) = &abandoned {
            self.close_interrupted(&request.turn(abandoned.message.id.clone()), abandoned).await?;
        }
        let (user, conversation, last) = (&question.user_id, &question.conversation_id, question.parent_id.as_ref());
        if self.read_window(user, conversation, last, &mut loaded.snapshot.recent).await? {
            recent = loaded.snapshot.recent.iter().map(|stored| stored.message.clone()).collect();
        }
        let newest = recent.first().map(|message| &message.id).max(Some(&question.id));
        let reply_id = MessageId::after(newest, loaded.now);
        let quota = loaded.quota.take();
        let (admission, is_near_limit) = self.admission(quota, abandoned.as_ref(), loaded.now, &reply_id)?;
        let context = branch(recent.clone(), question.parent_id.as_ref());
        let refused = RefusedReplies::among(&loaded.snapshot.recent);
        let prompt = agent.agent.prompt(&self.memory.recall(context, &refused), &question.content());
        let reply = Message {
            id: reply_id,
            client_id: None,
            role: Role::Assistant,
            parent_id: Some(question.id.clone()),
            entries: Vec::new(),
            created_at: loaded.now,
            status: Status::Streaming,
            agent: Some(agent.choice.id.clone()),
            model: Some(model.model.name().to_owned()),
            feedback: None,
            client_metadata: None,
            ..question.clone()
        };
        let first_new = if is_new { &question } else { &reply };
        let new_turn = NewTurn {
            subscriber: request.subscriber.clone(),
            fingerprint: request.fingerprint.clone(),
            stopped_in_advance: attempts.is_stopped,
            branch: loaded.snapshot.conversation.as_ref().and_then(|head| branch_at(first_new, head, &recent)),
            first_words: first_words(&request.frame.opening.text),
            question: is_new.then(|| question.clone()),
            sent: is_new.then(|| request.message.clone()),
            closed: abandoned.map(|abandoned| abandoned.message.id),
            lease: Lease::first(new_owner(), loaded.now + self.lease_time),
            prompt_tokens: if attempts.is_stopped { 0 } else { tokens_of(&prompt) },
            conversation: loaded.snapshot.conversation,
            admission,
            reply,
        };
        let turn = self.start(request, &new_turn, prompt, is_near_limit, attempts).await?;
        let title = self.title_job(new_turn.conversation.as_ref(), &question, &turn.turn);
        let notifications = self.announce(turn.turn.clone(), request.subscriber.connection.clone());
        Ok(Turn { title, ..Turn::writing(turn).with_notifications(notifications) })
    }

    // The user's allowance with this turn, if there are limits, and whether that leaves no room for another.
    fn admission(
        &self,
        quota: Option<QuotaSnapshot>,
        abandoned: Option<&StoredMessage>,
        now: Timestamp,
        reply: &MessageId,
    ) -> Result<(Option<Admission>, bool), BeginError> {
        let Some(mut quota) = quota else { return Ok((None, false)) };
        if let Some(abandoned) = abandoned {
            quota.settle(&abandoned.message.id, self.usage_of_reply(abandoned));
        }
        let limits = *quota.limits();
        let admission = quota.admit(now, reply).map_err(|exceeded| BeginError::Refused(Box::new(exceeded.into())))?;
        let is_near_limit = admission.is_near_limit(&limits, now, &MessageId::after(Some(reply), now));
        Ok((Some(admission), is_near_limit))
    }

    /// Rejects what would still be rejected once the turn that gives way to it has ended.
    pub(super) fn check_admission(&self, loaded: &Loaded, gives_way: &MessageId) -> Result<(), BeginError> {
        let Some(mut quota) = loaded.quota.clone() else { return Ok(()) };
        quota.settle(gives_way, TurnUsage::default());
        let reply = MessageId::after(Some(gives_way), loaded.now);
        quota.admit(loaded.now, &reply).map(drop).map_err(|exceeded| BeginError::Refused(Box::new(exceeded.into())))
    }

    // The model call overlaps with storing the turn. If the write loses, the call is dropped, and its usage is charged.
    // Where another turn of the user may conflict, the model is called only once the turn is stored.
    async fn start(
        &self,
        request: &TurnRequest<'_>,
        new_turn: &NewTurn,
        prompt: Prompt,
        is_near_limit: bool,
        attempts: &mut Attempts,
    ) -> Result<RunningTurn, StoreError> {
        let Chosen { model, agent } = &request.chosen;
        let stores_first = is_near_limit || attempts.lost_race || attempts.is_stopped;
        if stores_first {
            self.store.begin_turn(new_turn).await?;
        }
        let model_called = Instant::now();
        let mut deltas = deltas(model, prompt, attempts.is_stopped);
        if !stores_first {
            let storing = self.store.begin_turn(new_turn);
            tokio::pin!(storing);
            let stored = tokio::select! {
                stored = &mut storing => stored,
                _ = std::pin::Pin::new(&mut deltas).peek() => storing.await,
            };
            if let Err(error) = stored {
                attempts.lost_race = true;
                let price = new_turn.reply.model.as_ref().and_then(|name| model.prices.get(name));
                let prompts = Prompts { calls: 1, tokens: new_turn.prompt_tokens };
                attempts.spent = attempts.spent.and(turn_usage(None, prompts, &[], price));
                return Err(error);
            }
        }
        let key = request.turn(new_turn.reply.id.clone());
        let mut reply = Reply::new(key.message_id.clone(), new_turn.reply.model.clone());
        if model.first_part.is_text() {
            reply.expect_text();
        }
        let mut audience = self.audience();
        audience.begin(new_turn.subscriber.clone());
        Ok(RunningTurn {
            reply,
            earlier: Vec::new(),
            is_stopped: attempts.is_stopped,
            model_called,
            deltas,
            retries: 0,
            agent: Arc::clone(&agent.agent),
            first_part: Arc::clone(&model.first_part),
            prices: Arc::clone(&model.prices),
            prompt_tokens: new_turn.prompt_tokens,
            usage_before: std::mem::take(&mut attempts.spent),
            allowances: Arc::clone(&self.allowances),
            saver: self.saver(&key, new_turn.lease.clone()),
            notifier: self.notifier.clone(),
            audience,
            orphans_notified: None,
            turn: key,
        })
    }
}

impl Loaded {
    // The abandoned turn at the head.
    fn abandoned(&self) -> Option<&StoredMessage> {
        self.snapshot.head().filter(|_| self.state == HeadState::Abandoned)
    }
}

impl TurnRequest<'_> {
    /// The message to store after `parent_id`.
    pub(super) fn question(&self, recent: &[Message], parent_id: Option<MessageId>, now: Timestamp) -> Message {
        let (opening, user) = (&self.frame.opening, self.caller.user.clone());
        let id = MessageId::after(recent.first().map(|message| &message.id), now);
        let conversation = self.frame.conversation_id.clone();
        let message = Message::new(id, user, conversation, Role::User, parent_id, &opening.text, now);
        Message { client_id: Some(opening.client_id.clone()), client_metadata: opening.metadata.clone(), ..message }
    }
}

// The branch that begins with `first`, unless it follows the head. Of its siblings, the eldest comes right after the
// parent and was read with it, and the others are known from their own branches.
fn branch_at(first: &Message, conversation: &Conversation, recent: &[Message]) -> Option<Branch> {
    if first.parent_id.as_ref() == Some(&conversation.head_message_id) {
        return None;
    }
    let others = recent.iter().filter(|message| message.parent_id == first.parent_id);
    let siblings = others.chain([first]).map(|message| message.id.clone()).collect();
    Some(Branch { start: first.id.clone(), parent: first.parent_id.clone(), siblings })
}

/// The model's deltas for the prompt; none if the turn is stopped already, and then the model is not called.
pub(super) fn deltas(model: &ModelChoice, prompt: Prompt, is_stopped: bool) -> Peekable<DeltaStream> {
    match is_stopped {
        true => pending().boxed().peekable(),
        false => model.model.stream(prompt).peekable(),
    }
}

/// A unique name for the owner of a lease.
pub(super) fn new_owner() -> String {
    Uuid::new_v4().simple().to_string()
}
