//! The context of one invocation: its trace, and the work that is deferred until after its response.
//!
//! A Lambda function keeps running until its runtime polls for the next invocation. So a handler answers the gateway at
//! once and defers the long part of its work to this layer, which does it between the response and the next poll. That
//! frees a turn from the gateway's limit of 29 s without a second function or a queue. The function's own timeout still
//! holds.
//!
//! An environment may handle several invocations at once (`AWS_LAMBDA_MAX_CONCURRENCY`). Then the runtime has as many
//! pollers, and a poller finishes its invocation's work before it polls again, although the platform would let it: the
//! platform takes a poller to be free, and would send more turns than the process was made for, or shut it down as idle
//! in the middle of them.

use std::cell::RefCell;
use std::future::Future;
use std::panic::resume_unwind;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_runtime::LambdaInvocation;
use tower::{Layer, Service};
use tracing::{Instrument, Span};

tokio::task_local! {
    static CURRENT: Invocation;
}

/// The context of an invocation, separate from those that run beside it.
struct Invocation {
    trace: Option<String>,
    deferred: RefCell<Vec<BoxFuture<'static, ()>>>,
}

/// The X-Ray trace of the current invocation. `None` outside of one.
///
/// The runtime sets it in the environment only if one invocation is handled at a time.
pub fn current_trace() -> Option<String> {
    CURRENT.try_with(|invocation| invocation.trace.clone()).ok().flatten()
}

/// Defers `work` until after the response of the current invocation. It logs in the current span.
///
/// Outside an invocation that [`PerInvocation`] wraps, the work is dropped, and an error is logged.
pub fn defer(work: impl Future<Output = ()> + Send + 'static) {
    let work = work.instrument(Span::current()).boxed();
    let deferred = CURRENT.try_with(|invocation| invocation.deferred.borrow_mut().push(work));
    if deferred.is_err() {
        tracing::error!("background work was queued but will not run: the runtime lacks its layer");
    }
}

/// The layer: `Runtime::new(…).layer(PerInvocation)`. It must be outermost, except for tracing.
#[derive(Debug, Clone, Copy)]
pub struct PerInvocation;

impl<S> Layer<S> for PerInvocation {
    type Service = PerInvocationService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        PerInvocationService { inner }
    }
}

/// See [`PerInvocation`].
#[derive(Debug, Clone)]
pub struct PerInvocationService<S> {
    inner: S,
}

impl<S> Service<LambdaInvocation> for PerInvocationService<S>
where
    S: Service<LambdaInvocation, Response = ()>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = ();
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<(), S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let current = Invocation { trace: invocation.context.xray_trace_id.clone(), deferred: RefCell::default() };
        // The inner service's future ends when the response has been sent.
        let respond = self.inner.call(invocation).in_current_span();
        let handle = async move {
            let responded = respond.await;
            loop {
                let work = CURRENT.with(|invocation| std::mem::take(&mut *invocation.deferred.borrow_mut()));
                if work.is_empty() {
                    return responded;
                }
                futures::future::join_all(work).await;
            }
        };
        // As a task: a wake-up of the runtime's own future would poll the I/O driver and everything around this once
        // more, and a turn is woken by every token.
        let handled = tokio::spawn(CURRENT.scope(current, handle));
        handled.map(|ended| ended.unwrap_or_else(|error| resume_unwind(error.into_panic()))).boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::{Arc, Mutex};

    use lambda_runtime::Context;
    use tokio::sync::Barrier;

    use super::*;

    fn invocation(trace: &str) -> LambdaInvocation {
        let (parts, ()) = http::Response::new(()).into_parts();
        let mut context = Context::default();
        context.xray_trace_id = Some(trace.to_owned());
        LambdaInvocation { parts, body: bytes::Bytes::new(), context }
    }

    #[tokio::test]
    async fn invocations_side_by_side_keep_their_own_trace_and_their_own_work() {
        let done = Arc::new(Mutex::new(Vec::new()));
        let both = Arc::new(Barrier::new(2));
        let handler = tower::service_fn({
            let (done, both) = (Arc::clone(&done), Arc::clone(&both));
            move |_: LambdaInvocation| {
                let (done, both) = (Arc::clone(&done), Arc::clone(&both));
                async move {
                    let before = current_trace();
                    both.wait().await;
                    defer(async move {
                        both.wait().await;
                        done.lock().unwrap().push((before, current_trace()));
                    });
                    Ok::<_, Infallible>(())
                }
            }
        });
        let service = PerInvocation.layer(handler);
        let one = |trace| service.clone().call(invocation(trace));
        let (first, second) = tokio::join!(one("first"), one("second"));
        assert_eq!((first, second), (Ok(()), Ok(())));
        let mut done = done.lock().unwrap().clone();
        done.sort();
        let of = |trace: &str| (Some(trace.to_owned()), Some(trace.to_owned()));
        assert_eq!(done, [of("first"), of("second")]);
        assert_eq!(current_trace(), None);
    }
}
