//! Exports a conversation as a file, page by page, from its beginning to the tip of the current branch.

use super::answer::Deadline;
use super::branch_reader::{BranchReader, Resumption};
use super::cursor::{Scope, branch_position_from, branch_position_parts, count_from, foreign, tip_from, tip_part};
use super::export_writer::{ExportWriter, Open};
use super::exported_calls::ExportedCalls;
use super::page::history_message;
use super::{ConversationService, not_found};
use crate::caller::Caller;
use crate::conversation::{Branches, Conversation, MessageId, Tip};
use crate::db::{StoreError, TurnStore};
use crate::error::ChatError;
use crate::protocol::{ExportConversation, ExportFormat, ExportPage};

/// How many items are read at once, and how often for one page.
const ITEMS_PER_READ: usize = 200;
const MAX_READS: usize = 12;

/// Where a page begins.
struct Start {
    /// The last message of the file, which stays fixed while the conversation goes on.
    tip: Tip,
    from: Resumption,
    open: Open,
}

impl ConversationService {
    /// A page of a conversation's file.
    ///
    /// # Errors
    /// There is no such conversation, or the cursor is of another query.
    pub(super) async fn export(
        &self,
        caller: &Caller,
        request: &ExportConversation,
        deadline: Deadline,
    ) -> Result<ExportPage, ChatError> {
        let format = request.format;
        let scope = Scope::of(&[caller.user.as_str(), "export", request.id.as_str(), format.extension()]);
        let head = self.store.head(&caller.user, &request.id);
        let branches = self.store.branches(&caller.user, &request.id);
        let (head, branches) = futures::try_join!(head, branches).map_err(ChatError::internal)?;
        let head = head.ok_or_else(not_found)?;
        let start = request.cursor.as_ref().map(|cursor| read_cursor(&scope, cursor)).transpose()?;
        let (tip, from, mut page) = match start {
            Some(Start { tip, from, open }) => (tip, Some(from), ExportWriter::go_on(format, self.page_bytes, open)),
            None => {
                let page = ExportWriter::begin(format, self.page_bytes, &self.summary(head.clone()).await?);
                (Tip::At(head.head_message_id.clone()), None, page)
            }
        };
        let reader = BranchReader::new(&*self.store, &caller.user, &request.id, &branches, &tip);
        let from = from.unwrap_or_else(|| Resumption::at(reader.beginning()));
        let next = write_messages(&mut page, &reader, &branches, &*self.turns, from, deadline).await;
        let next = next.map_err(ChatError::internal)?;
        if next.is_none() {
            page.end();
        }
        let (text, open) = page.into_page();
        Ok(ExportPage {
            text,
            media_type: format.media_type(),
            file_name: file_name(&head, format),
            next_cursor: next.map(|from| write_cursor(&scope, &Start { tip, from, open })),
        })
    }
}

// Returns where the next page begins.
async fn write_messages(
    page: &mut ExportWriter,
    reader: &BranchReader<'_>,
    branches: &Branches,
    turns: &dyn TurnStore,
    mut from: Resumption,
    deadline: Deadline,
) -> Result<Option<Resumption>, StoreError> {
    let (mut calls, mut calls_of) = (ExportedCalls::default(), None);
    for _ in 0..MAX_READS {
        let read = reader.read_forwards(&from.position, ITEMS_PER_READ).await?;
        let mut unskipped = from.skipped;
        for (number, piece) in read.pieces.iter().enumerate() {
            let skipped = from.skips(piece, &mut unskipped);
            if page.is_full() {
                return Ok(Some(from.within(&read.pieces, number, skipped)));
            }
            if page.message() != Some(&piece.of.message.id) {
                page.begin_message(&history_message(&piece.of, branches));
            }
            if page.needs_calls(piece) && calls_of.as_ref() != Some(&piece.of.message.id) {
                calls = ExportedCalls::read(turns, piece).await?;
                calls_of = Some(piece.of.message.id.clone());
            }
            if let Err(written) = page.write(piece, &calls, skipped) {
                return Ok(Some(from.within(&read.pieces, number, written)));
            }
            if piece.is_tail() {
                page.end_message(Some(piece.of.message.status));
            }
        }
        match read.next {
            Some(position) => from = Resumption { position, skipped: unskipped },
            None => return Ok(None),
        }
        if page.is_full() || deadline.has_passed() {
            break;
        }
    }
    Ok(Some(from))
}

/// The name of the file: the conversation's name, without characters that file systems reject.
fn file_name(head: &Conversation, format: ExportFormat) -> String {
    let allowed = |character: char| match character {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
        other => other,
    };
    let name: String = head.name().unwrap_or_default().chars().map(allowed).collect();
    let name = name.trim_matches(|character: char| character == '.' || character == ' ');
    format!("{}.{}", if name.is_empty() { "conversation" } else { name }, format.extension())
}

fn write_cursor(scope: &Scope, Start { tip, from, open }: &Start) -> String {
    let kind = match open {
        Open::File => "f",
        Open::Messages => "m",
        Open::Message(_) => "p",
        Open::Step(_) => "s",
        Open::Text(_) => "t",
        Open::Reasoning(_) => "r",
    };
    let message = open.message().map_or("", MessageId::as_str);
    let [segment, at, piece] = branch_position_parts(&from.position);
    scope.cursor(&[&tip_part(tip), &segment, &at, &piece, &from.skipped.to_string(), kind, message])
}

fn read_cursor(scope: &Scope, cursor: &str) -> Result<Start, ChatError> {
    let [tip, segment, at, piece, skipped, kind, message] = scope.read(cursor)?;
    let message = || message.parse().map_err(|_| foreign());
    Ok(Start {
        tip: tip_from(tip)?,
        from: Resumption { position: branch_position_from([segment, at, piece])?, skipped: count_from(skipped)? },
        open: match kind {
            "f" => Open::File,
            "m" => Open::Messages,
            "p" => Open::Message(message()?),
            "s" => Open::Step(message()?),
            "t" => Open::Text(message()?),
            "r" => Open::Reasoning(message()?),
            _ => return Err(foreign()),
        },
    })
}
