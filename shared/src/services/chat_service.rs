//! One turn, from the person's message to the reply's end: what starts, stops and resumes it.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::Instant;
use uuid::Uuid;

use super::memory_service::MemoryService;
use super::running_turn::RunningTurn;
use super::saver::{LEASE, Saver};
use crate::agents::ChatAgent;
use crate::caller::Caller;
use crate::conversation::{
    Conversation, ConversationId, Message, MessageId, Part, RequestId, Role, Timestamp, UserId, branch,
};
use crate::db::{Abandoned, NewTurn, Opened, Store, StoreError, Subscriber, Written};
use crate::error::{ChatError, ErrorCode};
use crate::gateway::{Audience, ReplySink};
use crate::llm::LanguageModel;
use crate::protocol::{ResumeFrame, SendFrame};
use crate::reply::Reply;
use crate::turn::{Ending, FinishReason, Lease, Opening, Placement, Refusal, Status, TurnKey, place};

/// How often a turn tries to begin when others change the conversation at the same moment.
const ATTEMPTS: usize = 3;

/// Starts, stops and resumes turns.
pub struct ChatService {
    /// Where conversations are kept.
    pub store: Arc<dyn Store>,
    /// Who writes the replies.
    pub model: Arc<dyn LanguageModel>,
    /// How frames reach clients.
    pub sink: Arc<dyn ReplySink>,
    /// What makes prompts of messages, and messages of deltas.
    pub agent: Arc<ChatAgent>,
    /// What of the past goes into a prompt.
    pub memory: MemoryService,
}

/// What is to be done after the response to the gateway.
pub enum Turn {
    /// Write the reply.
    Running(Box<RunningTurn>),
    /// Show a reply that is whole already.
    Replay(Box<(Reply, Audience)>),
}

impl Turn {
    /// Does it, within the function's `time_left`.
    pub async fn run(self, time_left: Duration) {
        match self {
            Turn::Running(turn) => turn.run(time_left).await,
            Turn::Replay(replay) => {
                let (reply, mut audience) = *replay;
                // Whoever does not take it in time reads it from the history.
                let _ = tokio::time::timeout(time_left.min(Duration::from_secs(30)), audience.finish(&reply)).await;
            }
        }
    }
}

impl ChatService {
    /// Stores the person's message and starts the reply. When this returns, the message is safe; the reply is written by
    /// [`Turn::run`]. `None` means that there is nothing to do: the request is a repetition of one that was taken.
    ///
    /// There is one wait for the database before the model is called, and one that the model's own time covers.
    ///
    /// # Errors
    /// A typed error for the client; nothing is stored then.
    pub async fn begin(&self, caller: &Caller, frame: SendFrame) -> Result<Option<Turn>, ChatError> {
        let subscriber = Subscriber { connection: caller.connection.clone(), request: frame.request_id };
        for _ in 0..ATTEMPTS {
            let opened = self
                .store
                .open(&caller.user, &frame.conversation_id, self.memory.messages_to_read())
                .await
                .map_err(ChatError::internal)?;
            let turn = self.try_begin(&caller.user, &frame.conversation_id, &subscriber, &frame.opening, opened).await;
            match turn {
                Ok(turn) => return Ok(turn),
                Err(BeginError::Stale) => continue,
                Err(BeginError::Duplicate) => return Ok(None),
                Err(BeginError::Refused(error)) => return Err(error),
            }
        }
        Err(ChatError::new(ErrorCode::ConversationBusy))
    }

    async fn try_begin(
        &self,
        user: &UserId,
        conversation_id: &ConversationId,
        subscriber: &Subscriber,
        opening: &Opening,
        opened: Opened,
    ) -> Result<Option<Turn>, BeginError> {
        let now = Timestamp::now();
        let Opened { conversation, recent } = opened;
        let unfinished = unfinished(conversation.as_ref(), &recent);
        let (running, abandoned) = match unfinished {
            Some(unfinished) if unfinished.lease.expires_at > now => (true, None),
            abandoned => (false, abandoned),
        };
        let newest = recent.first().map(|written| written.message.id.clone());
        let recent: Vec<Message> = recent.into_iter().map(|written| written.message).collect();

        let key = |message_id| TurnKey { user_id: user.clone(), conversation_id: conversation_id.clone(), message_id };
        let placed = place(opening, conversation.as_ref(), &recent, running).map_err(refuse)?;
        let (question, asked_id, context_tip) = match placed {
            Placement::Follow { reply } => return self.follow(&key(reply), subscriber, now).await,
            Placement::Replay { reply } => return Ok(self.replay(recent, &reply, subscriber)),
            Placement::NewMessage { parent } => {
                let id = MessageId::after(newest.as_ref(), now);
                let question = Message {
                    id: id.clone(),
                    client_id: Some(opening.client_id.clone()),
                    conversation_id: conversation_id.clone(),
                    user_id: user.clone(),
                    role: Role::User,
                    parent_id: parent.clone(),
                    parts: vec![Part::Text { text: opening.text.clone() }],
                    created_at: now,
                    status: Status::Complete,
                    model: None,
                    usage: None,
                };
                (Some(question), id, parent)
            }
            Placement::NewReply { to } => {
                let parent = recent.iter().find(|message| message.id == to);
                (None, to.clone(), parent.and_then(|message| message.parent_id.clone()))
            }
        };

        let asked = match &question {
            Some(question) => question.content(),
            None => content_of(&recent, &asked_id),
        };
        let context = context_tip.map_or_else(Vec::new, |tip| self.memory.recall(branch(recent, &tip)));
        let mut deltas = self.model.stream(self.agent.prompt(&context, &asked)).peekable();
        let model_called = Instant::now();

        let previous = newest.as_ref().max(Some(&asked_id));
        let reply = Message {
            id: MessageId::after(previous, now),
            client_id: None,
            conversation_id: conversation_id.clone(),
            user_id: user.clone(),
            role: Role::Assistant,
            parent_id: Some(asked_id),
            parts: Vec::new(),
            created_at: now,
            status: Status::Streaming,
            model: Some(self.model.name().to_owned()),
            usage: None,
        };
        let turn = key(reply.id.clone());
        let new_turn = NewTurn {
            subscriber: subscriber.clone(),
            conversation,
            question,
            lease: Lease { owner: Uuid::new_v4().simple().to_string(), attempt: 1, expires_at: now + LEASE },
            reply,
            abandoned,
        };
        // The call to the model is on its way while the beginning is stored. If the write loses, the call is dropped.
        let stored = {
            let storing = self.store.begin_turn(&new_turn);
            tokio::pin!(storing);
            tokio::select! {
                stored = &mut storing => stored,
                _ = std::pin::Pin::new(&mut deltas).peek() => storing.await,
            }
        };
        stored?;

        let mut audience = Audience::new(Arc::clone(&self.sink));
        audience.begin(subscriber.clone());
        Ok(Some(Turn::Running(Box::new(RunningTurn {
            reply: Reply::new(turn.message_id.clone(), new_turn.reply.model),
            model_called,
            deltas,
            agent: Arc::clone(&self.agent),
            saver: Saver::new(Arc::clone(&self.store), turn.clone(), new_turn.lease),
            store: Arc::clone(&self.store),
            audience,
            turn,
        }))))
    }

