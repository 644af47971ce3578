//! How a turn begins.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, try_join};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{ChatService, Turn};
use crate::caller::Caller;
use crate::conversation::{
    Branch, Conversation, ConversationId, Message, MessageId, Part, Role, Timestamp, UserId, branch, first_words,
};
use crate::db::{NewTurn, Opened, StoreError, Subscriber, Written};
use crate::error::{ChatError, ErrorCode};
use crate::llm::Prompt;
use crate::protocol::SendFrame;
use crate::reply::Reply;
use crate::services::allowance_service::{Standing, tokens_of};
use crate::services::choices::Chosen;
use crate::services::memory_service::RefusedReplies;
use crate::services::running_turn::RunningTurn;
use crate::turn::{HeadState, Lease, Opening, Placement, Refusal, Status, TurnKey, place};

/// How often a request is tried when others change the conversation at the same moment.
pub(super) const ATTEMPTS: usize = 3;

/// How often it is tried when the same user begins turns in other conversations at the same moment, of which one after
/// the other is admitted; the pause grows by this with each.
const ATTEMPTS_TO_BE_ADMITTED: u32 = 10;
const PAUSE_TO_BE_ADMITTED: Duration = Duration::from_millis(10);

/// How long a message waits for the end of a reply that is being stopped, looking again after each pause. A client that
/// stops a reply and at once sends the next message should not be told that the first is still being written.
const STOP_TAKES: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(100);

/// How long it waits in case a stop that was sent before it is still on its way: frames are handled side by side.
const STOP_MAY_COME: Duration = Duration::from_millis(200);

impl ChatService {
    /// Stores the person's message and starts the reply. When this returns, the message is safe; the reply is written by
    /// [`Turn::run`]. `None` means that there is nothing to do: somebody else writes the reply already.
    ///
    /// There is one wait for the database before the model is called, and one that the model's own time covers.
    ///
    /// # Errors
    /// A typed error for the client; nothing is stored then.
    pub async fn begin(&self, caller: &Caller, frame: SendFrame) -> Result<Option<Turn>, ChatError> {
        let subscriber = Subscriber { connection: caller.connection.clone(), request: frame.request_id.clone() };
        let chosen = self.choices.choose(frame.model.as_deref(), frame.agent.as_deref())?;
        let (mut attempts, mut outrun, mut waited) = (0, 0, Duration::ZERO);
        while attempts < ATTEMPTS {
            let conversation = &frame.conversation_id;
            let open = self.store.open(&caller.user, conversation, self.memory.items_to_read());
            let read = try_join!(open, self.allowances.standing(&caller.user));
            let (opened, standing) = read.map_err(ChatError::internal)?;
            if opened.is_deleted {
                return Err(ChatError::new(ErrorCode::NotFound).with_sentence("This conversation was deleted."));
            }
            let opened = self.with_older(&caller.user, conversation, &frame.opening, opened).await;
            let opened = opened.map_err(ChatError::internal)?;
            match self.try_begin(&caller.user, &frame, &subscriber, &chosen, opened, standing).await {
                Ok(turn) => return Ok(turn),
                Err(BeginError::Stale) => attempts += 1,
                Err(BeginError::Outrun) if outrun < ATTEMPTS_TO_BE_ADMITTED => {
                    outrun += 1;
                    sleep(PAUSE_TO_BE_ADMITTED * outrun).await;
                }
                Err(BeginError::Outrun) => {
                    return Err(ChatError::new(ErrorCode::RateLimited).with_retry_after(Duration::from_secs(1)));
                }
                Err(BeginError::Duplicate) => return Ok(None),
                Err(BeginError::Busy { is_stopping: true, .. }) if waited < STOP_TAKES => waited += pause().await,
                Err(BeginError::Busy { .. }) if waited < STOP_MAY_COME => waited += pause().await,
                Err(BeginError::Busy { turn, .. }) => {
                    return Err(ChatError::new(ErrorCode::ConversationBusy).with_detail("messageId", turn.as_str()));
                }
                Err(BeginError::Refused(error)) => return Err(*error),
            }
        }
        Err(ChatError::new(ErrorCode::ConversationBusy))
    }

