//! Search in a user's own titles and messages.
//!
//! There is no index of words: conversations are looked through, the one with the newest activity first, and each of them
//! from its newest message back. A call does a bounded amount of work and tells where the next one goes on, so a page may
//! be empty although more follow.

use super::ConversationService;
use super::cursor::{Scope, foreign};
use super::matching::{Query, snippet};
use crate::caller::Caller;
use crate::conversation::{Conversation, MessageId, Timestamp, UserId, content_of};
use crate::db::{Activity, Piece, Place, StoreError};
use crate::error::ChatError;
use crate::protocol::{SearchConversations, SearchHit, SearchPage};

/// How many conversations are looked up at once.
const CONVERSATIONS: usize = 25;

/// How many items of a conversation are read at once.
const ITEMS: usize = 200;

/// How many reads one call makes at most; the largest is of 1 MB.
const READS: usize = 12;

/// Where a search goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    /// With the conversations behind this one.
    Behind(Option<Activity>),
    /// In this conversation, at this message.
    Within(Activity, MessageId),
}

/// A call's search, as far as it has come.
struct Search<'a> {
    user: &'a UserId,
    query: Query,
    limit: usize,
    reads: usize,
    hits: Vec<SearchHit>,
}

impl ConversationService {
    /// What of the caller's conversations holds a text, whatever the case of its letters.
    ///
    /// # Errors
    /// The cursor is of another question.
    pub(super) async fn search(&self, caller: &Caller, request: &SearchConversations) -> Result<SearchPage, ChatError> {
        let scope = Scope::of(&[caller.user.as_str(), "search", &request.query]);
        let next = match &request.cursor {
            Some(cursor) => read_cursor(&scope, cursor)?,
            None => Next::Behind(None),
        };
        let mut search = Search {
            user: &caller.user,
            query: Query::new(&request.query),
            limit: request.limit,
            reads: 0,
            hits: Vec::new(),
        };
        let next = self.go_on(&mut search, next).await.map_err(ChatError::internal)?;
        Ok(SearchPage { hits: search.hits, next_cursor: next.map(|next| write_cursor(&scope, &next)) })
    }

    // Tells where the next call goes on; `None` when everything was looked through.
    async fn go_on(&self, search: &mut Search<'_>, from: Next) -> Result<Option<Next>, StoreError> {
        let mut behind = match from {
            Next::Behind(behind) => behind,
            Next::Within(activity, message) => {
                let head = self.store.head(search.user, &activity.conversation).await?;
                if let Some(head) = head
                    && let Some(stopped) = self.look_through(search, &head, Place::Message(message)).await?
                {
                    return Ok(Some(Next::Within(activity, stopped)));
                }
                Some(activity)
            }
        };
        loop {
            if search.is_over() {
                return Ok(Some(Next::Behind(behind)));
            }
            search.reads += 1;
            let listed = self.store.list(search.user, behind.as_ref(), CONVERSATIONS).await?;
            for head in listed.conversations {
                if search.is_over() {
                    return Ok(Some(Next::Behind(behind)));
                }
                let activity = Activity { updated_at: head.updated_at, conversation: head.id.clone() };
                search.look_at_title(&head);
                if let Some(stopped) = self.look_through(search, &head, Place::Newest).await? {
                    return Ok(Some(Next::Within(activity, stopped)));
                }
                behind = Some(activity);
            }
            match listed.next {
                Some(next) => behind = Some(next),
                None => return Ok(None),
            }
        }
    }

    // Looks at a conversation's messages from a place back. Tells the message at which it stopped before the beginning.
    async fn look_through(
        &self,
        search: &mut Search<'_>,
        head: &Conversation,
        from: Place,
    ) -> Result<Option<MessageId>, StoreError> {
        let mut place = from;
        loop {
            search.reads += 1;
            let read = self.store.read_back(search.user, &head.id, &place, None, ITEMS).await?;
            let (pieces, is_last) = (read.pieces, read.is_complete);
            let Some(last) = pieces.last().map(|piece| piece.of.message.id.clone()) else { return Ok(None) };
            for message in pieces.chunk_by(|one, other| one.of.message.id == other.of.message.id) {
                let id = &message[0].of.message.id;
                // The last may lack its beginning, which the next read has. Of one that is longer than a whole read, only
                // the end is looked at.
                if *id == last && !is_last && place != Place::Message(last.clone()) {
                    break;
                }
                if search.hits.len() >= search.limit {
                    return Ok(Some(id.clone()));
                }
                search.look_at(head, message);
            }
            if is_last {
                return Ok(None);
            }
            place = match place == Place::Message(last.clone()) {
                true => Place::Before(last),
                false => Place::Message(last),
            };
            if let (true, Place::Message(stopped)) = (search.is_over(), &place) {
                return Ok(Some(stopped.clone()));
            }
        }
    }
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        self.hits.len() >= self.limit || self.reads >= READS
    }

    fn look_at_title(&mut self, head: &Conversation) {
        if let Some(hit) = head.name().and_then(|name| self.query.find(name)) {
            let snippet = snippet(head.name().unwrap_or_default(), &hit);
            self.hits.push(hit_in(head, None, head.updated_at, snippet));
        }
    }

    // The pieces of one message, newest first.
    fn look_at(&mut self, head: &Conversation, pieces: &[Piece]) {
        let text: String = pieces.iter().rev().map(|piece| content_of(&piece.parts)).collect();
        if let Some(hit) = self.query.find(&text) {
            let message = &pieces[0].of.message;
            let snippet = snippet(&text, &hit);
            self.hits.push(hit_in(head, Some(message.id.clone()), message.created_at, snippet));
        }
    }
}

fn hit_in(head: &Conversation, message_id: Option<MessageId>, created_at: Timestamp, snippet: String) -> SearchHit {
    SearchHit {
        conversation_id: head.id.clone(),
        title: head.name().map(str::to_owned),
        message_id,
        snippet,
        created_at,
    }
}

fn write_cursor(scope: &Scope, next: &Next) -> String {
    let (activity, message) = match next {
        Next::Behind(activity) => (activity.as_ref(), ""),
        Next::Within(activity, message) => (Some(activity), message.as_str()),
    };
    let updated_at = activity.map(|activity| activity.updated_at.0.to_string()).unwrap_or_default();
    scope.cursor(&[&updated_at, activity.map_or("", |activity| activity.conversation.as_str()), message])
}

fn read_cursor(scope: &Scope, cursor: &str) -> Result<Next, ChatError> {
    let [updated_at, conversation, message] = scope.read(cursor)?;
    if updated_at.is_empty() {
        return Ok(Next::Behind(None));
    }
    let activity = Activity {
        updated_at: Timestamp(updated_at.parse().map_err(|_| foreign())?),
        conversation: conversation.parse().map_err(|_| foreign())?,
    };
    match message {
        "" => Ok(Next::Behind(Some(activity))),
        message => Ok(Next::Within(activity, message.parse().map_err(|_| foreign())?)),
    }
}
