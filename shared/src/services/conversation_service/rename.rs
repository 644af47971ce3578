//! Renames a conversation.

use futures::FutureExt;

use super::{ConversationService, Performed, not_found};
use crate::caller::Caller;
use crate::error::ChatError;
use crate::protocol::{Notice, OperationResult, RenameConversation, RenamedConversation};

impl ConversationService {
    /// Sets the title of a conversation, and notifies the user's connections of it afterwards.
    ///
    /// # Errors
    /// There is no such conversation.
    pub(super) async fn rename(&self, caller: &Caller, request: &RenameConversation) -> Result<Performed, ChatError> {
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
}
