//! Work after the response: a layer of the Lambda runtime.
//!
//! A Lambda function stays running until its runtime polls for the next invocation. So a handler answers the gateway at
//! once and leaves the long part of its work to this layer, which does it between the response and the next poll. That
//! frees a turn from the gateway's limit of 29 s without a second function or a queue. The function's own timeout still
//! holds, and one environment still does one thing at a time.

use std::cell::RefCell;
use std::future::Future;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_runtime::LambdaInvocation;
use tower::{Layer, Service};
use tracing::{Instrument, Span};

tokio::task_local! {
    static DEFERRED: RefCell<Vec<BoxFuture<'static, ()>>>;
}

/// Leaves `work` to be done after the response of the invocation that is being handled. What it logs is in the span in which
/// it was left.
///
/// Outside an invocation that [`AfterResponse`] wraps, the work is dropped, and an error is logged.
pub fn defer(work: impl Future<Output = ()> + Send + 'static) {
    let deferred = DEFERRED.try_with(|deferred| deferred.borrow_mut().push(work.instrument(Span::current()).boxed()));
    if deferred.is_err() {
        tracing::error!("work was left for after the response, but nothing will do it: the runtime lacks its layer");
    }
}

/// The layer: `Runtime::new(…).layer(AfterResponse)`. It must be outside of all but the tracing.
#[derive(Debug, Clone, Copy)]
pub struct AfterResponse;

impl<S> Layer<S> for AfterResponse {
    type Service = AfterResponseService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AfterResponseService { inner }
    }
}

/// See [`AfterResponse`].
#[derive(Debug, Clone)]
pub struct AfterResponseService<S> {
    inner: S,
}

impl<S> Service<LambdaInvocation> for AfterResponseService<S>
where
    S: Service<LambdaInvocation, Response = ()>,
    S::Future: Send + 'static,
    S::Error: Send,
{
    type Response = ();
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<(), S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        // The inner service's future ends when the response has been sent.
        let respond = self.inner.call(invocation);
        DEFERRED
            .scope(RefCell::default(), async move {
                let responded = respond.await;
                loop {
                    let work = DEFERRED.with(|deferred| std::mem::take(&mut *deferred.borrow_mut()));
                    if work.is_empty() {
                        return responded;
                    }
                    futures::future::join_all(work).await;
                }
            })
            .boxed()
    }
}
