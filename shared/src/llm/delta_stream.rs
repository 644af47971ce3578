//! The deltas of a reply, and beside them how its first one was come by.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, Stream, StreamExt};

use super::{Delta, ModelError};

/// The deltas of a reply, as the model streams them. Nothing happens until it is polled; dropping it cancels the call.
///
/// What stands beside them is known when the first of them is, or the error in its place.
pub struct DeltaStream {
    source: Source,
    // The first delta, if a caller has looked at it and put it back.
    first: Option<Result<Delta, ModelError>>,
    selected_model: Option<String>,
    retries: u32,
}

enum Source {
    Opening(BoxFuture<'static, DeltaStream>),
    Open(BoxStream<'static, Result<Delta, ModelError>>),
}

impl DeltaStream {
    /// These deltas, of the model that was called, without a retry.
    pub fn new(deltas: impl Stream<Item = Result<Delta, ModelError>> + Send + 'static) -> Self {
        Self::from(Source::Open(deltas.boxed()))
    }

    /// The stream that `opening` decides on.
    pub(super) fn opening(opening: impl Future<Output = DeltaStream> + Send + 'static) -> Self {
        Self::from(Source::Opening(opening.boxed()))
    }

    fn from(source: Source) -> Self {
        Self { source, first: None, selected_model: None, retries: 0 }
    }

    /// The same stream before its first delta was taken.
    pub(super) fn beginning_with(self, first: Option<Result<Delta, ModelError>>) -> Self {
        Self { first, ..self }
    }

    /// The same deltas, of this fallback model if there is one.
    pub fn of_model(self, selected_model: Option<String>) -> Self {
        Self { selected_model, ..self }
    }

    /// The same deltas, after so many retries.
    pub fn after_retries(self, retries: u32) -> Self {
        Self { retries, ..self }
    }

    /// The fallback model that writes the reply; `None` if it is the one that was called.
    pub fn selected_model(&self) -> Option<&str> {
        self.selected_model.as_deref()
    }

    /// How often the model was retried.
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// Cancels the call: nothing more is streamed.
    pub fn cancel(&mut self) {
        self.first = None;
        self.source = Source::Open(stream::empty().boxed());
    }
}

impl Stream for DeltaStream {
    type Item = Result<Delta, ModelError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(first) = self.first.take() {
                return Poll::Ready(Some(first));
            }
            match &mut self.source {
                Source::Open(deltas) => return deltas.poll_next_unpin(context),
                // From then on it is that stream itself, and a delta passes through no layer more.
                Source::Opening(opening) => *self = ready!(opening.poll_unpin(context)),
            }
        }
    }
}