    /// Attaches the caller to the running turn of a conversation: its owner shows the reply from the beginning and goes
    /// on. `false` means that no turn is running.
    ///
    /// # Errors
    /// A typed error for the client.
    pub async fn resume(&self, caller: &Caller, frame: &ResumeFrame) -> Result<bool, ChatError> {
        let now = Timestamp::now();
        let opened = self.store.open(&caller.user, &frame.conversation_id, 1).await.map_err(ChatError::internal)?;
        let Some(unfinished) = unfinished(opened.conversation.as_ref(), &opened.recent) else {
            return Ok(false);
        };
        let turn = TurnKey {
            user_id: caller.user.clone(),
            conversation_id: frame.conversation_id.clone(),
            message_id: unfinished.message_id,
        };
        if unfinished.lease.expires_at <= now {
            let closed = self.store.close_abandoned(&turn, &unfinished.lease).await;
            closed.map_err(ChatError::internal)?;
            return Ok(false);
        }
        let subscriber = Subscriber { connection: caller.connection.clone(), request: frame.request_id.clone() };
        self.store.subscribe(&turn, &subscriber, now).await.map_err(ChatError::internal)
    }

    /// Asks for the end of the turn that a request of this connection started or resumed. A turn that has ended, or never
    /// was, is left as it is.
    ///
    /// # Errors
    /// A typed error for the client.
    pub async fn stop(&self, caller: &Caller, request: &RequestId) -> Result<(), ChatError> {
        let turn =
            self.store.turn_of_request(&caller.user, &caller.connection, request).await.map_err(ChatError::internal)?;
        if let Some(turn) = turn {
            self.store.request_stop(&turn).await.map_err(ChatError::internal)?;
        }
        Ok(())
    }

    async fn follow(
        &self,
        turn: &TurnKey,
        subscriber: &Subscriber,
        now: Timestamp,
    ) -> Result<Option<Turn>, BeginError> {
        match self.store.subscribe(turn, subscriber, now).await? {
            true => Ok(None),
            // It ended meanwhile: look again.
            false => Err(BeginError::Stale),
        }
    }

    fn replay(&self, recent: Vec<Message>, reply: &MessageId, subscriber: &Subscriber) -> Option<Turn> {
        let message = recent.into_iter().find(|message| message.id == *reply)?;
        let mut audience = Audience::new(Arc::clone(&self.sink));
        audience.begin(subscriber.clone());
        let reply = Reply::stored(message, Ending::Complete(FinishReason::Stop));
        Some(Turn::Replay(Box::new((reply, audience))))
    }
}

/// Why a turn did not begin.
enum BeginError {
    /// What was read is no longer so.
    Stale,
    /// The request was taken before.
    Duplicate,
    /// The client is told.
    Refused(ChatError),
}

impl From<StoreError> for BeginError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => BeginError::Stale,
            StoreError::Duplicate => BeginError::Duplicate,
            error => BeginError::Refused(ChatError::internal(error)),
        }
    }
}

fn refuse(refusal: Refusal) -> BeginError {
    BeginError::Refused(match refusal {
        Refusal::Busy { turn } => {
            ChatError::new(ErrorCode::ConversationBusy).with_detail("messageId", String::from(turn))
        }
        Refusal::UnknownParent => ChatError::new(ErrorCode::NotFound),
    })
}

// The reply at the head, if its turn has not ended.
fn unfinished(conversation: Option<&Conversation>, recent: &[Written]) -> Option<Abandoned> {
    let head = &conversation?.head_message_id;
    let written = recent.iter().find(|written| written.message.id == *head)?;
    let lease = written.lease.as_ref()?;
    (written.message.status == Status::Streaming).then(|| Abandoned { message_id: head.clone(), lease: lease.clone() })
}

fn content_of(recent: &[Message], id: &MessageId) -> String {
    recent.iter().find(|message| message.id == *id).map(Message::content).unwrap_or_default()
}
