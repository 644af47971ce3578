//! The subscribers of a reply, each served at its own pace.

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

/// The most subscribers that one reply is streamed to at once, and the most requests of one connection among them. The
/// newest stay; older ones are dismissed with an error.
const MAX_SERVED: usize = 32;
const MAX_SERVED_PER_CONNECTION: usize = 4;

/// The subscribers of a reply. A connection never has more than one post in flight for each of its requests.
pub struct Audience {
    sink: Arc<dyn ReplySink>,
    // In the order in which they joined.
    listeners: Vec<Listener>,
    // The recorded subscribers of the turn, in the order in which they joined, including those that have been served,
    // so that none is added twice.
    known: Vec<Subscriber>,
    // Subscribers to be removed from the record.
    dismissed: Vec<Subscriber>,
    // Some are never served.
    ignores_some: bool,
    gone: Vec<ConnectionId>,
    posted: Posted,
}

impl Audience {
    /// Creates an empty audience. Frames go out through `sink`.
    pub fn new(sink: Arc<dyn ReplySink>) -> Self {
        Self {
            sink,
            listeners: Vec::new(),
            known: Vec::new(),
            dismissed: Vec::new(),
            ignores_some: false,
            gone: Vec::new(),
            posted: Posted::default(),
        }
    }

    /// Adds the subscriber whose request started the turn.
    pub fn begin(&mut self, subscriber: Subscriber) {
        let stream = ReplyStream::new(subscriber.request.clone());
        self.add(subscriber, stream);
    }

    /// Adds a subscriber that joins later and gets the reply from its beginning. Does nothing if it has joined before.
    pub fn join(&mut self, subscriber: Subscriber) {
        let stream = ReplyStream::resumed(subscriber.request.clone());
        self.add(subscriber, stream);
    }

    /// Never serves these: they subscribed to a dead owner, and are notified of that.
    pub fn ignore(&mut self, subscribers: impl IntoIterator<Item = Subscriber>) {
        let known = self.known.len();
        self.known.extend(subscribers);
        self.ignores_some |= self.known.len() > known;
        self.limit();
    }

    /// Synchronises the audience with the recorded subscribers that the last save returned: adds new ones, and stops
    /// serving those that were removed.
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

    /// The recorded subscribers that are no longer served and have been notified: the next save removes them. Until
    /// then they stay recorded, where another owner finds them if this function dies.
    pub fn dismissed(&self) -> Vec<Subscriber> {
        let has_been_notified =
            |subscriber: &&Subscriber| self.listeners.iter().all(|other| other.subscriber != **subscriber);
        self.dismissed.iter().filter(has_been_notified).cloned().collect()
    }

    /// Adds a subscriber of a reply that had ended before.
    pub fn replay(&mut self, subscriber: Subscriber) {
        let stream = ReplyStream::replay(subscriber.request.clone());
        self.add(subscriber, stream);
    }

    /// Adds a subscriber whose message was sent before and had its reply.
    pub fn repeat(&mut self, subscriber: Subscriber) {
        self.repeat_from(subscriber, 0);
    }

    /// The same without the entries before this one, which the client has.
    pub fn repeat_from(&mut self, subscriber: Subscriber, first_entry: usize) {
        let stream = ReplyStream::repeated(subscriber.request.clone(), first_entry);
        self.add(subscriber, stream);
    }

    /// The same for a client whose answers were none.
    pub fn repeat_unchanged(&mut self, subscriber: Subscriber, first_entry: usize) {
        let stream = ReplyStream::unchanged(subscriber.request.clone(), first_entry);
        self.add(subscriber, stream);
    }

    /// Adds the subscriber whose request let a waiting turn go on, and who has the entries before this one.
    pub fn go_on(&mut self, subscriber: Subscriber, first_entry: usize) {
        let stream = ReplyStream::continued(subscriber.request.clone(), first_entry);
        self.add(subscriber, stream);
    }

    fn add(&mut self, subscriber: Subscriber, stream: ReplyStream) {
        if !self.known.contains(&subscriber) {
            self.known.push(subscriber.clone());
            self.listeners.push(Listener::new(subscriber, stream));
            self.limit();
        }
    }

    // Dismisses the oldest while there are too many: of one connection, in all, and recorded.
    fn limit(&mut self) {
        if let Some(newest) = self.listeners.last().map(|newest| newest.subscriber.connection.clone()) {
            let of_connection = |listener: &&mut Listener| listener.subscriber.connection == newest;
            self.dismiss_oldest(MAX_SERVED_PER_CONNECTION, of_connection);
        }
        self.dismiss_oldest(MAX_SERVED, |_| true);
        let listens = |known: &Subscriber| self.listeners.iter().any(|listener| listener.subscriber == *known);
        while self.known.len() > MAX_SERVED
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

    /// Posts frames for as long as it is polled, until `until`. Cancel-safe: posts in flight are kept.
    pub async fn serve(&mut self, reply: &Reply, until: Instant) -> Infallible {
        poll_fn(|context| {
            if Instant::now() < until {
                self.poll(context, reply);
            }
            Poll::Pending
        })
        .await
    }

    /// Posts the rest of a reply that has ended.
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

    /// Whether every subscriber has received everything.
    pub fn is_served(&self) -> bool {
        self.listeners.is_empty() && self.gone.is_empty() && !self.ignores_some
    }

    /// The connections that turned out to be closed.
    pub fn gone(&self) -> &[ConnectionId] {
        &self.gone
    }

    /// What was posted to all subscribers.
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
