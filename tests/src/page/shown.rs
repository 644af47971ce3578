//! What a user asks, and what the page shows of the answer.

use serde_json::Value;

/// A question of a user, and what happens meanwhile.
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

/// What a user or a network does in the middle of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The socket is lost after this many chunks.
    SocketLost(usize),
    /// The user presses stop after this many chunks.
    Stop(usize),
    /// The user presses stop right after the message.
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
    /// The end that was delivered to the page, if any.
    pub end: Option<End>,
    /// Whether any part of any reply to this message was seen.
    pub acknowledged: bool,
    /// A short log of what arrived, to explain a page to which no end was delivered.
    pub heard: Vec<String>,
}

impl Shown {
    /// Notes a frame, and of chunks that follow one another the last.
    pub(super) fn heard(&mut self, frame: &Value, resumes: bool) {
        let asked = if resumes { "resume" } else { "send" };
        let of = |name: &str| frame[name].as_str().unwrap_or_default();
        match of("type") {
            "chunk" => {
                let text = format!("{asked}: chunk {}", frame["chunk"]["type"].as_str().unwrap_or_default());
                if self.heard.last().is_none_or(|last| !last.ends_with(&text)) {
                    self.note(&text);
                }
            }
            kind => self.note(&format!("{asked}: {kind} {}", of("code"))),
        }
    }

    /// Notes what happened, with the time.
    pub(super) fn note(&mut self, text: &str) {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        self.heard.push(format!("{:.1} {text}", (since.as_millis() % 10_000_000) as f64 / 1000.0));
    }

    /// Applies a chunk, and returns whether it is the last one.
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

/// How the end of a reply was delivered to a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// `finish`.
    Finished,
    /// `abort`, with its reason.
    Aborted(String),
    /// `error`, with its code.
    Failed(String),
}
