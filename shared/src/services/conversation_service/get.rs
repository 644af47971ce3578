//! Reads a conversation along one branch, page by page: backwards, or forwards from a search hit.

use super::answer::Deadline;
use super::branch_reader::{BranchPosition, BranchReader, Resumption};
use super::cursor::{Scope, branch_position_from, branch_position_parts, count_from, foreign, tip_from, tip_part};
use super::page::Page;
use super::{ConversationService, not_found};
use crate::caller::Caller;
use crate::conversation::{Branches, Conversation, MessageId, Tip, UserId};
use crate::db::{HistoryPosition, StoreError};
use crate::error::ChatError;
use crate::protocol::{ConversationPage, GetConversation};

/// The most reads of one page. If little of what is read belongs to a message, the next page continues.
const MAX_READS: usize = 40;

/// Items to read beyond the messages that fit: the segments of long ones, of 4 KB each.
const SEGMENTS: usize = 24;

/// How many messages are searched for one that is named by its client id.
const RECENT: usize = 100;

/// Where a page begins, and in which direction it reads.
enum Start {
    Older(Remainder),
    Newer(Resumption),
}

/// What earlier pages do not contain when reading backwards: it ends with the piece at this position, of which only
/// `size` of its log is left, if given.
struct Remainder {
    position: BranchPosition,
    size: Option<usize>,
}

impl Remainder {
    // Only a page that has no room for all of a message ends at a piece, and not between messages.
    fn is_within(&self, message: &MessageId) -> bool {
        matches!(&self.position.at, HistoryPosition::Piece(of, _) if of == message)
    }
}

impl ConversationService {
    /// A conversation and a page of its messages. What is read is bounded by the page and not by the conversation.
    ///
    /// # Errors
    /// There is no such conversation or message, or the cursor is of another query.
    pub(super) async fn get(
        &self,
        caller: &Caller,
        request: &GetConversation,
        deadline: Deadline,
    ) -> Result<ConversationPage, ChatError> {
        let user = &caller.user;
        let scope = Scope::of(&[user.as_str(), "get", request.id.as_str()]);
        let (head, branches) =
            futures::try_join!(self.store.head(user, &request.id), self.store.branches(user, &request.id))
                .map_err(ChatError::internal)?;
        let head = head.ok_or_else(not_found)?;
        let resumed = request.cursor.as_ref().map(|cursor| read_cursor(&scope, cursor)).transpose()?;
        let is_resumed = resumed.is_some();
        let (tip, start) = match resumed {
            Some((tip, start)) => (tip, Some(start)),
            None => self.opened_at(user, &head, request, &branches).await?,
        };
        let reader = BranchReader::new(&*self.store, user, &request.id, &branches, &tip);
        let start = start.unwrap_or_else(|| Start::Older(Remainder { position: reader.end(), size: None }));
        let mut page = Page::new(&branches, request.limit, self.page_bytes);
        let (messages, older, newer) = match start {
            Start::Older(from) => {
                let older = fill_backwards(&mut page, &reader, from, deadline).await.map_err(ChatError::internal)?;
                let mut messages = page.into_messages();
                messages.reverse();
                (messages, older, None)
            }
            Start::Newer(from) => {
                let before = Remainder { position: from.position.clone(), size: None };
                let newer = fill_forwards(&mut page, &reader, from, deadline).await.map_err(ChatError::internal)?;
                let messages = page.into_messages();
                let is_first = messages.first().is_some_and(|message| message.metadata.parent_id.is_none());
                (messages, Some(before).filter(|_| !is_resumed && !is_first), newer)
            }
        };
        let is_cut = messages.first().zip(older.as_ref()).is_some_and(|(first, older)| older.is_within(&first.id));
        Ok(ConversationPage {
            messages,
            is_cut,
            next_cursor: older.map(|older| write_cursor(&scope, &tip, &Start::Older(older))),
            newer_cursor: newer.map(|newer| write_cursor(&scope, &tip, &Start::Newer(newer))),
            conversation: self.summary(head).await?,
        })
    }

