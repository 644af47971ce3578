//! Handles a client's frame: answers the gateway at once, and writes the reply after that.

use std::time::{Duration, SystemTime};

use lambda_http::{Body, Request, RequestExt, Response};
use lambda_runtime::Error;
use lambda_runtime::tracing::{self, Instrument};
use natter::app::ChatApp;
use natter::caller::Caller;
use natter::conversation::Timestamp;
use natter::error::{ChatError, ErrorCode};
use natter::function;
use natter::invocation::defer;
use natter::logging::METRIC;
use natter::protocol::{ClientFrame, OperationFrame, ServerFrame};
use natter::services::Resumed;

/// The longest a function can run. Used as the time left if the runtime reports nonsense.
const MAX_RUN_TIME: Duration = Duration::from_secs(15 * 60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    function::run_http(ChatApp::from_environment(), message).await
}

// The gateway always gets a success: its own error frames would break the client's protocol.
async fn message(app: &ChatApp, request: Request) -> Result<Response<Body>, Error> {
    let Some(caller) = Caller::from_request(&request) else {
        tracing::error!("the event names no principal: is the route behind the authorizer?");
        return Ok(Response::new(Body::Empty));
    };
    if app.flood_guard.knows(&caller.connection) {
        // It was sent before the connection was closed, or closing failed.
        app.chat.notifier.close(&caller.connection).await;
        return Ok(Response::new(Body::Empty));
    }
    // Concurrently, so that no frame waits to be counted.
    let (_, is_flooding) = tokio::join!(take(app, &caller, &request), app.flood_guard.count(&caller));
    if is_flooding {
        send_error(app, &caller, None, ChatError::new(ErrorCode::RateLimited)).await;
        app.chat.notifier.close(&caller.connection).await;
    }
    Ok(Response::new(Body::Empty))
}

async fn take(app: &ChatApp, caller: &Caller, request: &Request) {
    let time_left = time_left(request.lambda_context().deadline());
    match ClientFrame::decode(std::str::from_utf8(request.body()).unwrap_or_default()) {
        Err(invalid) => send_error(app, caller, invalid.request_id.as_deref(), invalid.error).await,
        Ok(frame) => {
            let request = frame.request_id().clone();
            // An error span, so that every line has the ids, whatever the log level.
            let span = tracing::error_span!(
                "frame",
                connection = %caller.connection,
                request = %request,
                conversation = frame.conversation_id().map(tracing::field::display),
            );
            let acting = async {
                if let Err(error) = act(app, caller, frame, time_left).await {
                    send_error(app, caller, Some(request.as_str()), error).await;
                }
            };
            acting.instrument(span).await;
        }
    }
}

async fn act(app: &ChatApp, caller: &Caller, frame: ClientFrame, time_left: Duration) -> Result<(), ChatError> {
    if caller.token_has_ended(Timestamp::now()) {
        return Err(ChatError::new(ErrorCode::Unauthorized));
    }
    match frame {
        ClientFrame::TextPart(part) => app.texts.keep(caller, part).await?,
        ClientFrame::Send(send) => {
            let Some((send, leftover)) = app.texts.complete(caller, send).await? else { return Ok(()) };
            // A client whose request is rejected sends the parts again, with another request.
            if let Some(leftover) = leftover {
                defer(leftover.remove());
            }
            if let Some(turn) = app.chat.begin(caller, send).await? {
                defer(turn.run(time_left));
            }
        }
        ClientFrame::Answer(answer) => {
            if let Some(turn) = app.chat.answer(caller, &answer).await? {
                defer(turn.run(time_left));
            }
        }
        ClientFrame::Resume(resume) => match app.chat.resume(caller, &resume).await? {
            Resumed::Subscribed => {}
            Resumed::Here(turn) => defer(turn.run(time_left)),
            Resumed::Nothing => {
                let request_id = resume.request_id.as_str();
                post(app, caller, ServerFrame::NoActive { request_id }).await;
            }
        },
        ClientFrame::Abort { request_id } => app.chat.stop(caller, &request_id).await?,
        ClientFrame::Operation(OperationFrame { request_id, operation }) => {
            let performed = app.conversations.perform(caller, &operation, time_left).await?;
            let request_id = request_id.as_str();
            post(app, caller, ServerFrame::Result { request_id, data: &performed.result }).await;
            defer(performed.afterwards);
        }
        ClientFrame::Ping { request_id } => {
            let request_id = request_id.as_str();
            post(app, caller, ServerFrame::Pong { request_id }).await;
        }
    }
    Ok(())
}

async fn send_error(app: &ChatApp, caller: &Caller, request: Option<&str>, error: ChatError) {
    tracing::info!(
        target: METRIC,
        RefusedRequests = 1,
        Code = %error.code,
        connection = %caller.connection,
        %error,
        "request rejected"
    );
    post(app, caller, ServerFrame::error(request, &error)).await;
    // Clients get another token when they reconnect. A turn that was followed on this connection goes on.
    if error.code == ErrorCode::Unauthorized {
        app.chat.notifier.close(&caller.connection).await;
    }
}

async fn post(app: &ChatApp, caller: &Caller, frame: ServerFrame<'_>) {
    app.chat.notifier.send(&caller.user, &caller.connection, frame.encode()).await;
}

fn time_left(deadline: SystemTime) -> Duration {
    let left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
    match left {
        Duration::ZERO => MAX_RUN_TIME,
        left => left.min(MAX_RUN_TIME),
    }
}
