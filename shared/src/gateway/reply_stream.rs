//! The frames by which one subscriber receives a reply.
//!
//! A stream holds no text: it is a cursor in the reply, from which the next frame is made when it can be sent. So text
//! that arrives while a post is in flight is batched by itself, a replay is a stream that starts at the beginning, and
//! nothing is buffered for a client that does not read.

use std::time::Duration;

use bytes::Bytes;

use super::tool_chunks::{asks_client, atomic_chunk};
use crate::conversation::{Entry, MessageId, RequestId};
use crate::error::{ChatError, ErrorCode};
use crate::protocol::{Chunk, PartKind, ReplyMetadata, ServerFrame, json_prefix};
use crate::reply::Reply;
use crate::turn::{Ending, FinishReason};

/// The longest frame, in bytes of JSON. API Gateway's limit, 32 KB, is also its billing increment.
pub const MAX_FRAME_BYTES: usize = 28 * 1024;

/// Text of up to this many bytes fits in a frame without measuring: a byte becomes at most six in JSON, and the rest of
/// a frame is far below a quarter of it.
const MAX_UNMEASURED_BYTES: usize = MAX_FRAME_BYTES / 8;

/// One subscriber's cursor in a reply.
#[derive(Debug, Clone)]
pub struct ReplyStream {
    request: RequestId,
    cursor: Cursor,
    // Of the next chunk.
    sequence: u64,
    // The entry with which it begins: the client has those before it.
    first_entry: usize,
    // The reply had ended before this stream began.
    is_replay: bool,
    // The client has asked for a reply that waits, and answered nothing that it waits for.
    is_unchanged: bool,
    // The stream ends with a frame that says so.
    cut: Option<Cut>,
}

/// Why a stream ends before the reply does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    // The reply has too many other subscribers.
    Dismissed,
    // Its client has left.
    Left,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    // Before the `start` frame that answers a `resume`.
    Announcement,
    // Before the message's first chunk.
    Start,
    // Before an entry, or after the last one.
    Entry(usize),
    // In an entry that grows, after this many bytes of its text.
    Inside { entry: usize, offset: usize },
    // Before the `end` frame.
    End,
    Done,
}

/// How soon a frame is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// More of the same entry may be added to the frame.
    Batchable,
    /// Nothing is gained by waiting.
    Immediate,
}

/// A frame to be sent, and the stream's cursor after it.
#[derive(derive_more::Debug, Clone)]
pub struct Outgoing {
    /// The JSON.
    #[debug("{} bytes", frame.len())]
    pub frame: Bytes,
    /// Whether it carries text.
    pub is_delta: bool,
    cursor: Cursor,
    sequence: u64,
}

impl ReplyStream {
    /// The answer to a request that started the turn.
    pub fn new(request: RequestId) -> Self {
        let (cursor, cut) = (Cursor::Start, None);
        Self { request, cursor, sequence: 0, first_entry: 0, is_replay: false, is_unchanged: false, cut }
    }

    /// The answer to a request that let a waiting turn go on: the client has the entries before this one.
    pub fn continued(request: RequestId, first_entry: usize) -> Self {
        Self { first_entry, ..Self::new(request) }
    }

    /// The answer to a `resume`: the reply from its beginning, announced first.
    pub fn resumed(request: RequestId) -> Self {
        Self { cursor: Cursor::Announcement, ..Self::new(request) }
    }

    /// The answer to a `resume` of a reply that has ended.
    pub fn replay(request: RequestId) -> Self {
        Self { is_replay: true, ..Self::resumed(request) }
    }

    /// The answer to a request that asks for what is stored, with a reply that has ended: without the entries before this
    /// one, which the client has.
    pub fn repeated(request: RequestId, first_entry: usize) -> Self {
        Self { is_replay: true, ..Self::continued(request, first_entry) }
    }

    /// The same for a client whose answers were none.
    pub fn unchanged(request: RequestId, first_entry: usize) -> Self {
        Self { is_unchanged: true, ..Self::repeated(request, first_entry) }
    }

    /// Ends the stream with an error, because the reply has too many subscribers.
    pub fn dismiss(&mut self) {
        self.cut = Some(Cut::Dismissed);
    }

