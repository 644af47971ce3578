//! The answer of an endpoint: what of it is an output, and what a model is told of an error.

use base64::prelude::{BASE64_STANDARD, Engine};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::secret::SecretValue;
use crate::tools::output::{MAX_ERROR_BYTES, Output, OutputPart, is_picture};
use crate::tools::tool_error::ToolError;

/// Reads an answer of at most `most` bytes; of a longer one no more is read. The secret is taken out of it: some servers repeat what
/// they were sent.
pub(super) async fn read(answer: Response, most: usize, secret: Option<&SecretValue>) -> Result<Output, ToolError> {
    let status = answer.status();
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = header(CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_encoded = !matches!(header(CONTENT_ENCODING), "" | "identity");
    if !status.is_success() {
        return Err(refusal(answer, status, &kind, is_encoded, secret).await);
    }
    if is_encoded {
        return Err(ToolError::failed("The tool ran, but its answer is compressed, which it was not asked for."));
    }
    let bytes = match body(answer, most).await {
        Ok(bytes) => bytes,
        Err(Unread::TooLarge) => return Err(ToolError::too_large(most)),
        Err(Unread::Broken) => return Err(ToolError::unknown("The tool's answer broke off. It may have acted.")),
    };
    output(&kind, bytes, secret)
}

fn output(kind: &str, bytes: Vec<u8>, secret: Option<&SecretValue>) -> Result<Output, ToolError> {
    if is_picture(kind) {
        let data = BASE64_STANDARD.encode(bytes);
        return Ok(Output::Parts(vec![OutputPart::Image { media_type: kind.to_owned(), data }]));
    }
    let no_text = |_| ToolError::failed("The tool ran, but its answer is not UTF-8.");
    let text = || String::from_utf8(bytes).map_err(no_text).map(|text| without(secret, text));
    match kind {
        _ if is_json(kind) => {
            let text = text()?;
            match text.trim() {
                "" => Ok(Output::Json(Value::Null)),
                json => serde_json::from_str(json)
                    .map(Output::Json)
                    .map_err(|_| ToolError::failed("The tool ran, but its answer is not the JSON that it says it is.")),
            }
        }
        // A page is an error's, or a login's: no interface answers with one.
        "text/html" | "application/xhtml+xml" => {
            Err(ToolError::failed("The tool's server answered with a web page and not with data."))
        }
        "" | "text/plain" => {
            let text = text()?;
            Ok(match serde_json::from_str(&text) {
                Ok(json @ (Value::Object(_) | Value::Array(_))) => Output::Json(json),
                _ if text.is_empty() => Output::Json(Value::Null),
                _ => Output::Text(text),
            })
        }
        kind if kind.starts_with("text/") || kind.ends_with("/xml") || kind.ends_with("+xml") => {
            Ok(Output::Text(text()?))
        }
        _ => Err(ToolError::failed("The tool ran, but its answer is neither JSON nor text nor a picture.")),
    }
}

// A model needs to know what an API objects to, which APIs say in JSON; and a short one can hardly be anything else. Whatever else a
// server sends with an error is for its operators: a page, a stack trace, a dump.
async fn refusal(
    answer: Response,
    status: StatusCode,
    kind: &str,
    is_encoded: bool,
    secret: Option<&SecretValue>,
) -> ToolError {
    let reason = status.canonical_reason().map(|reason| format!(" {reason}")).unwrap_or_default();
    let sentence = format!("The tool's server answered {}{reason}.", status.as_u16());
    if status.is_redirection() {
        return ToolError::failed(format!("{sentence} Redirects are not followed."));
    }
    // What stands between did not get the server's own answer.
    if matches!(status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT) {
        return ToolError::unknown(format!("{sentence} It may have acted nevertheless."));
    }
    if !is_json(kind) || is_encoded {
        return ToolError::failed(sentence);
    }
    let body = body(answer, MAX_ERROR_BYTES).await.ok().and_then(|body| String::from_utf8(body).ok());
    let objection = body.and_then(|body| serde_json::from_str::<Value>(&without(secret, body)).ok());
    ToolError::failed(match objection {
        Some(objection) => format!("{sentence} It says: {objection}"),
        None => sentence,
    })
}

enum Unread {
    TooLarge,
    Broken,
}

async fn body(mut answer: Response, most: usize) -> Result<Vec<u8>, Unread> {
    let fits = |length: usize| length <= most;
    if answer.content_length().is_some_and(|length| !usize::try_from(length).is_ok_and(fits)) {
        return Err(Unread::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|_| Unread::Broken)? {
        if !fits(bytes.len().saturating_add(chunk.len())) {
            return Err(Unread::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn is_json(kind: &str) -> bool {
    kind == "application/json" || kind.ends_with("+json")
}

fn without(secret: Option<&SecretValue>, text: String) -> String {
    match secret.map(SecretValue::expose).filter(|secret| !secret.is_empty()) {
        Some(secret) if text.contains(secret) => text.replace(secret, "…"),
        _ => text,
    }
}
