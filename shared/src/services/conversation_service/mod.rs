//! Conversations as they are looked at: listed, read back, searched, exported, renamed, rated and deleted.

mod answer;
mod cursor;
mod delete;
mod export;
mod export_writer;
mod feedback;
mod folding;
mod get;
mod list;
mod matching;
mod page;
mod route;
mod search;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::timeout;

use crate::caller::Caller;
use crate::conversation::{Clock, Conversation, MessageId};
use crate::db::{ConversationStore, Store};
use crate::error::{ChatError, ErrorCode};
use crate::gateway::Notifier;
use crate::protocol::{
    ConversationSummary, Notice, Operation, OperationResult, RenameConversation, RenamedConversation, ServerDescription,
};
use crate::turn::TurnKey;
use answer::{Deadline, checked, time_for, too_slow};

pub use answer::PAGE_BYTES;

/// No turn takes longer, a second attempt included: in a conversation without activity for so long none is running, and
/// its last reply need not be looked at to know that.
const MAX_TURN_TIME: Duration = Duration::from_secs(60 * 60);

/// Lists, shows and changes conversations.
pub struct ConversationService {
    /// Where conversations are kept.
    pub store: Arc<dyn ConversationStore>,
    /// Where their turns are kept.
    pub turns: Arc<dyn Store>,
    /// How frames reach clients, and who is connected.
    pub notifier: Notifier,
    /// How long the owner of a turn may be silent.
    pub lease_time: Duration,
    /// What a client may choose from.
    pub description: ServerDescription,
    /// How much JSON a page is filled with: [`PAGE_BYTES`].
    pub page_bytes: usize,
    /// The clock.
    pub clock: Clock,
}

/// What an operation came to.
pub struct Performed {
    /// What the client is answered.
    pub result: OperationResult,
    /// What is to be done after the answer.
    pub afterwards: BoxFuture<'static, ()>,
}

impl ConversationService {
    /// Does what the caller asks for, in a function that will run for `time_left`. A page is answered as far as it has
    /// come in half of the time that there is.
    ///
    /// # Errors
    /// A typed error for the client; also when it is not done in time, or its answer is larger than a post takes.
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
            Operation::Feedback(request) => OperationResult::Done(self.keep_feedback(caller, request).await?),
            Operation::Describe => OperationResult::Description(self.description.clone()),
        };
        Ok(Performed { result, afterwards: std::future::ready(()).boxed() })
    }

    async fn rename(&self, caller: &Caller, request: &RenameConversation) -> Result<Performed, ChatError> {
        let renamed =
            self.store.rename(&caller.user, &request.id, &request.title).await.map_err(ChatError::internal)?;
        let conversation = self.summary(renamed.ok_or_else(not_found)?).await?;
        let (notifier, user, request) = (self.notifier.clone(), caller.user.clone(), request.clone());
        let afterwards = async move {
            let notice = Notice::TitleChanged { id: request.id.as_str(), title: &request.title };
            notifier.send_to_all(&user, None, notice).await;
        };
        Ok(Performed {
            result: OperationResult::Renamed(RenamedConversation { conversation }),
            afterwards: afterwards.boxed(),
        })
    }

    // What is shown of a conversation in lists.
    async fn summary(&self, head: Conversation) -> Result<ConversationSummary, ChatError> {
        let running = self.running(&head).await?;
        Ok(ConversationSummary::of(head, running))
    }

    async fn running(&self, head: &Conversation) -> Result<Option<MessageId>, ChatError> {
        if head.updated_at + MAX_TURN_TIME < (self.clock)() {
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
