//! A conversation read back, page by page, along one branch.

use super::cursor::{Scope, foreign, place_from, place_parts};
use super::page::{Page, Taken};
use super::{ConversationService, not_found};
use crate::caller::Caller;
use crate::conversation::{Branches, Conversation, MessageId, UserId};
use crate::db::{Place, StoreError};
use crate::error::ChatError;
use crate::protocol::{ConversationPage, GetConversation};

/// The most reads of one page. Where branches are so many that it is not full then, the next page goes on.
const MAX_READS: usize = 40;

/// Items that are read beyond the messages there is room for: the segments of long ones, of 4 KB each.
const SEGMENTS: usize = 24;

/// How many messages are looked through for one that is named by the client's id.
const RECENT: usize = 100;

/// Where a page begins: at a place, of which the page before had so many bytes already.
struct Start {
    place: Place,
    shown: usize,
}

impl ConversationService {
    /// A conversation and a page of its messages. What is read is bounded by the page and not by the conversation.
    ///
    /// # Errors
    /// There is no such conversation or message, or the cursor is of another question.
    pub(super) async fn get(&self, caller: &Caller, request: &GetConversation) -> Result<ConversationPage, ChatError> {
        let user = &caller.user;
        let branch = request.branch.as_ref().map_or("", MessageId::as_str);
        let scope = Scope::of(&[user.as_str(), "get", request.id.as_str(), branch]);
        let (head, branches) =
            futures::try_join!(self.store.head(user, &request.id), self.store.branches(user, &request.id))
                .map_err(ChatError::internal)?;
        let head = head.ok_or_else(not_found)?;
        let start = match (&request.cursor, &request.branch) {
            (Some(cursor), _) => read_cursor(&scope, cursor)?,
            (None, None) => Start { place: Place::Message(head.head_message_id.clone()), shown: 0 },
            (None, Some(named)) => {
                let place = self.newest_leaf(user, &head, named, &branches).await?;
                Start { place, shown: 0 }
            }
        };
        let mut page = Page::new(&branches, request.limit);
        let next = self.fill(&mut page, user, &head, &branches, start).await.map_err(ChatError::internal)?;
        Ok(ConversationPage {
            messages: page.into_messages(),
            next_cursor: next.map(|next| write_cursor(&scope, &next)),
            conversation: self.summary(head).await?,
        })
    }

    // Fills the page and tells where the next one begins.
    async fn fill(
        &self,
        page: &mut Page<'_>,
        user: &UserId,
        head: &Conversation,
        branches: &Branches,
        start: Start,
    ) -> Result<Option<Start>, StoreError> {
        let Start { mut place, mut shown } = start;
        for _ in 0..MAX_READS {
            let oldest = match &place {
                Place::Message(message) | Place::Segment(message, _) => branches.start_of(message),
                _ => None,
            };
            let read = self.store.read_back(user, &head.id, &place, oldest, page.room() + SEGMENTS).await?;
            if read.pieces.is_empty() {
                return Ok(None);
            }
            for piece in read.pieces {
                // Of another branch, or what a save that was not finished left behind.
                if matches!(place, Place::Message(_) | Place::Segment(..)) && piece.place() != place {
                    continue;
                }
                if let Taken::Full(shown) = page.take(&piece, shown) {
                    return Ok(Some(Start { place: piece.place(), shown }));
                }
                shown = 0;
                match piece.place_before() {
                    Some(before) => place = before,
                    None => return Ok(None),
                }
            }
        }
        Ok(Some(Start { place, shown }))
    }

    // Where the newest leaf below the message is that the client names.
    async fn newest_leaf(
        &self,
        user: &UserId,
        head: &Conversation,
        named: &MessageId,
        branches: &Branches,
    ) -> Result<Place, ChatError> {
        let at = Place::Message(named.clone());
        let found = self.store.read_back(user, &head.id, &at, Some(named), 1).await.map_err(ChatError::internal)?;
        let message = match found.pieces.first() {
            Some(piece) => piece.of.message.id.clone(),
            None => {
                let recent = self.store.read_back(user, &head.id, &Place::Newest, None, RECENT).await;
                let recent = recent.map_err(ChatError::internal)?;
                let named = recent.pieces.into_iter().find(|piece| piece.of.message.is_named(named));
                named.ok_or_else(not_found)?.of.message.id
            }
        };
        Ok(branches.behind_newest_leaf(&message).map_or(Place::Newest, |behind| Place::Before(behind.clone())))
    }
}

fn write_cursor(scope: &Scope, start: &Start) -> String {
    let [message, segment] = place_parts(&start.place);
    scope.cursor(&[&message, &segment, &start.shown.to_string()])
}

fn read_cursor(scope: &Scope, cursor: &str) -> Result<Start, ChatError> {
    let [message, segment, shown] = scope.read(cursor)?;
    Ok(Start { place: place_from([message, segment])?, shown: shown.parse().map_err(|_| foreign())? })
}
