//! A conversation as a file, page by page, from its beginning to the message that is shown last.

use super::cursor::{Scope, foreign, place_from, place_parts};
use super::export_writer::{ExportWriter, Open};
use super::page::history_message;
use super::{ConversationService, not_found};
use crate::caller::Caller;
use crate::conversation::{Branches, Conversation, MessageId, Stretch};
use crate::db::Place;
use crate::error::ChatError;
use crate::protocol::{ExportConversation, ExportFormat, ExportPage};

/// How many items are read at once, and how often for one page.
const ITEMS: usize = 200;
const READS: usize = 12;

/// Where a page begins.
struct Start {
    /// The last message of the file, which stays the same while the conversation goes on.
    tip: MessageId,
    /// The number of the stretch in which the page begins, counted from the conversation's beginning.
    stretch: usize,
    place: Place,
    /// So many bytes of the piece at that place are on the pages before.
    written: usize,
    open: Open,
}

impl ConversationService {
    /// A page of a conversation's file.
    ///
    /// # Errors
    /// There is no such conversation, or the cursor is of another question.
    pub(super) async fn export(&self, caller: &Caller, request: &ExportConversation) -> Result<ExportPage, ChatError> {
        let format = request.format;
        let scope = Scope::of(&[caller.user.as_str(), "export", request.id.as_str(), format.extension()]);
        let head = self.store.head(&caller.user, &request.id);
        let branches = self.store.branches(&caller.user, &request.id);
        let (head, branches) = futures::try_join!(head, branches).map_err(ChatError::internal)?;
        let head = head.ok_or_else(not_found)?;
        let start = request.cursor.as_ref().map(|cursor| read_cursor(&scope, cursor)).transpose()?;
        let mut page = ExportWriter::new(format, start.as_ref().map_or(Open::Nothing, |start| start.open));
        if start.is_none() {
            page.begin(&self.summary(head.clone()).await?);
        }
        let start = start.unwrap_or_else(|| Start {
            tip: head.head_message_id.clone(),
            stretch: 0,
            place: Place::Oldest,
            written: 0,
            open: Open::Nothing,
        });
        let next = self.write_on(&mut page, &head, &branches, start).await?;
        if next.is_none() {
            page.end();
        }
        Ok(ExportPage {
            text: page.into_text(),
            media_type: format.media_type(),
            file_name: file_name(&head, format),
            next_cursor: next.map(|next| write_cursor(&scope, &next)),
        })
    }

    // Tells where the next page begins.
    async fn write_on(
        &self,
        page: &mut ExportWriter,
        head: &Conversation,
        branches: &Branches,
        start: Start,
    ) -> Result<Option<Start>, ChatError> {
        let path = branches.path(&start.tip);
        let Start { tip, mut stretch, mut place, mut written, .. } = start;
        for _ in 0..READS {
            let Some(Stretch { last, .. }) = path.get(stretch) else { return Ok(None) };
            let read = self.store.read_on(&head.user_id, &head.id, &place, last, ITEMS);
            let read = read.await.map_err(ChatError::internal)?;
            for piece in read.pieces {
                let here = |written, open| {
                    let (tip, place) = (tip.clone(), piece.place());
                    Some(Start { tip, stretch, place, written, open })
                };
                if page.is_full() {
                    return Ok(here(written, page.open));
                }
                if piece.is_first() && written == 0 {
                    page.begin_message(&history_message(&piece.of, branches));
                }
                if let Some(written) = page.write(&piece, written) {
                    return Ok(here(written, page.open));
                }
                written = 0;
                if piece.segment.is_none() {
                    page.end_message(&piece.of, piece.of.message.id == tip);
                }
                place = piece.place_after();
            }
            if read.is_complete {
                stretch += 1;
                place = path.get(stretch).and_then(|next| next.first.clone()).map_or(Place::Oldest, Place::Before);
            }
        }
        let open = page.open;
        Ok((stretch < path.len()).then_some(Start { tip, stretch, place, written, open }))
    }
}

/// The name of the file: the conversation's, without what file systems do not take.
fn file_name(head: &Conversation, format: ExportFormat) -> String {
    let allowed = |character: char| match character {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
        other => other,
    };
    let name: String = head.name().unwrap_or_default().chars().map(allowed).collect();
    let name = name.trim_matches(|character: char| character == '.' || character == ' ');
    format!("{}.{}", if name.is_empty() { "conversation" } else { name }, format.extension())
}

fn write_cursor(scope: &Scope, start: &Start) -> String {
    let [message, segment] = place_parts(&start.place);
    let open = match start.open {
        Open::Nothing => "",
        Open::Text => "t",
        Open::Reasoning => "r",
    };
    scope.cursor(&[
        start.tip.as_str(),
        &start.stretch.to_string(),
        &message,
        &segment,
        &start.written.to_string(),
        open,
    ])
}

fn read_cursor(scope: &Scope, cursor: &str) -> Result<Start, ChatError> {
    let [tip, stretch, message, segment, written, open] = scope.read(cursor)?;
    Ok(Start {
        tip: tip.parse().map_err(|_| foreign())?,
        stretch: stretch.parse().map_err(|_| foreign())?,
        place: place_from([message, segment])?,
        written: written.parse().map_err(|_| foreign())?,
        open: match open {
            "" => Open::Nothing,
            "t" => Open::Text,
            "r" => Open::Reasoning,
            _ => return Err(foreign()),
        },
    })
}
