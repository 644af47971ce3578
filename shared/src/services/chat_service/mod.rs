//! Turns: starts, stops, resumes and recovers them.

mod announce;
mod answer;
mod attempts;
mod begin;
mod continuation;
mod model_call;
mod new_turn;
mod older_messages;
mod report;
mod resume;
mod run;
mod save;
mod steps;
mod stop;
mod sweep;
mod take_over;
mod titles;
mod tool_calls;
mod tool_input;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::Instant;

use super::allowance_service::AllowanceService;
use super::catalog::Catalog;
use super::memory_service::MemoryService;
use crate::conversation::{Clock, Conversation, ConversationId, Message, UserId};
use crate::db::{ConversationSnapshot, ConversationStore, StoreError, StoredMessage, TurnStore};
use crate::gateway::{Audience, Notifier};
use crate::reply::Reply;
use crate::turn::{Ending, Lease, TurnKey};

use run::{RESERVE, RunningTurn};
use save::Saver;

pub use resume::Resumed;
pub use titles::TitleService;

/// How long a finished reply is posted to a client that reads slowly.
const MAX_REPLAY_TIME: Duration = Duration::from_secs(30);

/// Starts, stops, resumes and recovers turns.
pub struct ChatService {
    /// Where turns are stored.
    pub store: Arc<dyn TurnStore>,
    /// Reads messages older than a turn's context.
    pub history: Arc<dyn ConversationStore>,
    /// The models and agents that may be chosen.
    pub catalog: Arc<Catalog>,
    /// How frames reach clients, and who is connected.
    pub notifier: Notifier,
    /// The users' limits and usage.
    pub allowances: Arc<AllowanceService>,
    /// Selects the context of a prompt.
    pub memory: MemoryService,
    /// How long the owner of a turn may go without a save before others treat the turn as abandoned. Many save
    /// intervals, so that a slow database or clocks that differ by seconds do not cost a turn its owner.
    pub lease_time: Duration,
    /// Writes titles for new conversations; without it, they are named by their first words.
    pub titles: Option<Arc<TitleService>>,
    /// The clock.
    pub clock: Clock,
}

/// Work to do after the response to the gateway.
pub struct Turn {
    // Writes a reply, or replays a finished one.
    work: Work,
    // Notifies other connections meanwhile.
    notifications: BoxFuture<'static, ()>,
    // Writes the conversation's title afterwards, if it began with this turn.
    title: Option<TitleJob>,
}

struct TitleJob {
    service: Arc<TitleService>,
    turn: TurnKey,
    question: String,
}

enum Work {
    Write(Box<RunningTurn>),
    Replay(Box<Replay>),
}

/// A finished reply, and its audience.
struct Replay {
    reply: Reply,
    audience: Audience,
    // Tells the audience to load the reply again, if it did not receive it in time.
    on_timeout: BoxFuture<'static, ()>,
}

impl Turn {
    fn writing(turn: RunningTurn) -> Self {
        Self { work: Work::Write(Box::new(turn)), notifications: std::future::ready(()).boxed(), title: None }
    }

    fn replaying(reply: Reply, audience: Audience, on_timeout: impl Future<Output = ()> + Send + 'static) -> Self {
        let replay = Replay { reply, audience, on_timeout: on_timeout.boxed() };
        Self { work: Work::Replay(Box::new(replay)), notifications: std::future::ready(()).boxed(), title: None }
    }

    fn with_notifications(self, notifications: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { notifications: notifications.boxed(), ..self }
    }

    /// Runs it, within the function's `time_left`.
    ///
    /// A panic ends this turn alone: its lease expires, and it is recovered like that of a killed function.
    pub async fn run(self, time_left: Duration) {
        if AssertUnwindSafe(self.work(time_left)).catch_unwind().await.is_err() {
            tracing::error!("a turn panicked; it will be recovered when its lease has expired");
        }
    }

    async fn work(self, time_left: Duration) {
        let deadline = Instant::now() + time_left;
        let work = async {
            match self.work {
                Work::Write(turn) => {
                    let reply = turn.run(time_left).await;
                    if let (Some(title), Some(reply)) = (self.title, reply) {
                        title.write(&reply, deadline - Instant::now()).await;
                    }
                }
                Work::Replay(replay) => {
                    let Replay { reply, mut audience, on_timeout } = *replay;
                    let limit = time_left.saturating_sub(RESERVE).min(MAX_REPLAY_TIME);
                    if tokio::time::timeout(limit, audience.finish(&reply)).await.is_err() {
                        on_timeout.await;
                    }
                }
            }
        };
        tokio::join!(work, self.notifications);
    }
}

impl TitleJob {
    async fn write(&self, reply: &Reply, time_left: Duration) {
        if matches!(reply.ending, Some(Ending::Complete(_))) {
            self.service.write(&self.turn, &self.question, &reply.content(), time_left).await;
        }
    }
}

impl ChatService {
    // The title to write after a turn that answers `question`, if any.
    fn title_job(&self, conversation: Option<&Conversation>, question: &Message, turn: &TurnKey) -> Option<TitleJob> {
        let is_named = conversation.is_some_and(|conversation| conversation.title.is_some());
        let service = self.titles.clone().filter(|_| !is_named && question.parent_id.is_none())?;
        Some(TitleJob { service, turn: turn.clone(), question: question.content() })
    }

    // Loads a conversation with its head message alone if `is_enough` says so, otherwise with a turn's context.
    async fn load_head(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        is_enough: impl Fn(&StoredMessage) -> bool + Send,
    ) -> Result<ConversationSnapshot, StoreError> {
        // The head is the newest message.
        let snapshot = self.store.open(user, conversation, None, 1).await?;
        match snapshot.head().is_some_and(is_enough) {
            true => Ok(snapshot),
            false => self.store.open(user, conversation, None, self.memory.items_to_read()).await,
        }
    }

    fn audience(&self) -> Audience {
        Audience::new(Arc::clone(&self.notifier.sink))
    }

    fn saver(&self, turn: &TurnKey, lease: Lease) -> Saver {
        Saver::new(Arc::clone(&self.store), turn.clone(), lease, self.lease_time, self.clock)
    }
}
