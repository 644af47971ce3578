//! Starts a turn: reads what is stored, decides what the request asks for, and retries when a concurrent request
//! changes the conversation.

use futures::{join, try_join};

use super::attempts::{AttemptError, Attempts};
use super::{ChatService, Turn};
use crate::caller::Caller;
use crate::conversation::{Message, MessageId, RequestId, Status, Timestamp, UserId};
use crate::db::{ConversationSnapshot, RequestRecord, SentMessage, StoreError, StoredMessage, Subscription};
use crate::error::{ChatError, ErrorCode};
use crate::gateway::too_many_subscribers;
use crate::protocol::SendFrame;
use crate::services::allowance_service::QuotaSnapshot;
use crate::services::catalog::{Chosen, Offer};
use crate::turn::{HeadState, Opening, Placement, PlacementError, Subscriber, TurnKey, place};

/// A request to start a turn.
pub(super) struct TurnRequest<'a> {
    pub(super) caller: &'a Caller,
    pub(super) frame: &'a SendFrame,
    pub(super) subscriber: Subscriber,
    /// What it may choose from: a request that was accepted before is answered, whatever there is now.
    pub(super) offer: Offer<'a>,
    /// The message, to recognise it when it is sent again.
    pub(super) message: SentMessage,
    /// A digest of what is asked for, to recognise the request when it is redelivered.
    pub(super) fingerprint: String,
}

/// The message that a turn answers.
pub(super) struct Question {
    pub(super) message: Message,
    /// Whether it is stored with the turn.
    pub(super) is_new: bool,
}

/// What is stored when a request arrives.
pub(super) struct Loaded {
    pub(super) snapshot: ConversationSnapshot,
    pub(super) quota: Option<QuotaSnapshot>,
    pub(super) state: HeadState,
    /// When it was read.
    pub(super) now: Timestamp,
    /// The abandoned turn that was closed since.
    pub(super) closed: Option<MessageId>,
}

impl ChatService {
    /// Stores the user's message and starts the reply. When this returns, the message is durable; [`Turn::run`] writes
    /// the reply. `None` means that there is nothing to do: another function writes the reply already.
    ///
    /// There is one database round trip before the model is called, and one that overlaps with the call.
    ///
    /// # Errors
    /// A typed error for the client; nothing is stored then.
    pub async fn begin(&self, caller: &Caller, frame: SendFrame) -> Result<Option<Turn>, ChatError> {
        let subscriber = Subscriber { connection: caller.connection.clone(), request: frame.request_id.clone() };
        let opening = &frame.opening;
        let message = SentMessage { client_id: opening.client_id.clone(), digest: opening.text_digest() };
        let fingerprint = opening.fingerprint(&frame.conversation_id);
        let (offer, loaded) = join!(self.catalog.offer(), self.load(caller, &frame, &message));
        let loaded = loaded?;
        let request = TurnRequest { caller, frame: &frame, subscriber, offer, message, fingerprint };
        let mut attempts = Attempts::default();
        let begun = self.begin_with_retries(&request, loaded, &mut attempts).await;
        if begun.is_err() {
            self.allowances.charge(&caller.user, attempts.spent).await;
        }
        begun
    }

    async fn begin_with_retries(
        &self,
        request: &TurnRequest<'_>,
        mut loaded: Loaded,
        attempts: &mut Attempts,
    ) -> Result<Option<Turn>, ChatError> {
        loop {
            match self.try_begin(request, loaded, attempts).await {
                Ok(turn) => return Ok(turn),
                Err(AttemptError::Duplicate) => {
                    let record = self.record_of(request.caller, &request.frame.request_id).await;
                    if !attempts.is_due_again(record.map_err(ChatError::internal)?, &request.fingerprint)? {
                        return Ok(None);
                    }
                }
                Err(error) => attempts.wait_before_retry(error).await?,
            }
            loaded = self.load(request.caller, request.frame, &request.message).await?;
        }
    }

