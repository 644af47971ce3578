//! All who follow a reply, each at their own pace.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Instant;

use super::listener::{Departure, Listener, Posted};
use super::reply_sink::ReplySink;
use super::reply_stream::ReplyStream;
use crate::conversation::ConnectionId;
use crate::reply::Reply;
use crate::turn::Subscriber;

/// The most who follow one reply at once, and the most requests of one connection among them. The newest do; the others are told.
const MAX_FOLLOWERS: usize = 32;
const MAX_FOLLOWERS_PER_CONNECTION: usize = 4;

/// All who follow a reply. A connection never has more than one post under way for each of its requests.
pub struct Audience {
    sink: Arc<dyn ReplySink>,
    // In the order in which they came.
    listeners: Vec<Listener>,
    // Who is recorded as following the turn, in the order in which they came: also those who have left, so that nobody of them is
    // counted in again.
    known: Vec<Subscriber>,
    // Who is to be removed.
    dismissed: Vec<Subscriber>,
    gone: Vec<ConnectionId>,
    posted: Posted,
}

impl Audience {
    /// Nobody yet. Frames go out through `sink`.
    pub fn new(sink: Arc<dyn ReplySink>) -> Self {
        Self {
            sink,
            listeners: Vec::new(),
            known: Vec::new(),
            dismissed: Vec::new(),
            gone: Vec::new(),
            posted: Posted::default(),
        }
    }

    /// Adds the one whose request started the turn.
    pub fn begin(&mut self, subscriber: Subscriber) {
        let stream = ReplyStream::new(subscriber.request.clone());
        self.add(subscriber, stream);
    }

    /// Adds one who joins later and is shown the reply from its beginning. Who has joined before is skipped.
    pub fn join(&mut self, subscriber: Subscriber) {
        let stream = ReplyStream::resumed(subscriber.request.clone());
        self.add(subscriber, stream);
    }

    /// Never feeds these: they follow somebody else, who is gone, and are told so.
    pub fn ignore(&mut self, subscribers: impl IntoIterator<Item = Subscriber>) {
        self.known.extend(subscribers);
        self.limit();
    }

    /// Brings those who follow in line with who is recorded, as the last save found it: who is new there joins, and who was
    /// taken off is fed no more and forgotten.
    pub fn sync(&mut self, recorded: &[Subscriber]) {
        self.dismissed.retain(|subscriber| recorded.contains(subscriber));
        self.known.retain(|subscriber| recorded.contains(subscriber));
        for subscriber in recorded {
            if !self.dismissed.contains(subscriber) && !self.known.contains(subscriber) {
                self.join(subscriber.clone());
            }
        }
        for listener in &mut self.listeners {
            let is_recorded = recorded.contains(&listener.subscriber);
            if listener.is_recorded && !is_recorded {
                listener.stream.leave();
            }
            listener.is_recorded = is_recorded;
        }
    }

    /// Those who are recorded, are fed no more and have been told so: the next save is to take them off. Until they are told they
    /// stay recorded, where others find them if this function dies.
    pub fn dismissed(&self) -> Vec<Subscriber> {
        let has_been_notified =
            |subscriber: &&Subscriber| self.listeners.iter().all(|other| other.subscriber != **subscriber);
        self.dismissed.iter().filter(has_been_notified).cloned().collect()
    }

    /// Adds one who is shown a reply that had ended before.
    pub fn replay(&mut self, subscriber: Subscriber) {
        let stream = ReplyStream::replay(subscriber.request.clone());
        self.add(subscriber, stream);
    }

    /// Adds one whose message was sent before and had its reply.
    pub fn repeat(&mut self, subscriber: Subscriber) {
        let stream = ReplyStream::repeated(subscriber.request.clone());
        self.add(subscriber, stream);
    }

    fn add(&mut self, subscriber: Subscriber, stream: ReplyStream) {
        if !self.known.contains(&subscriber) {
            self.known.push(subscriber.clone());
            self.listeners.push(Listener::new(subscriber, stream));
            self.limit();
        }
    }

    // Dismisses the oldest, as long as there are too many: of a connection, of all, and recorded.
    fn limit(&mut self) {
        if let Some(newest) = self.listeners.last().map(|newest| newest.subscriber.connection.clone()) {
            let of_connection = |listener: &&mut Listener| listener.subscriber.connection == newest;
            self.dismiss_oldest(MAX_FOLLOWERS_PER_CONNECTION, of_connection);
        }
        self.dismiss_oldest(MAX_FOLLOWERS, |_| true);
        let listens = |known: &Subscriber| self.listeners.iter().any(|listener| listener.subscriber == *known);
        while self.known.len() > MAX_FOLLOWERS
            && let Some(left) = self.known.iter().position(|known| !listens(known))
        {
            self.dismissed.push(self.known.remove(left));
        }
    }

    fn dismiss_oldest(&mut self, most: usize, which: impl Fn(&&mut Listener) -> bool) {
        let active = |listener: &&mut Listener| !listener.stream.is_dismissed();
        let count = self.listeners.iter_mut().filter(active).filter(&which).count();
        let oldest = self.listeners.iter_mut().filter(active).filter(&which).take(count.saturating_sub(most));
        for listener in oldest {
            listener.stream.dismiss();
            self.known.retain(|known| *known != listener.subscriber);
            self.dismissed.push(listener.subscriber.clone());
        }
    }

    /// Posts what there is to post, for as long as it is polled and not behind `until`. Dropping it loses nothing: posts under way
    /// are kept.
    pub async fn follow(&mut self, reply: &Reply, until: Instant) -> Infallible {
        poll_fn(|context| {
            if Instant::now() < until {
                self.poll(context, reply);
            }
            Poll::Pending
        })
        .await
    }

    /// Posts all that is left of an ended reply.
    pub async fn finish(&mut self, reply: &Reply) {
        poll_fn(|context| {
            self.poll(context, reply);
            match self.listeners.is_empty() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    /// Everyone who joined has been given everything.
    pub fn is_served(&self) -> bool {
        self.listeners.is_empty() && self.gone.is_empty()
    }

    /// The connections that turned out to be closed.
    pub fn gone(&self) -> &[ConnectionId] {
        &self.gone
    }

    /// What was posted to all of them.
    pub fn posted(&self) -> Posted {
        self.posted
    }

    fn poll(&mut self, context: &mut Context<'_>, reply: &Reply) {
        let Self { sink, listeners, gone, posted, .. } = self;
        listeners.retain_mut(|listener| match listener.poll(context, reply, sink, posted) {
            Poll::Pending => true,
            Poll::Ready(Departure::Served) => false,
            Poll::Ready(Departure::Gone) => {
                gone.push(listener.subscriber.connection.clone());
                false
            }
        });
    }
}
