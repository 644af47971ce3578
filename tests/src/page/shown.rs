//! What a person asks, and what the page shows of the answer.

use serde_json::Value;

/// What a person asks, and what happens meanwhile.
#[derive(Debug, Clone)]
pub struct Question {
    /// The conversation.
    pub conversation: String,
    /// The message's id, which the client makes.
    pub message: String,
    /// What is asked.
    pub text: String,
    /// What happens beside it.
    pub event: Option<Event>,
}

/// What a person or a network does in the middle of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The socket is lost after so many chunks.
    SocketLost(usize),
    /// The person presses stop after so many chunks.
    Stop(usize),
    /// The person presses stop right behind the message.
    StopAtOnce,
    /// The frame is sent twice.
    SentTwice {
        /// Under the same request id, as a network would do it, and not under a new one.
        same_request: bool,
    },
}

/// What the page shows in the end.
#[derive(Debug, Default)]
pub struct Shown {
    /// The text of the reply.
    pub text: String,
    /// The reply's id; empty if none ever began.
    pub message_id: String,
    /// How the page was told of the end; `None` if it never was.
    pub end: Option<End>,
    /// Whether any part of any reply to this message was seen.
    pub acknowledged: bool,
}

impl Shown {
    /// Puts a chunk where it belongs, and tells if it is the last one.
    pub(super) fn take(&mut self, chunk: &Value) -> Option<End> {
        match chunk["type"].as_str().unwrap_or_default() {
            "start" => {
                self.message_id = chunk["messageId"].as_str().unwrap_or_default().to_owned();
                self.text.clear();
            }
            "text-delta" => self.text.push_str(chunk["delta"].as_str().unwrap_or_default()),
            "finish" => return Some(End::Finished),
            "abort" => return Some(End::Aborted(chunk["reason"].as_str().unwrap_or_default().to_owned())),
            _ => {}
        }
        None
    }
}

/// How a page was told of the end of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// `finish`.
    Finished,
    /// `abort`, with its reason.
    Aborted(String),
    /// `error`, with its code.
    Failed(String),
}
