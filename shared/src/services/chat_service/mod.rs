//! Turns: what starts, stops, resumes and rescues them.

mod announce;
mod begin;
mod resume;
mod sweep;
mod take_over;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::memory_service::MemoryService;
use super::notifier::Notifier;
use super::running_turn::RunningTurn;
use super::saver::Saver;
use crate::agents::ChatAgent;
use crate::conversation::Clock;
use crate::db::Store;
use crate::gateway::Audience;
use crate::llm::LanguageModel;
use crate::reply::Reply;
use crate::turn::{Lease, TurnKey};

pub use resume::Resumed;

/// How long a reply that is whole already is shown to a client that takes it slowly.
const LONGEST_REPLAY: Duration = Duration::from_secs(30);

/// Starts, stops, resumes and rescues turns.
pub struct ChatService {
    /// Where conversations are kept.
    pub store: Arc<dyn Store>,
    /// Who writes the replies.
    pub model: Arc<dyn LanguageModel>,
    /// How frames reach clients, and who is connected.
    pub notifier: Notifier,
    /// What makes prompts of messages, and messages of deltas.
    pub agent: Arc<ChatAgent>,
    /// What of the past goes into a prompt.
    pub memory: MemoryService,
    /// How long the owner of a turn may be silent before others take it to be abandoned. Many saves, so that a slow
    /// database or clocks that disagree by seconds do not cost a turn its owner.
    pub lease_time: Duration,
    /// What time it is.
    pub clock: Clock,
}

/// What is to be done after the response to the gateway.
pub struct Turn {
    // Writing a reply, or showing one that is whole.
    work: Work,
    // Telling others of it meanwhile.
    news: BoxFuture<'static, ()>,
}

enum Work {
    Write(Box<RunningTurn>),
    Show(Box<(Reply, Audience)>),
}

impl Turn {
    fn writing(turn: RunningTurn) -> Self {
        Self { work: Work::Write(Box::new(turn)), news: std::future::ready(()).boxed() }
    }

    fn showing(reply: Reply, audience: Audience) -> Self {
        Self { work: Work::Show(Box::new((reply, audience))), news: std::future::ready(()).boxed() }
    }

    fn with_news(self, news: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { news: news.boxed(), ..self }
    }

    /// Does it, within the function's `time_left`.
    pub async fn run(self, time_left: Duration) {
        let work = async {
            match self.work {
                Work::Write(turn) => turn.run(time_left).await,
                Work::Show(shown) => {
                    let (reply, mut audience) = *shown;
                    // Whoever does not take it in time reads it from the history.
                    let limit = time_left.min(LONGEST_REPLAY);
                    let _ = tokio::time::timeout(limit, audience.finish(&reply)).await;
                }
            }
        };
        tokio::join!(work, self.news);
    }
}

impl ChatService {
    fn audience(&self) -> Audience {
        Audience::new(Arc::clone(&self.notifier.sink))
    }

    fn saver(&self, turn: &TurnKey, lease: Lease) -> Saver {
        Saver::new(Arc::clone(&self.store), turn.clone(), lease, self.lease_time, self.clock)
    }
}
