//! AWS_PROXY integrations: invokes a function, and parses its response.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::service::Gateway;
use crate::template::Route;

/// What is logged of an integration's invalid response.
const INVALID_RESPONSE: &str = r#"what it answered is not for API Gateway, which needs an object with a number statusCode, such as {"statusCode": 200}"#;

/// A function's response to the gateway.
#[derive(Debug)]
pub struct Answer {
    /// `statusCode`.
    pub status: u16,
    /// The header `Sec-WebSocket-Protocol` in `headers`; `multiValueHeaders` is ignored.
    pub subprotocol: Option<String>,
    /// `body`.
    pub body: Option<String>,
}

/// Why there is no response.
#[derive(Debug)]
pub enum IntegrationError {
    /// The gateway stopped waiting; the function runs on.
    TimedOut,
    /// The function failed, or its response is invalid.
    Failed,
}

/// Invokes the function of a route.
pub async fn invoke(gateway: &Gateway, route: &Route, event: Bytes) -> Result<Answer, IntegrationError> {
    let answered = within(gateway, route.timeout, gateway.shared.lambda.invoke(&route.function, event)).await;
    let body = answered.ok_or(IntegrationError::TimedOut)?.map_err(|_| IntegrationError::Failed)?;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    let status = answer.get("statusCode").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    let Some(status) = status else {
        gateway.shared.lambda.report_invalid_response(&route.function, INVALID_RESPONSE);
        return Err(IntegrationError::Failed);
    };
    let headers = answer.get("headers").and_then(Value::as_object);
    let subprotocol =
        headers.into_iter().flatten().find(|(name, _)| name.eq_ignore_ascii_case("Sec-WebSocket-Protocol"));
    Ok(Answer {
        status,
        subprotocol: subprotocol.and_then(|(_, value)| value.as_str()).map(str::to_owned),
        body: answer.get("body").and_then(Value::as_str).map(str::to_owned),
    })
}

/// Runs `work` with a timeout. `None` if it takes longer than `limit`.
pub async fn within<T>(gateway: &Gateway, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let clock = &gateway.shared.clock;
    tokio::select! {
        biased;
        result = work => Some(result),
        () = clock.sleep_until(clock.now() + limit) => None,
    }
}
