//! Messages of MCP in an answer over HTTP, as far as they are not too large.

use futures::StreamExt;
use futures::stream::{BoxStream, try_unfold};
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use rmcp::model::ServerJsonRpcMessage;
use rmcp::transport::streamable_http_client::SseError;
use sse_stream::{Sse, SseStream};

use super::failure::HttpFailure;

/// The largest answer, in bytes: a page of a list, or an output with pictures.
const MAX_ANSWER_BYTES: usize = 8_000_000;
/// The most bytes of one stream of events. Notifications may come before the answer.
const MAX_STREAM_BYTES: usize = 16_000_000;

/// What an answer contains.
pub(super) enum Kind {
    Json,
    Events,
    Other,
}

/// The kind of an answer.
pub(super) fn kind(answer: &Response) -> Kind {
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = header(CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match (header(CONTENT_ENCODING), media_type.as_str()) {
        ("" | "identity", "application/json") => Kind::Json,
        ("" | "identity", "text/event-stream") => Kind::Events,
        _ => Kind::Other,
    }
}

/// The message that an answer is.
pub(super) async fn message(answer: Response) -> Result<ServerJsonRpcMessage, HttpFailure> {
    let bytes = bytes(answer, MAX_ANSWER_BYTES).await?;
    serde_json::from_slice(&bytes).map_err(|_| HttpFailure::NotMcp)
}

/// The error of MCP that the beginning of an answer is.
pub(super) async fn error(answer: Response) -> Option<ServerJsonRpcMessage> {
    // Longer ones are no errors of MCP.
    let bytes = bytes(answer, 64_000).await.ok()?;
    serde_json::from_slice(&bytes).ok().filter(|message| matches!(message, ServerJsonRpcMessage::Error(_)))
}

async fn bytes(mut answer: Response, most: usize) -> Result<Vec<u8>, HttpFailure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|_| HttpFailure::Broken)? {
        if bytes.len().saturating_add(chunk.len()) > most {
            return Err(HttpFailure::TooLarge(most));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The events of an answer.
pub(super) fn events(answer: Response) -> BoxStream<'static, Result<Sse, SseError>> {
    let chunks = try_unfold((answer, MAX_STREAM_BYTES), |(mut answer, left)| async move {
        let Some(chunk) = answer.chunk().await.map_err(|_| HttpFailure::Broken)? else { return Ok(None) };
        let left = left.checked_sub(chunk.len()).ok_or(HttpFailure::TooLarge(MAX_STREAM_BYTES))?;
        Ok::<_, HttpFailure>(Some((chunk, (answer, left))))
    });
    SseStream::from_bytes_stream(chunks.boxed()).boxed()
}
