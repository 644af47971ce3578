//! Search in a user's own titles and messages.
//!
//! There is no full-text index: conversations are scanned, newest activity first, and each of them from its newest
//! message backwards. A call does a bounded amount of work and returns where the next one continues, so a page may be
//! empty although more follow.

use super::ConversationService;
use super::answer::{Deadline, Room};
use super::cursor::{Scope, foreign, history_position_from, history_position_parts};
use super::matching::{Query, snippet};
use crate::caller::Caller;
use crate::conversation::{Conversation, MessageId, Timestamp, UserId, content_of};
use crate::db::{Activity, HistoryPosition, Piece, Pieces, StoreError};
use crate::error::ChatError;
use crate::protocol::{SearchConversations, SearchHit, SearchPage, json_length};

/// How many conversations are listed at once.
const CONVERSATIONS_PER_PAGE: usize = 25;

/// How many items of a conversation are read at once.
const ITEMS_PER_READ: usize = 200;

/// How many reads one call makes at most; the largest is of 1 MB.
const MAX_READS: usize = 12;

/// Where a search continues.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    /// With the conversations after this one.
    Behind(Option<Activity>),
    /// In this conversation.
    Within(Activity, Spot),
}

/// Where a search continues within a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spot {
    at: HistoryPosition,
    /// A message that was reported as a hit before all of it was read.
    found: Option<MessageId>,
}

/// The state of one call's search.
struct Search<'a> {
    user: &'a UserId,
    query: Query,
    limit: usize,
    room: Room,
    reads: usize,
    deadline: Deadline,
    hits: Vec<SearchHit>,
}

impl ConversationService {
    /// Finds a text in the caller's titles and messages, ignoring case.
    ///
    /// # Errors
    /// The cursor is of another query.
    pub(super) async fn search(
        &self,
        caller: &Caller,
        request: &SearchConversations,
        deadline: Deadline,
    ) -> Result<SearchPage, ChatError> {
        let scope = Scope::of(&[caller.user.as_str(), "search", &request.query]);
        let next = match &request.cursor {
            Some(cursor) => read_cursor(&scope, cursor)?,
            None => Next::Behind(None),
        };
        let mut search = Search {
            user: &caller.user,
            query: Query::new(&request.query),
            limit: request.limit,
            room: Room::new(self.page_bytes),
            reads: 0,
            deadline,
            hits: Vec::new(),
        };
        let next = self.go_on(&mut search, next).await.map_err(ChatError::internal)?;
        Ok(SearchPage { hits: search.hits, next_cursor: next.map(|next| write_cursor(&scope, &next)) })
    }

    // Returns where the next call continues; `None` when everything was searched.
    async fn go_on(&self, search: &mut Search<'_>, from: Next) -> Result<Option<Next>, StoreError> {
        let mut behind = match from {
            Next::Behind(behind) => behind,
            Next::Within(activity, spot) => {
                let head = self.store.head(search.user, &activity.conversation).await?;
                if let Some(head) = head
                    && let Some(stopped) = self.look_through(search, &head, spot).await?
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
            let listed = self.store.list(search.user, behind.as_ref(), CONVERSATIONS_PER_PAGE).await?;
            for head in listed.conversations {
                if !search.look_at_title(&head) {
                    return Ok(Some(Next::Behind(behind)));
                }
                let activity = Activity { updated_at: head.updated_at, conversation: head.id.clone() };
                let newest = Spot { at: HistoryPosition::Newest, found: None };
                if let Some(stopped) = self.look_through(search, &head, newest).await? {
                    return Ok(Some(Next::Within(activity, stopped)));
                }
                behind = Some(activity);
                if search.is_over() {
                    return Ok(Some(Next::Behind(behind)));
                }
            }
            match listed.next {
                Some(next) => behind = Some(next),
                None => return Ok(None),
            }
        }
    }

    // Searches a conversation's messages backwards. Returns where it stopped, unless it reached the beginning.
    async fn look_through(
        &self,
        search: &mut Search<'_>,
        head: &Conversation,
        from: Spot,
    ) -> Result<Option<Spot>, StoreError> {
        let Spot { mut at, mut found } = from;
        loop {
            search.reads += 1;
            let read = self.store.read_backwards(search.user, &head.id, &at, None, ITEMS_PER_READ).await?;
            for message in messages_of(&read) {
                let id = &message[0].of.message.id;
                if found.as_ref() == Some(id) {
                    continue;
                }
                match search.look_at(head, message) {
                    Some(true) => found = Some(id.clone()),
                    Some(false) => {}
                    None => return Ok(Some(Spot { at: message[0].position(), found })),
                }
            }
            match search.position_of_next(&read) {
                Some(next) => at = next,
                None => return Ok(None),
            }
            if search.is_over() {
                return Ok(Some(Spot { at, found }));
            }
        }
    }
}

// The pieces that were read of each message, newest first.
fn messages_of(read: &Pieces) -> impl Iterator<Item = &[Piece]> {
    read.pieces.chunk_by(|one, other| one.of.message.id == other.of.message.id)
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        // Each call makes at least one read, so that searching terminates.
        let is_late = self.reads > 0 && self.deadline.has_passed();
        self.hits.len() >= self.limit || self.reads >= MAX_READS || is_late
    }