    /// Ends the stream as one that its client stopped, while the reply goes on.
    pub fn leave(&mut self) {
        self.cut.get_or_insert(Cut::Left);
    }

    /// Whether it was dismissed.
    pub fn is_dismissed(&self) -> bool {
        self.cut == Some(Cut::Dismissed)
    }

    /// Whether everything has been sent.
    pub fn is_done(&self) -> bool {
        self.cursor == Cursor::Done
    }

    /// How soon the next frame is to be sent; `None` when there is nothing to send yet.
    pub fn urgency(&self, reply: &Reply) -> Option<Urgency> {
        let is_whole = |entry: usize| entry + 1 < reply.entries.len() || reply.ending.is_some();
        match self.cursor {
            Cursor::Done => None,
            _ if self.cut.is_some() => Some(Urgency::Immediate),
            Cursor::Announcement | Cursor::Start | Cursor::End => Some(Urgency::Immediate),
            Cursor::Entry(entry) if next_shown(reply, entry) < reply.entries.len() || reply.durable => {
                Some(Urgency::Immediate)
            }
            Cursor::Inside { entry, .. } if is_whole(entry) => Some(Urgency::Immediate),
            Cursor::Inside { entry, offset } if offset < text_of(reply, entry).len() => Some(Urgency::Batchable),
            Cursor::Entry(_) | Cursor::Inside { .. } => None,
        }
    }

    /// The next frame; `None` when there is nothing to send yet. It counts as sent only with [`ReplyStream::sent`].
    pub fn next(&self, reply: &Reply) -> Option<Outgoing> {
        self.urgency(reply)?;
        match self.cursor {
            _ if self.is_dismissed() => Some(self.failure(too_many_subscribers(), &reply.message_id)),
            Cursor::End => {
                let frame = ServerFrame::End { request_id: self.request.as_str() };
                Some(self.plain(&frame, Cursor::Done))
            }
            Cursor::Done => None,
            _ if self.cut == Some(Cut::Left) => Some(self.chunk(Chunk::Abort { reason: "left" }, Cursor::End)),
            Cursor::Announcement => {
                let frame = ServerFrame::Start { request_id: self.request.as_str() };
                Some(self.plain(&frame, Cursor::Start))
            }
            Cursor::Start => {
                let message_id = reply.message_id.as_str();
                Some(self.chunk(Chunk::Start { message_id }, Cursor::Entry(self.first_entry)))
            }
            Cursor::Entry(number) => {
                let number = next_shown(reply, number);
                Some(match reply.entries.get(number) {
                    None => self.ending(reply),
                    Some(Entry::Text { .. }) => self.part_start(PartKind::Text, number),
                    Some(Entry::Reasoning { .. }) => self.part_start(PartKind::Reasoning, number),
                    Some(atomic) => self.chunk(atomic_chunk(atomic, &reply.entries)?, Cursor::Entry(number + 1)),
                })
            }
            Cursor::Inside { entry, offset } => match reply.entries.get(entry)? {
                Entry::Text { text } => Some(self.part_rest(PartKind::Text, entry, text, offset)),
                Entry::Reasoning { text } => Some(self.part_rest(PartKind::Reasoning, entry, text, offset)),
                _ => None,
            },
        }
    }

    /// Advances the cursor past `outgoing`, which was delivered.
    pub fn sent(&mut self, outgoing: &Outgoing) {
        self.cursor = outgoing.cursor;
        self.sequence = outgoing.sequence;
    }

    // The entry's number is the id of its part.
    fn part_start(&self, kind: PartKind, entry: usize) -> Outgoing {
        self.chunk(Chunk::part_start(kind, &entry.to_string()), Cursor::Inside { entry, offset: 0 })
    }

    // As much of the text after `offset` as fits, or the end of the part if there is none.
    fn part_rest(&self, kind: PartKind, entry: usize, text: &str, offset: usize) -> Outgoing {
        let (rest, id) = (&text[offset..], entry.to_string());
        if rest.is_empty() {
            return self.chunk(Chunk::part_end(kind, &id), Cursor::Entry(entry + 1));
        }
        let delta = match rest.len() <= MAX_UNMEASURED_BYTES {
            true => rest,
            false => {
                let frame_around = self.frame(Chunk::part_delta(kind, &id, "")).len();
                json_prefix(rest, MAX_FRAME_BYTES - frame_around)
            }
        };
        let cursor = Cursor::Inside { entry, offset: offset + delta.len() };
        Outgoing { is_delta: true, ..self.chunk(Chunk::part_delta(kind, &id, delta), cursor) }
    }

