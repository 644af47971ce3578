//! The list of a user's conversations.

use futures::future::try_join_all;

use super::ConversationService;
use super::answer::Room;
use super::cursor::{Scope, foreign};
use crate::caller::Caller;
use crate::conversation::Timestamp;
use crate::db::Activity;
use crate::error::ChatError;
use crate::protocol::{ConversationList, ListConversations};

impl ConversationService {
    /// A page of the caller's conversations, newest activity first.
    ///
    /// # Errors
    /// The cursor is of another query.
    pub(super) async fn list(
        &self,
        caller: &Caller,
        request: &ListConversations,
    ) -> Result<ConversationList, ChatError> {
        let scope = Scope::of(&[caller.user.as_str(), "list"]);
        let after = request.cursor.as_ref().map(|cursor| read_cursor(&scope, cursor)).transpose()?;
        let listed = self.store.list(&caller.user, after.as_ref(), request.limit).await.map_err(ChatError::internal)?;
        let found = listed.conversations.len();
        let conversations = try_join_all(listed.conversations.into_iter().map(|head| self.summary(head))).await?;
        let conversations = Room::new(self.page_bytes).fitting(conversations);
        let last = conversations.last().filter(|_| conversations.len() < found);
        let last = last.map(|last| Activity { updated_at: last.updated_at, conversation: last.id.clone() });
        let next_cursor = last.or(listed.next).map(|next| write_cursor(&scope, &next));
        Ok(ConversationList { conversations, next_cursor })
    }
}

fn write_cursor(scope: &Scope, activity: &Activity) -> String {
    scope.cursor(&[&activity.updated_at.0.to_string(), activity.conversation.as_str()])
}

fn read_cursor(scope: &Scope, cursor: &str) -> Result<Activity, ChatError> {
    let [updated_at, conversation] = scope.read(cursor)?;
    Ok(Activity {
        updated_at: Timestamp(updated_at.parse().map_err(|_| foreign())?),
        conversation: conversation.parse().map_err(|_| foreign())?,
    })
}
