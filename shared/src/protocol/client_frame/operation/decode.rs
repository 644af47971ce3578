//! Decodes the frames of operations, and checks their fields.

use super::{
    ExportConversation, GetConversation, GetOutput, GiveFeedback, ListConversations, MAX_CONVERSATIONS, MAX_MESSAGES,
    Operation, RenameConversation, SearchConversations,
};
use crate::conversation::MAX_ID_BYTES;
use crate::error::ChatError;
use crate::protocol::client_frame::object::{invalid_field, parse};

/// The longest title, in characters.
const MAX_TITLE: usize = 200;

/// The longest text to search for, and the longest comment on a message, in characters.
const MAX_QUERY: usize = 200;
const MAX_COMMENT: usize = 2_000;

/// The longest cursor that is accepted, in characters. The server's contain three ids at most.
const MAX_CURSOR: usize = 1_000;

impl Operation {
    /// Decodes the frame of this `kind`; `None` if there is no such operation.
    ///
    /// # Errors
    /// A field is missing, of the wrong type or out of range.
    pub(in crate::protocol::client_frame) fn decode(kind: &str, text: &str) -> Result<Option<Self>, ChatError> {
        Ok(Some(match kind {
            "conversations.list" => {
                let list: ListConversations = parse(text)?;
                check_limit(list.limit, MAX_CONVERSATIONS)?;
                check_cursor(&list.cursor)?;
                Operation::List(list)
            }
            "conversations.get" => {
                let get: GetConversation = parse(text)?;
                check_limit(get.limit, MAX_MESSAGES)?;
                check_cursor(&get.cursor)?;
                Operation::Get(get)
            }
            "conversations.rename" => {
                let rename: RenameConversation = parse(text)?;
                Operation::Rename(RenameConversation { title: check_title(&rename.title)?, ..rename })
            }
            "conversations.delete" => Operation::Delete(parse(text)?),
            "conversations.search" => {
                let search: SearchConversations = parse(text)?;
                check_limit(search.limit, MAX_CONVERSATIONS)?;
                check_cursor(&search.cursor)?;
                check_length("query", search.query.trim(), 1, MAX_QUERY)?;
                Operation::Search(SearchConversations { query: search.query.trim().to_owned(), ..search })
            }
            "conversations.export" => {
                let export: ExportConversation = parse(text)?;
                check_cursor(&export.cursor)?;
                Operation::Export(export)
            }
            "messages.output" => {
                let output: GetOutput = parse(text)?;
                check_cursor(&output.cursor)?;
                check_length("toolCallId", &output.tool_call_id, 1, MAX_ID_BYTES)?;
                Operation::Output(output)
            }
            "messages.feedback" => {
                let feedback: GiveFeedback = parse(text)?;
                check_length("comment", feedback.comment.as_deref().unwrap_or_default(), 0, MAX_COMMENT)?;
                Operation::Feedback(feedback)
            }
            "server.describe" => Operation::Describe,
            _ => return Ok(None),
        }))
    }
}

fn check_limit(limit: usize, most: usize) -> Result<(), ChatError> {
    match (1..=most).contains(&limit) {
        true => Ok(()),
        false => Err(invalid_field("limit", format_args!("limit must be from 1 to {most}"))),
    }
}

fn check_cursor(cursor: &Option<String>) -> Result<(), ChatError> {
    check_length("cursor", cursor.as_deref().unwrap_or_default(), 0, MAX_CURSOR)
}

fn check_title(title: &str) -> Result<String, ChatError> {
    let words = title.split(|character: char| character.is_whitespace() || character.is_control());
    let title = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    check_length("title", &title, 1, MAX_TITLE)?;
    Ok(title)
}

fn check_length(field: &str, text: &str, least: usize, most: usize) -> Result<(), ChatError> {
    match (least..=most).contains(&text.chars().count()) {
        true => Ok(()),
        false => Err(invalid_field(field, format_args!("{field} must have {least} to {most} characters"))),
    }
}