    fn ending(&self, reply: &Reply) -> Outgoing {
        match reply.ending {
            // A stock client sends by itself what it takes for answered calls, unless the reply was interrupted.
            Some(Ending::Waiting) if self.is_unchanged => self.finish(FinishReason::Interrupted, reply),
            Some(Ending::Waiting) => self.finish(FinishReason::ToolCalls, reply),
            Some(Ending::Complete(_)) if asks_client(&reply.entries) => self.finish(FinishReason::Interrupted, reply),
            Some(Ending::Complete(reason)) => self.finish(reason, reply),
            Some(Ending::Stopped) if asks_client(&reply.entries) => self.finish(FinishReason::Interrupted, reply),
            Some(Ending::Stopped) => self.chunk(Chunk::Abort { reason: "stopped" }, Cursor::End),
            // An error here would make a client resume for ever what has ended long ago.
            Some(Ending::Interrupted) if self.is_replay => {
                self.chunk(Chunk::Abort { reason: "interrupted" }, Cursor::End)
            }
            Some(Ending::Failed(code)) => {
                let error = ChatError::new(code);
                let error = match &reply.explanation {
                    Some(explanation) => error.with_sentence(explanation),
                    None => error,
                };
                self.failure(error, &reply.message_id)
            }
            Some(Ending::Interrupted) | None => self.failure(ChatError::new(ErrorCode::Interrupted), &reply.message_id),
        }
    }

    fn finish(&self, finish_reason: FinishReason, reply: &Reply) -> Outgoing {
        let message_metadata = &metadata(reply);
        self.chunk(Chunk::Finish { finish_reason, message_metadata }, Cursor::End)
    }

    fn failure(&self, error: ChatError, message: &MessageId) -> Outgoing {
        let error = error.with_detail("messageId", message.as_str());
        self.plain(&ServerFrame::error(Some(self.request.as_str()), &error), Cursor::Done)
    }

    fn chunk(&self, chunk: Chunk<'_>, cursor: Cursor) -> Outgoing {
        Outgoing { frame: self.frame(chunk), is_delta: false, cursor, sequence: self.sequence + 1 }
    }

    fn plain(&self, frame: &ServerFrame<'_>, cursor: Cursor) -> Outgoing {
        Outgoing { frame: frame.encode(), is_delta: false, cursor, sequence: self.sequence }
    }

    fn frame(&self, chunk: Chunk<'_>) -> Bytes {
        let frame = ServerFrame::Chunk { request_id: self.request.as_str(), sequence: self.sequence, chunk };
        frame.encode()
    }
}

// The first entry from this one on that clients are shown. That the model begins a call is not shown any more once the
// call is complete.
fn next_shown(reply: &Reply, from: usize) -> usize {
    let entries = &reply.entries;
    let is_shown = |number: &usize| match &entries[*number] {
        Entry::ProviderData { .. } | Entry::CallStarted { .. } => false,
        Entry::ToolStart { call, .. } => {
            !matches!(entries.get(number + 1), Some(Entry::ToolCall { call: next, .. }) if next == call)
        }
        _ => true,
    };
    (from..entries.len()).find(is_shown).unwrap_or(entries.len().max(from))
}

fn text_of(reply: &Reply, entry: usize) -> &str {
    reply.entries.get(entry).map_or("", Entry::text)
}

fn metadata(reply: &Reply) -> ReplyMetadata {
    ReplyMetadata { model: reply.model.clone(), usage: reply.usage, cost: reply.cost, timings: reply.timings }
}

/// The error for subscribers that are dismissed.
pub fn too_many_subscribers() -> ChatError {
    ChatError::new(ErrorCode::RateLimited)
        .with_sentence("This reply is being followed in too many places at once. It goes on; please load it again.")
        .with_retry_after(Duration::from_secs(2))
}