    // The requested branch, and the message at which it is opened if not at its tip.
    async fn opened_at(
        &self,
        user: &UserId,
        head: &Conversation,
        request: &GetConversation,
        branches: &Branches,
    ) -> Result<(Tip, Option<Start>), ChatError> {
        let newest = || Tip::At(head.head_message_id.clone());
        let Some(named) = request.at.as_ref().or(request.branch.as_ref()) else { return Ok((newest(), None)) };
        let message = self.named(user, head, named).await?;
        let tip = branches.behind_newest_leaf(&message).cloned().map_or_else(newest, Tip::Before);
        let start = request.at.is_some().then(|| {
            let reader = BranchReader::new(&*self.store, user, &head.id, branches, &tip);
            Start::Newer(Resumption::at(reader.before(&message)))
        });
        Ok((tip, start))
    }

    // The message that the client names, by server or client id.
    async fn named(&self, user: &UserId, head: &Conversation, named: &MessageId) -> Result<MessageId, ChatError> {
        let at = HistoryPosition::Message(named.clone());
        let found =
            self.store.read_backwards(user, &head.id, &at, Some(named), 1).await.map_err(ChatError::internal)?;
        if let Some(piece) = found.pieces.first() {
            return Ok(piece.of.message.id.clone());
        }
        let recent = self.store.read_backwards(user, &head.id, &HistoryPosition::Newest, None, RECENT).await;
        let recent = recent.map_err(ChatError::internal)?.pieces;
        let named = recent.iter().find(|piece| piece.of.message.is_named(named));
        Ok(named.ok_or_else(not_found)?.of.message.id.clone())
    }
}

// Returns where the next older page begins.
async fn fill_backwards(
    page: &mut Page<'_>,
    reader: &BranchReader<'_>,
    from: Remainder,
    deadline: Deadline,
) -> Result<Option<Remainder>, StoreError> {
    let Remainder { mut position, mut size } = from;
    for _ in 0..MAX_READS {
        let read = reader.read_backwards(&position, page.room() + SEGMENTS).await?;
        for piece in read.pieces {
            // What was at the position may have been removed meanwhile.
            let left = size.take().filter(|_| position.at == piece.position());
            if let Err(left) = page.put_before(&piece, left.unwrap_or(piece.size())) {
                let position = BranchPosition { at: piece.position(), ..position };
                return Ok(Some(Remainder { position, size: (left < piece.size()).then_some(left) }));
            }
        }
        size = None;
        match read.next {
            Some(next) => position = next,
            None => return Ok(None),
        }
        if deadline.has_passed() {
            break;
        }
    }
    Ok(Some(Remainder { position, size: None }))
}

// Returns where the next newer page begins.
async fn fill_forwards(
    page: &mut Page<'_>,
    reader: &BranchReader<'_>,
    mut from: Resumption,
    deadline: Deadline,
) -> Result<Option<Resumption>, StoreError> {
    for _ in 0..MAX_READS {
        let read = reader.read_forwards(&from.position, page.room() + SEGMENTS).await?;
        let mut unskipped = from.skipped;
        for (number, piece) in read.pieces.iter().enumerate() {
            let skipped = from.skips(piece, &mut unskipped);
            if skipped > 0 && skipped == piece.size() {
                continue;
            }
            if let Err(written) = page.put_behind(piece, skipped) {
                return Ok(Some(from.within(&read.pieces, number, written)));
            }
        }
        match read.next {
            Some(position) => from = Resumption { position, skipped: unskipped },
            None => return Ok(None),
        }
        if deadline.has_passed() {
            break;
        }
    }
    Ok(Some(from))
}

fn write_cursor(scope: &Scope, tip: &Tip, start: &Start) -> String {
    let (side, position, count) = match start {
        Start::Older(Remainder { position, size: None }) => ("older", position, String::new()),
        Start::Older(Remainder { position, size: Some(size) }) => ("older", position, size.to_string()),
        Start::Newer(Resumption { position, skipped }) => ("newer", position, skipped.to_string()),
    };
    let [segment, at, piece] = branch_position_parts(position);
    scope.cursor(&[&tip_part(tip), side, &segment, &at, &piece, &count])
}

fn read_cursor(scope: &Scope, cursor: &str) -> Result<(Tip, Start), ChatError> {
    let [tip, side, segment, at, piece, count] = scope.read(cursor)?;
    let position = branch_position_from([segment, at, piece])?;
    let start = match (side, count) {
        ("older", "") => Start::Older(Remainder { position, size: None }),
        ("older", count) => Start::Older(Remainder { position, size: Some(count_from(count)?) }),
        ("newer", count) => Start::Newer(Resumption { position, skipped: count_from(count)? }),
        _ => return Err(foreign()),
    };
    Ok((tip_from(tip)?, start))
}