    async fn try_begin(
        &self,
        user: &UserId,
        SendFrame { conversation_id: conversation, opening, .. }: &SendFrame,
        subscriber: &Subscriber,
        chosen: &Chosen,
        opened: Opened,
        mut standing: Option<Standing>,
    ) -> Result<Option<Turn>, BeginError> {
        let now = (self.clock)();
        let state =
            opened.head().map_or(HeadState::Ended, |head| HeadState::of(head.message.status, head.lease.as_ref(), now));
        let recent: Vec<Message> = opened.recent.iter().map(|written| written.message.clone()).collect();
        let refused = RefusedReplies::among(&opened.recent);
        let key = |message_id| TurnKey { user_id: user.clone(), conversation_id: conversation.clone(), message_id };

        let placed = place(opening, opened.conversation.as_ref(), &recent, state);
        let placed = placed.map_err(|refusal| match refusal {
            Refusal::Busy { turn } => {
                BeginError::Busy { turn, is_stopping: opened.head().is_some_and(|head| head.stop_requested) }
            }
            Refusal::UnknownParent => BeginError::Refused(Box::new(ChatError::new(ErrorCode::NotFound))),
        })?;
        let (question, answered, context) = match placed {
            Placement::Follow { reply } => {
                return match self.store.subscribe(&key(reply), subscriber, now).await? {
                    true => Ok(None),
                    // It ended meanwhile: look again.
                    false => Err(BeginError::Stale),
                };
            }
            Placement::TakeOver { reply } => return Ok(self.rescue(&key(reply), opened, Some(subscriber)).await?),
            // The same event once more: whoever writes or wrote the reply answers it, or the sweep does.
            Placement::Replay { .. } if opened.head().is_some_and(|head| head.subscribers.contains(subscriber)) => {
                return Ok(None);
            }
            Placement::Replay { reply } => return Ok(self.replay(&key(reply), subscriber).await?),
            Placement::NewMessage { parent } => {
                let newest = recent.first().map(|message| &message.id);
                let question = self.question(user, conversation, opening, newest, parent.clone(), now);
                let context = branch(recent.clone(), parent.as_ref());
                (Some(question.clone()), question, context)
            }
            Placement::NewReply { to } => {
                let answered = recent.iter().find(|message| message.id == to).cloned().ok_or(BeginError::Stale)?;
                let context = branch(recent.clone(), answered.parent_id.as_ref());
                (None, answered, context)
            }
        };
        if let (HeadState::Abandoned, Some(head)) = (state, opened.head()) {
            self.give_up(&key(head.message.id.clone()), head).await?;
            if let Some(standing) = &mut standing {
                standing.settle(&head.message.id, self.spent_on(&head.message));
            }
        }
        let newest = recent.first().map(|message| &message.id).max(Some(&answered.id)).cloned();
        let reply_id = MessageId::after(newest.as_ref(), now);
        let admission = standing.map(|standing| standing.admit(now, &reply_id)).transpose();
        let admission = admission.map_err(|refusal| BeginError::Refused(Box::new(refusal.into())))?;

        let Chosen { model, agent } = chosen;
        let prompt = agent.agent.prompt(&self.memory.recall(context, &refused), &answered.content());
        let asked = answered.clone();
        let reply = Message {
            id: reply_id,
            client_id: None,
            role: Role::Assistant,
            parent_id: Some(answered.id),
            parts: Vec::new(),
            created_at: now,
            status: Status::Streaming,
            agent: Some(agent.choice.id.clone()),
            model: Some(model.model.name().to_owned()),
            feedback: None,
            ..answered
        };
        let first_new = question.as_ref().unwrap_or(&reply);
        let branch = opened.conversation.as_ref().and_then(|head| branch_at(first_new, head, &recent));
        let new_turn = NewTurn {
            subscriber: subscriber.clone(),
            branch,
            first_words: first_words(&opening.text),
            conversation: opened.conversation,
            question,
            lease: Lease { owner: new_owner(), attempt: 1, expires_at: now + self.lease_time },
            admission,
            reply,
        };
        let turn = self.start(key(new_turn.reply.id.clone()), &new_turn, chosen, prompt).await?;
        let news = self.announce(turn.turn.clone(), subscriber.connection.clone());
        let title = self.titling(new_turn.conversation.as_ref(), &asked, &turn.turn);
        Ok(Some(Turn { title, ..Turn::writing(turn).with_news(news) }))
    }

