//! One subscriber of a reply: what is posted next, when, and with which outcome.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, Sleep, sleep_until};

use super::reply_sink::{PostError, ReplySink};
use super::reply_stream::{Outgoing, ReplyStream, Urgency};
use crate::reply::{Reply, ReplyPosition};
use crate::turn::Subscriber;

/// How long text is batched before it is posted: short enough to read as flowing, long enough to save posts.
const BATCH_INTERVAL: Duration = Duration::from_millis(80);

/// How much longer to wait for the next token, with which the batch is posted. The token wakes the function anyway,
/// while a timer would be one more wake-up; at usual speeds it comes so soon that a reader sees no difference.
const NEXT_TOKEN_WINDOW: Duration = Duration::from_millis(20);

/// The pause after a post that failed, doubled each time up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// What was posted, retries included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Posted {
    /// How many posts were made.
    pub posts: u64,
    /// The bytes of their frames.
    pub bytes: u64,
}

/// Why a listener is removed.
pub(super) enum Departure {
    /// Everything was delivered, or cannot be.
    Served,
    /// The connection is closed.
    Gone,
}

type Post = BoxFuture<'static, Result<(), PostError>>;

/// One subscriber of a reply, served at its own pace.
pub(super) struct Listener {
    /// Who it is.
    pub(super) subscriber: Subscriber,
    /// Whether it was recorded when the record was last read.
    pub(super) is_recorded: bool,
    /// Its position in the reply.
    pub(super) stream: ReplyStream,
    in_flight: Option<(Outgoing, Post)>,
    // A frame that may have been delivered: it must be resent unchanged, since the client keeps the first of two with
    // one sequence number.
    unacknowledged: Option<Outgoing>,
    failures: u32,
    // No post before this.
    retry_at: Instant,
    // No batched text before this.
    batch_due_at: Instant,
    // The end of the reply when it was last looked at.
    last_end: ReplyPosition,
    timer: Pin<Box<Sleep>>,
}

impl Listener {
    /// Creates a listener that has been posted nothing yet.
    pub(super) fn new(subscriber: Subscriber, stream: ReplyStream) -> Self {
        let now = Instant::now();
        Self {
            subscriber,
            is_recorded: false,
            stream,
            in_flight: None,
            unacknowledged: None,
            failures: 0,
            retry_at: now,
            batch_due_at: now,
            last_end: ReplyPosition::default(),
            timer: Box::pin(sleep_until(now)),
        }
    }

    /// Posts what is due, one frame after another, until there is nothing to do or the listener is done.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
        reply: &Reply,
        sink: &Arc<dyn ReplySink>,
        posted: &mut Posted,
    ) -> Poll<Departure> {
        loop {
            if let Some((outgoing, mut post)) = self.in_flight.take() {
                match post.poll_unpin(context) {
                    Poll::Pending => {
                        self.in_flight = Some((outgoing, post));
                        return Poll::Pending;
                    }
                    Poll::Ready(outcome) => {
                        if let Some(departure) = self.posted(outgoing, outcome) {
                            return Poll::Ready(departure);
                        }
                    }
                }
            }
            if self.stream.is_done() {
                return Poll::Ready(Departure::Served);
            }
            let Some(due) = self.due(reply) else {
                return Poll::Pending;
            };
            if Instant::now() < due {
                self.timer.as_mut().reset(due);
                if self.timer.poll_unpin(context).is_pending() {
                    return Poll::Pending;
                }
            }
            let Some(outgoing) = self.unacknowledged.clone().or_else(|| self.stream.next(reply)) else {
                return Poll::Pending;
            };
            if outgoing.is_delta {
                self.batch_due_at = Instant::now() + BATCH_INTERVAL;
            }
            posted.posts += 1;
            posted.bytes += outgoing.frame.len() as u64;
            self.in_flight = Some((outgoing.clone(), self.post(sink, outgoing)));
        }
    }

    // When the next frame may be posted; `None` when there is none.
    fn due(&mut self, reply: &Reply) -> Option<Instant> {
        if self.unacknowledged.is_some() {
            return Some(self.retry_at);
        }
        Some(match self.stream.urgency(reply)? {
            Urgency::Immediate => self.retry_at,
            Urgency::Batchable => {
                let has_grown = std::mem::replace(&mut self.last_end, reply.end()) != self.last_end;
                let takes_along = has_grown && self.batch_due_at <= Instant::now();
                if takes_along { self.retry_at } else { self.retry_at.max(self.batch_due_at + NEXT_TOKEN_WINDOW) }
            }
        })
    }

    fn post(&self, sink: &Arc<dyn ReplySink>, outgoing: Outgoing) -> Post {
        let sink = Arc::clone(sink);
        let connection = self.subscriber.connection.clone();
        async move { sink.post(&connection, outgoing.frame).await }.boxed()
    }

    fn posted(&mut self, outgoing: Outgoing, outcome: Result<(), PostError>) -> Option<Departure> {
        match outcome {
            Ok(()) => {
                self.stream.sent(&outgoing);
                self.unacknowledged = None;
                self.failures = 0;
                return None;
            }
            Err(PostError::Gone) => return Some(Departure::Gone),
            Err(PostError::Refused(cause)) => {
                tracing::error!(connection = %self.subscriber.connection, cause, "the gateway rejected a frame");
                return Some(Departure::Served);
            }
            // Not delivered: the retry may carry more text, unless an earlier attempt may have been delivered.
            Err(PostError::Busy) => {}
            Err(PostError::Unknown(cause)) => {
                tracing::warn!(connection = %self.subscriber.connection, cause, "the outcome of a post is unknown");
                self.unacknowledged = Some(outgoing);
            }
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(MAX_PAUSE);
        self.failures += 1;
        self.retry_at = Instant::now() + pause;
        None
    }
}
