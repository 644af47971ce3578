//! The messages of one session over HTTP: rmcp has no HTTP of its own here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use futures::StreamExt;
use futures::stream::{BoxStream, once};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, ErrorData, RequestId, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::Sse;

use super::endpoint::{Endpoint, Headers};
use super::failure::HttpFailure;
use super::messages::{self, Kind};
use crate::http_clients::GuardedHttp;
use crate::secret::Secret;
use crate::tools::mcp_server::McpServer;

type Failed = StreamableHttpError<HttpFailure>;

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
/// How often the stream on which a server tells what has changed is opened in one session. Some servers close it at once.
const MAX_STREAMS: u32 = 5;
/// How often any stream is opened in one session. An answer may come in many, if the server wants it.
const MAX_RESUMED_STREAMS: u32 = 2000;

/// A server, as one session reaches it.
#[derive(Clone)]
pub(super) struct Connection {
    endpoint: Endpoint,
    // Set when nobody would tell any more that the tools have changed.
    tools_changed: Arc<AtomicBool>,
    streams: Arc<AtomicU32>,
}

impl Connection {
    pub(super) fn new(
        http: &GuardedHttp,
        server: &Arc<McpServer<Arc<Secret>>>,
        tools_changed: &Arc<AtomicBool>,
    ) -> Self {
        let endpoint = Endpoint::new(http, server);
        Self { endpoint, tools_changed: Arc::clone(tools_changed), streams: Arc::default() }
    }

    async fn post(
        &self,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        headers: Headers,
    ) -> Result<StreamableHttpPostResponse, Failed> {
        let body = serde_json::to_vec(&message)?;
        let answer = self.endpoint.send(Method::POST, &with(headers, SESSION, session.as_deref())?, Some(body)).await;
        let answer = answer.map_err(StreamableHttpError::Client)?;
        let status = answer.status();
        let wants_answer = request(&message);
        if status.is_success() {
            if wants_answer.is_none() || matches!(status, StatusCode::ACCEPTED | StatusCode::NO_CONTENT) {
                return Ok(StreamableHttpPostResponse::Accepted);
            }
            let session = answer.headers().get(SESSION).and_then(|id| id.to_str().ok()).map(str::to_owned);
            return match messages::kind(&answer) {
                Kind::Events => Ok(StreamableHttpPostResponse::Sse(messages::events(answer), session)),
                Kind::Json => match messages::message(answer).await {
                    Ok(message) => Ok(StreamableHttpPostResponse::Json(message, session)),
                    Err(failure) => Err(StreamableHttpError::Client(failure)),
                },
                Kind::Other => Err(StreamableHttpError::Client(HttpFailure::NotMcp)),
            };
        }
        // A server that has restarted has not looked at the request. Some answer 400 to a session that they do not know.
        if session.is_some() && matches!(status, StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST) {
            return Err(StreamableHttpError::SessionExpired);
        }
        let is_refused = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        let error = match messages::kind(&answer) {
            Kind::Json if !is_refused => messages::error(answer).await,
            _ => None,
        };
        match (error, wants_answer) {
            // Servers of earlier versions refuse this in many ways, and are then asked as they know it.
            (error, Some((id, ClientRequest::DiscoverRequest(_)))) if !is_refused => Ok(undiscovered(error, id)),
            (Some(error), Some(_)) => Ok(StreamableHttpPostResponse::Json(error, None)),
            _ => Err(StreamableHttpError::Client(HttpFailure::Status(status))),
        }
    }

    async fn open(
        &self,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        headers: Headers,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failed> {
        let is_for_changes = last_event.is_none();
        let most = if is_for_changes { MAX_STREAMS } else { MAX_RESUMED_STREAMS };
        if self.streams.fetch_add(1, Ordering::SeqCst) >= most {
            return Err(StreamableHttpError::ServerDoesNotSupportSse);
        }
        let headers = with(with(headers, SESSION, session.as_deref())?, LAST_EVENT, last_event.as_deref())?;
        let answer = self.endpoint.send(Method::GET, &headers, None).await.map_err(StreamableHttpError::Client)?;
        match (answer.status(), messages::kind(&answer)) {
            (StatusCode::OK, Kind::Events) if is_for_changes => {
                let tools_changed = Arc::clone(&self.tools_changed);
                let end = once(async move { tools_changed.store(true, Ordering::SeqCst) }).filter_map(async |()| None);
                Ok(messages::events(answer).chain(end).boxed())
            }
            (StatusCode::OK, Kind::Events) => Ok(messages::events(answer)),
            _ => Err(StreamableHttpError::ServerDoesNotSupportSse),
        }
    }
}

impl StreamableHttpClient for Connection {
    type Error = HttpFailure;

    async fn post_message(
        &self,
        _: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _: Option<String>,
        headers: Headers,
    ) -> Result<StreamableHttpPostResponse, Failed> {
        self.post(message, session, headers).await
    }

    async fn delete_session(
        &self,
        _: Arc<str>,
        session: Arc<str>,
        _: Option<String>,
        headers: Headers,
    ) -> Result<(), Failed> {
        // Whether the server does it is its own affair.
        let sent = self.endpoint.send(Method::DELETE, &with(headers, SESSION, Some(&session))?, None).await;
        sent.map(drop).map_err(StreamableHttpError::Client)
    }

    async fn get_stream(
        &self,
        _: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        _: Option<String>,
        headers: Headers,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failed> {
        self.open(session, last_event, headers).await
    }
}

fn request(message: &ClientJsonRpcMessage) -> Option<(RequestId, &ClientRequest)> {
    match message {
        ClientJsonRpcMessage::Request(request) => Some((request.id.clone(), &request.request)),
        _ => None,
    }
}

// The server's own error says whether it knows this request at all.
fn undiscovered(error: Option<ServerJsonRpcMessage>, id: RequestId) -> StreamableHttpPostResponse {
    let error = match error {
        Some(ServerJsonRpcMessage::Error(error)) => error.error,
        _ => ErrorData::invalid_request("the server does not know this request", None),
    };
    StreamableHttpPostResponse::Json(ServerJsonRpcMessage::error(error, Some(id)), None)
}

// A server's own id that cannot be in a header is none.
fn with(mut headers: Headers, name: HeaderName, value: Option<&str>) -> Result<Headers, Failed> {
    if let Some(value) = value {
        let value = HeaderValue::from_str(value).map_err(|_| StreamableHttpError::Client(HttpFailure::NotMcp))?;
        headers.insert(name, value);
    }
    Ok(headers)
}