    /// What a request of the caller was recorded for.
    pub(super) async fn record_of(
        &self,
        caller: &Caller,
        request: &RequestId,
    ) -> Result<Option<RequestRecord>, StoreError> {
        self.store.request(&caller.user, &caller.connection, request).await
    }

    // Reads everything that is needed before the model is called, in one round trip.
    async fn load(&self, caller: &Caller, frame: &SendFrame, message: &SentMessage) -> Result<Loaded, ChatError> {
        let user = &caller.user;
        let open = self.store.open(user, &frame.conversation_id, Some(message), self.memory.items_to_read());
        let read = try_join!(open, self.allowances.quota(user));
        let (snapshot, quota) = read.map_err(ChatError::internal)?;
        if snapshot.is_deleted {
            return Err(ChatError::new(ErrorCode::NotFound).with_sentence("This conversation was deleted."));
        }
        let snapshot = self.with_named(user, &frame.conversation_id, &frame.opening, snapshot).await;
        let mut snapshot = snapshot.map_err(ChatError::internal)?;
        self.complete_waiting_head(user, &mut snapshot).await.map_err(ChatError::internal)?;
        let now = (self.clock)();
        let state_of = |head: &StoredMessage| HeadState::of(head.message.status, head.lease.as_ref(), now);
        let state = snapshot.head().map_or(HeadState::Ended, state_of);
        Ok(Loaded { snapshot, quota, state, now, closed: None })
    }

    // Of a long reply that waits, the beginning may not have been read, and its calls with it.
    pub(super) async fn complete_waiting_head(
        &self,
        user: &UserId,
        snapshot: &mut ConversationSnapshot,
    ) -> Result<(), StoreError> {
        let waits = |head: &&mut StoredMessage| head.message.status == Status::Waiting;
        if let Some(head) = snapshot.head_mut().filter(waits) {
            let (conversation_id, message_id) = (head.message.conversation_id.clone(), head.message.id.clone());
            let turn = TurnKey { user_id: user.clone(), conversation_id, message_id };
            if let Some(whole) = self.store.reply(&turn).await? {
                *head = whole;
            }
        }
        Ok(())
    }

    async fn try_begin(
        &self,
        request: &TurnRequest<'_>,
        loaded: Loaded,
        attempts: &mut Attempts,
    ) -> Result<Option<Turn>, AttemptError> {
        match loaded.place(&request.frame.opening) {
            Err(PlacementError::UnknownMessage) => Err(AttemptError::refused(ChatError::new(ErrorCode::NotFound))),
            Err(PlacementError::Busy { turn, gives_way }) => {
                let ends_soon = self.make_way(request, &loaded, &turn, gives_way).await?;
                Err(AttemptError::Busy { turn, ends_soon })
            }
            Ok(Placement::Subscribe { reply }) => self.join(request, reply).await.map(|()| None),
            Ok(Placement::Replay { reply }) => self.replay(&request.turn(reply), &request.subscriber).await,
            Ok(Placement::TakeOver { reply }) => {
                let turn = request.turn(reply);
                match self.recover(&turn, loaded.snapshot, Some(&request.subscriber)).await? {
                    None => self.replay(&turn, &request.subscriber).await,
                    recovered => Ok(recovered),
                }
            }
            Ok(Placement::NewMessage { parent }) => {
                let question = request.question(&loaded, parent);
                match self.begin_turn(request, loaded, question, attempts).await {
                    Err(AttemptError::Repeated) => self.replay_sent(request).await,
                    begun => begun.map(Some),
                }
            }
            Ok(Placement::NewReply { to }) => {
                let question = loaded.question(&to).ok_or(AttemptError::Stale)?;
                self.begin_turn(request, loaded, question, attempts).await.map(Some)
            }
        }
    }