    // The call to the model is on its way while the beginning is stored. If the write loses, the call is dropped.
    async fn start(
        &self,
        key: TurnKey,
        new_turn: &NewTurn,
        Chosen { model, agent }: &Chosen,
        prompt: Prompt,
    ) -> Result<RunningTurn, StoreError> {
        let model_called = Instant::now();
        let prompt_tokens = tokens_of(&prompt);
        let mut deltas = model.model.stream(prompt).peekable();
        {
            let storing = self.store.begin_turn(new_turn);
            tokio::pin!(storing);
            tokio::select! {
                stored = &mut storing => stored?,
                _ = std::pin::Pin::new(&mut deltas).peek() => storing.await?,
            }
        }
        let mut reply = Reply::new(key.message_id.clone(), new_turn.reply.model.clone());
        if model.first_part.is_text() {
            reply.expect_text();
        }
        let mut audience = self.audience();
        audience.begin(new_turn.subscriber.clone());
        Ok(RunningTurn {
            reply,
            earlier: Vec::new(),
            model_called,
            deltas,
            retries: 0,
            agent: Arc::clone(&agent.agent),
            first_part: Arc::clone(&model.first_part),
            prices: Arc::clone(&model.prices),
            prompt_tokens,
            allowances: Arc::clone(&self.allowances),
            saver: self.saver(&key, new_turn.lease.clone()),
            notifier: self.notifier.clone(),
            audience,
            turn: key,
        })
    }

    fn question(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        opening: &Opening,
        newest: Option<&MessageId>,
        parent_id: Option<MessageId>,
        now: Timestamp,
    ) -> Message {
        Message {
            id: MessageId::after(newest, now),
            client_id: Some(opening.client_id.clone()),
            conversation_id: conversation.clone(),
            user_id: user.clone(),
            role: Role::User,
            parent_id,
            parts: vec![Part::Text { text: opening.text.clone() }],
            created_at: now,
            status: Status::Complete,
            agent: None,
            model: None,
            usage: None,
            cost: None,
            timings: None,
            feedback: None,
        }
    }

    // The answer to a request whose reply is whole already.
    async fn replay(&self, turn: &TurnKey, subscriber: &Subscriber) -> Result<Option<Turn>, StoreError> {
        let mut audience = self.audience();
        audience.begin(subscriber.clone());
        let reply = self.store.reply(turn).await?.and_then(Written::into_reply);
        Ok(reply.map(|reply| Turn::showing(reply, audience)))
    }
}

// The branch that begins with `first`, unless it follows the head. Of those that follow the same message, the eldest comes
// right after it and was read with it, and the others are known by branches of their own.
fn branch_at(first: &Message, conversation: &Conversation, recent: &[Message]) -> Option<Branch> {
    if first.parent_id.as_ref() == Some(&conversation.head_message_id) {
        return None;
    }
    let others = recent.iter().filter(|message| message.parent_id == first.parent_id);
    let siblings = others.chain([first]).map(|message| message.id.clone()).collect();
    Some(Branch { start: first.id.clone(), parent: first.parent_id.clone(), siblings })
}

/// A name for one who writes a turn, which nobody else has.
pub(super) fn new_owner() -> String {
    Uuid::new_v4().simple().to_string()
}

async fn pause() -> Duration {
    sleep(PAUSE).await;
    PAUSE
}

/// Why a turn did not begin.
enum BeginError {
    /// What was read is no longer so.
    Stale,
    /// The user began another turn, elsewhere.
    Outrun,
    /// The request was taken before.
    Duplicate,
    /// Another reply is being written, or is being stopped.
    Busy { turn: MessageId, is_stopping: bool },
    /// The client is told.
    Refused(Box<ChatError>),
}

impl From<StoreError> for BeginError {
    fn from(error: StoreError) -> Self {
        match error {
            // Who has lost a turn that was to be taken over finds another owner when looking again.
            StoreError::Stale | StoreError::NotOwner => BeginError::Stale,
            StoreError::Duplicate => BeginError::Duplicate,
            StoreError::Outrun => BeginError::Outrun,
            error => BeginError::Refused(Box::new(ChatError::internal(error))),
        }
    }
}
