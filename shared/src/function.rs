//! What the `main` of every function does: logging first, then what the function is built of, then events until the process ends.

use std::future::Future;

use lambda_http::{Adapter, Body, Request, Response};
use lambda_runtime::layers::TracingLayer;
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::Service;

use crate::environment::ConfigError;
use crate::invocation::PerInvocation;
use crate::logging;

/// Runs a function whose events are of the type `Event`.
///
/// # Errors
/// The configuration's, or the runtime's.
pub async fn run<App, Event, Answer, Handled>(
    app: impl Future<Output = Result<App, ConfigError>>,
    handle: impl Fn(&'static App, LambdaEvent<Event>) -> Handled + Clone + Send + 'static,
) -> Result<(), Error>
where
    App: Sync + 'static,
    Event: DeserializeOwned + Send + 'static,
    Answer: Serialize + Send + 'static,
    Handled: Future<Output = Result<Answer, Error>> + Send + 'static,
{
    let app = start(app).await?;
    poll(service_fn(move |event| handle(app, event))).await
}

/// Runs a function behind the WebSocket API, whose events are HTTP requests to `lambda_http`.
///
/// # Errors
/// The configuration's, or the runtime's.
pub async fn run_http<App, Handled>(
    app: impl Future<Output = Result<App, ConfigError>>,
    handle: impl Fn(&'static App, Request) -> Handled + Clone + Send + 'static,
) -> Result<(), Error>
where
    App: Sync + 'static,
    Handled: Future<Output = Result<Response<Body>, Error>> + Send + 'static,
{
    let app = start(app).await?;
    poll(Adapter::from(service_fn(move |request| handle(app, request)))).await
}

// The app lives as long as the process, since deferred work refers to it.
async fn start<App: 'static>(app: impl Future<Output = Result<App, ConfigError>>) -> Result<&'static App, Error> {
    logging::init();
    Ok(Box::leak(Box::new(app.await?)))
}

async fn poll<Handler, Event, Answer>(handler: Handler) -> Result<(), Error>
where
    Handler: Service<LambdaEvent<Event>, Response = Answer, Error = Error> + Clone + Send + 'static,
    Handler::Future: Send + 'static,
    Event: DeserializeOwned + Send + 'static,
    Answer: Serialize + Send + 'static,
{
    Runtime::new(handler).layer(PerInvocation).layer(TracingLayer::new()).run_concurrent().await
}