    // Stops the running turn if it `gives_way` to the request. Returns whether it is being stopped.
    async fn make_way(
        &self,
        request: &TurnRequest<'_>,
        loaded: &Loaded,
        turn: &MessageId,
        gives_way: bool,
    ) -> Result<bool, AttemptError> {
        let is_stopping = loaded.snapshot.head().is_some_and(|head| head.stop_requested);
        if gives_way && !is_stopping {
            // A request that was accepted before, or is rejected, stops nothing.
            if let Some(RequestRecord::Taken { .. }) = self.record_of(request.caller, &request.frame.request_id).await?
            {
                return Err(AttemptError::Duplicate);
            }
            self.check_admission(loaded, turn)?;
            request.chosen()?;
            self.store.request_stop(&request.turn(turn.clone())).await?;
        }
        Ok(is_stopping || gives_way)
    }

    // Answers a message that was stored long ago.
    async fn replay_sent(&self, request: &TurnRequest<'_>) -> Result<Option<Turn>, AttemptError> {
        let (user, conversation) = (&request.caller.user, &request.frame.conversation_id);
        let turn = self.store.turn_of_message(user, conversation, &request.message).await?;
        self.replay(&turn.ok_or(AttemptError::Stale)?, &request.subscriber).await
    }

    async fn join(&self, request: &TurnRequest<'_>, reply: MessageId) -> Result<(), AttemptError> {
        match self.subscribe(&request.turn(reply), &request.subscriber).await? {
            Subscription::Subscribed => Ok(()),
            // It ended meanwhile: read again.
            Subscription::NotRunning | Subscription::Stopped => Err(AttemptError::Stale),
            Subscription::Full => Err(AttemptError::refused(too_many_subscribers())),
        }
    }

    // Answers a message that has its reply already.
    async fn replay(&self, turn: &TurnKey, subscriber: &Subscriber) -> Result<Option<Turn>, AttemptError> {
        let Some(stored) = self.store.reply(turn).await? else { return Err(AttemptError::Stale) };
        if stored.subscribers.contains(subscriber) {
            // The same event again: the owner of the reply answers it, or the sweep does.
            return Ok(None);
        }
        // Record the request, so that its id cannot be used for something else.
        match self.subscribe(turn, subscriber).await? {
            Subscription::Subscribed => return Ok(None),
            Subscription::NotRunning | Subscription::Full | Subscription::Stopped => {}
        }
        let reply = stored.into_reply().ok_or_else(|| AttemptError::refused(ChatError::new(ErrorCode::Interrupted)))?;
        let mut audience = self.audience();
        audience.repeat(subscriber.clone());
        let on_timeout = self.notify_interrupted(&turn.user_id, vec![subscriber.clone()]);
        Ok(Some(Turn::replaying(reply, audience, on_timeout)))
    }
}

impl Loaded {
    fn place(&self, opening: &Opening) -> Result<Placement, PlacementError> {
        let ConversationSnapshot { conversation, reply_to_sent, .. } = &self.snapshot;
        place(opening, conversation.as_ref(), &self.snapshot.messages(), reply_to_sent.as_ref(), self.state)
    }

    // A message that is stored.
    fn question(&self, id: &MessageId) -> Option<Question> {
        let stored = self.snapshot.recent.iter().find(|stored| stored.message.id == *id)?;
        Some(Question { message: stored.message.clone(), is_new: false })
    }
}

impl TurnRequest<'_> {
    /// The model and agent that the message names.
    ///
    /// # Errors
    /// The server does not have them.
    pub(super) fn chosen(&self) -> Result<Chosen, AttemptError> {
        let chosen = self.offer.choose(self.frame.model.as_deref(), self.frame.agent.as_deref());
        chosen.map_err(AttemptError::refused)
    }

    /// The turn with this reply, in the conversation of the request.
    pub(super) fn turn(&self, reply: MessageId) -> TurnKey {
        TurnKey {
            user_id: self.caller.user.clone(),
            conversation_id: self.frame.conversation_id.clone(),
            message_id: reply,
        }
    }
}
