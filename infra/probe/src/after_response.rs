//! Work after the response: a layer of the Lambda runtime.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use lambda_runtime::LambdaInvocation;
use tower::{Layer, Service};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

tokio::task_local! {
    /// The work to do after the response of this invocation has been sent.
    static DEFERRED: Cell<Option<Work>>;
}

/// Defers `work` until after the response and before the next invocation is requested.
pub fn defer(work: impl Future<Output = ()> + Send + 'static) {
    DEFERRED.with(|deferred| deferred.set(Some(Box::pin(work))));
}

/// The layer that runs it.
pub struct AfterResponse;

/// The runtime with [`AfterResponse`] around it.
#[derive(Clone)]
pub struct WithWork<S>(S);

impl<S> Layer<S> for AfterResponse {
    type Service = WithWork<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithWork(inner)
    }
}

impl<S> Service<LambdaInvocation> for WithWork<S>
where
    S: Service<LambdaInvocation, Response = ()>,
    S::Future: Send + 'static,
    S::Error: Send,
{
    type Response = ();
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let responded = self.0.call(invocation);
        Box::pin(DEFERRED.scope(Cell::default(), async move {
            responded.await?;
            if let Some(work) = DEFERRED.with(Cell::take) {
                work.await;
            }
            Ok(())
        }))
    }
}
