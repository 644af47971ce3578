//! Work after the response: a layer of the Lambda runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use lambda_runtime::LambdaInvocation;
use tower::{Layer, Service};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is to be done once the response has been sent. An environment handles one invocation at a time.
static DEFERRED: Mutex<Option<Work>> = Mutex::new(None);

/// Leaves `work` to be done after the response and before the next invocation is asked for.
pub fn defer(work: impl Future<Output = ()> + Send + 'static) {
    *DEFERRED.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::pin(work));
}

/// The layer that does it.
pub struct AfterResponse;

/// The runtime with [`AfterResponse`] around it.
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
    S::Future: 'static,
{
    type Response = ();
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), S::Error>>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let responded = self.0.call(invocation);
        Box::pin(async move {
            responded.await?;
            let work = DEFERRED.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(work) = work {
                work.await;
            }
            Ok(())
        })
    }
}