    // Returns whether there was room for the hit, if any.
    fn look_at_title(&mut self, head: &Conversation) -> bool {
        let name = head.name().unwrap_or_default();
        match self.query.find(name) {
            Some(hit) => self.put(hit_in(head, None, head.updated_at, snippet(name, &hit))),
            None => true,
        }
    }

    // Returns whether a message contains the text; `None` if the next call must find out. Its pieces are newest first.
    fn look_at(&mut self, head: &Conversation, pieces: &[Piece]) -> Option<bool> {
        if self.hits.len() >= self.limit {
            return None;
        }
        let text = content_of(pieces.iter().rev().flat_map(|piece| &piece.entries));
        let Some(hit) = self.query.find(&text) else { return Some(false) };
        let message = &pieces[0].of.message;
        let hit = hit_in(head, Some(message.id.clone()), message.created_at, snippet(&text, &hit));
        self.put(hit).then_some(true)
    }

    fn put(&mut self, hit: SearchHit) -> bool {
        let fits = self.room.take(json_length(&hit) + 1) || self.hits.is_empty();
        if fits {
            self.hits.push(hit);
        }
        fits
    }

    // Where the next read begins. Of a message that may not be read to its beginning, as much is read again as a hit
    // can span, which would otherwise be cut in two; unless that is all that was read.
    fn position_of_next(&self, read: &Pieces) -> Option<HistoryPosition> {
        let next = read.next.clone()?;
        let last = messages_of(read).last().unwrap_or_default();
        let mut bytes = 0;
        let enough = last.iter().rposition(|piece| {
            bytes += content_of(&piece.entries).len();
            bytes >= self.query.max_bytes()
        });
        let again = last.get(enough.unwrap_or_default());
        Some(again.filter(|again| read.pieces.first() != Some(again)).map_or(next, Piece::position))
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
    let (activity, spot) = match next {
        Next::Behind(activity) => (activity.as_ref(), None),
        Next::Within(activity, spot) => (Some(activity), Some(spot)),
    };
    let updated_at = activity.map(|activity| activity.updated_at.0.to_string()).unwrap_or_default();
    let conversation = activity.map_or("", |activity| activity.conversation.as_str());
    let [at, piece] = spot.map_or_else(Default::default, |spot| history_position_parts(&spot.at));
    let found = spot.and_then(|spot| spot.found.as_ref()).map_or("", MessageId::as_str);
    scope.cursor(&[&updated_at, conversation, &at, &piece, found])
}

fn read_cursor(scope: &Scope, cursor: &str) -> Result<Next, ChatError> {
    let [updated_at, conversation, at, piece, found] = scope.read(cursor)?;
    if updated_at.is_empty() {
        return Ok(Next::Behind(None));
    }
    let activity = Activity {
        updated_at: Timestamp(updated_at.parse().map_err(|_| foreign())?),
        conversation: conversation.parse().map_err(|_| foreign())?,
    };
    let named = |id: &str| id.parse().map_err(|_| foreign());
    let found = (!found.is_empty()).then(|| named(found)).transpose()?;
    match at {
        "" => Ok(Next::Behind(Some(activity))),
        at => Ok(Next::Within(activity, Spot { at: history_position_from([at, piece])?, found })),
    }
}
