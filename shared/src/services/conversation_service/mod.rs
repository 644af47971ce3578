//! Operations on conversations: list, read, search, export, rename, rate and delete.

mod answer;
mod branch_reader;
mod cursor;
mod delete;
mod describe;
mod export;
mod export_writer;
mod exported_calls;
mod feedback;
mod get;
mod list;
mod matching;
mod output;
mod page;
mod rename;
mod search;
mod text_normalization;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::timeout;

use crate::caller::Caller;
use crate::conversation::{Clock, Conversation, MessageId};
use crate::db::{ConversationStore, TurnStore};
use crate::error::{ChatError, ErrorCode};
use crate::gateway::Notifier;
use crate::protocol::{ConversationSummary, Operation, OperationResult};
use crate::services::catalog::Catalog;
use crate::turn::TurnKey;
use answer::{Deadline, checked, time_for, too_slow};

pub use answer::PAGE_BYTES;

/// No turn takes longer, a second attempt included: a conversation without activity for this long has no running turn,
/// and its last reply need not be read to know that.
const ACTIVITY_WINDOW: Duration = Duration::from_secs(60 * 60);

/// Lists, reads and changes conversations.
pub struct ConversationService {
    /// Where conversations are stored.
    pub store: Arc<dyn ConversationStore>,
    /// Where their turns are stored.
    pub turns: Arc<dyn TurnStore>,
    /// How frames reach clients, and who is connected.
    pub notifier: Notifier,
    /// How long the owner of a turn may go without a save.
    pub lease_time: Duration,
    /// The models and agents that may be chosen.
    pub catalog: Arc<Catalog>,
    /// How much JSON a page is filled with: [`PAGE_BYTES`].
    pub page_bytes: usize,
    /// The clock.
    pub clock: Clock,
}

/// The outcome of an operation.
pub struct Performed {
    /// The answer to the client.
    pub result: OperationResult,
    /// Work to do after the answer.
    pub afterwards: BoxFuture<'static, ()>,
}

impl ConversationService {
    /// Performs an operation, in a function with `time_left`. A page is returned as far as it is filled in half of the
    /// operation's time.
    ///
    /// # Errors
    /// A typed error for the client; also when the operation times out, or its answer does not fit in a post.
    pub async fn perform(
        self: &Arc<Self>,
        caller: &Caller,
        operation: &Operation,
        time_left: Duration,
    ) -> Result<Performed, ChatError> {
        let time = time_for(time_left);
        let performed = timeout(time, self.perform_by(caller, operation, Deadline::of(time)));
        let Performed { result, afterwards } = performed.await.map_err(|_| too_slow())??;
        Ok(Performed { result: checked(result)?, afterwards })
    }

    async fn perform_by(
        self: &Arc<Self>,
        caller: &Caller,
        operation: &Operation,
        deadline: Deadline,
    ) -> Result<Performed, ChatError> {
        let result = match operation {
            Operation::List(request) => OperationResult::List(self.list(caller, request).await?),
            Operation::Get(request) => OperationResult::Page(self.get(caller, request, deadline).await?),
            Operation::Rename(request) => return self.rename(caller, request).await,
            Operation::Delete(request) => return self.delete(caller, &request.id).await,
            Operation::Search(request) => OperationResult::Search(self.search(caller, request, deadline).await?),
            Operation::Export(request) => OperationResult::Export(self.export(caller, request, deadline).await?),
            Operation::Output(request) => OperationResult::Output(self.output(caller, request).await?),
            Operation::Feedback(request) => OperationResult::Done(self.keep_feedback(caller, request).await?),
            Operation::Describe => OperationResult::Description(self.describe().await?),
        };
        Ok(Performed { result, afterwards: std::future::ready(()).boxed() })
    }

    // The description of a conversation in lists.
    async fn summary(&self, head: Conversation) -> Result<ConversationSummary, ChatError> {
        let running = self.running(&head).await?;
        Ok(ConversationSummary::of(head, running))
    }

    async fn running(&self, head: &Conversation) -> Result<Option<MessageId>, ChatError> {
        if head.updated_at + ACTIVITY_WINDOW < (self.clock)() {
            return Ok(None);
        }
        let turn = TurnKey {
            user_id: head.user_id.clone(),
            conversation_id: head.id.clone(),
            message_id: head.head_message_id.clone(),
        };
        let is_streaming = self.store.is_streaming(&turn).await.map_err(ChatError::internal)?;
        Ok(is_streaming.then_some(turn.message_id))
    }
}

fn not_found() -> ChatError {
    ChatError::new(ErrorCode::NotFound)
}
