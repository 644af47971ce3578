//! Turns: what starts, stops, resumes and recovers them.

mod announce;
mod begin;
mod new_turn;
mod older_messages;
mod report;
mod resume;
mod run;
mod save;
mod stop;
mod sweep;
mod take_over;
mod titles;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::Instant;

use super::allowance_service::AllowanceService;
use super::catalog::Choices;
use super::memory_service::MemoryService;
use crate::conversation::{Clock, Conversation, ConversationId, Message, UserId};
use crate::db::{ConversationSnapshot, ConversationStore, Store, StoreError, StoredMessage};
use crate::gateway::{Audience, Notifier};
use crate::reply::Reply;
use crate::turn::{Ending, Lease, TurnKey};

use run::{RESERVE, RunningTurn};
use save::Saver;

pub use resume::Resumed;
pub use titles::TitleService;

/// How long a reply that is whole already is shown to a client that takes it slowly.
const MAX_REPLAY_TIME: Duration = Duration::from_secs(30);

/// Starts, stops, resumes and recovers turns.
pub struct ChatService {
    /// Where turns are kept.
    pub store: Arc<dyn Store>,
    /// Where what is older than a turn's context is read.
    pub history: Arc<dyn ConversationStore>,
    /// Who writes the replies: models, and the agents that make prompts of messages, and messages of deltas.
    pub choices: Choices,
    /// How frames reach clients, and who is connected.
    pub notifier: Notifier,
    /// What users may do and have used.
    pub allowances: Arc<AllowanceService>,
    /// What of the past goes into a prompt.
    pub memory: MemoryService,
    /// How long the owner of a turn may be silent before others take it to be abandoned. Many saves, so that a slow
    /// database or clocks that disagree by seconds do not cost a turn its owner.
    pub lease_time: Duration,
    /// Who names new conversations; without, they are called by their first words.
    pub titles: Option<Arc<TitleService>>,
    /// The clock.
    pub clock: Clock,
}

/// What is to be done after the response to the gateway.
pub struct Turn {
    // Writing a reply, or showing one that is whole.
    work: Work,
    // Telling others of it meanwhile.
    notifications: BoxFuture<'static, ()>,
    // Naming the conversation afterwards, if it began with this turn.
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

/// A reply that is whole, and who is shown it.
struct Replay {
    reply: Reply,
    audience: Audience,
    // Telling them to look again, if they did not take it in time.
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

    /// Does it, within the function's `time_left`.
    ///
    /// A panic ends this turn alone: its lease expires, and it is recovered like that of a function that is gone.
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
    // What is left to do for the title after a turn that answers `question`.
    fn title_job(&self, conversation: Option<&Conversation>, question: &Message, turn: &TurnKey) -> Option<TitleJob> {
        let is_named = conversation.is_some_and(|conversation| conversation.title.is_some());
        let service = self.titles.clone().filter(|_| !is_named && question.parent_id.is_none())?;
        Some(TitleJob { service, turn: turn.clone(), question: question.content() })
    }

    // A conversation with the message at its head alone if that is enough, and with what a turn reads of the past if not.
    async fn load_head(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        is_enough: impl Fn(&StoredMessage) -> bool + Send,
    ) -> Result<ConversationSnapshot, StoreError> {
        // The head is the newest of all.
        let snapshot = self.store.open(user, conversation, None, 1).await?;
        match snapshot.head().is_some_and(is_enough) {
            true => Ok(snapshot),
            false => {
                let snapshot = self.store.open(user, conversation, None, self.memory.items_to_read()).await?;
                self.with_question(snapshot).await
            }
        }
    }

    fn audience(&self) -> Audience {
        Audience::new(Arc::clone(&self.notifier.sink))
    }

    fn saver(&self, turn: &TurnKey, lease: Lease) -> Saver {
        Saver::new(Arc::clone(&self.store), turn.clone(), lease, self.lease_time, self.clock)
    }
}
