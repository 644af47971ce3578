//! Issues a ticket for one connection in exchange for a valid token, over a function URL.

use std::collections::HashMap;

use lambda_runtime::{Error, LambdaEvent};
use natter::app::TicketApp;
use natter::auth::{Ticket, TokenError};
use natter::conversation::Timestamp;
use natter::db::TicketRecord;
use natter::function;
use serde::Deserialize;
use serde_json::{Value, json};

/// What is read of a function URL's request. Its header names are in lower case.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    headers: HashMap<String, String>,
    request_context: RequestContext,
}

#[derive(Deserialize)]
struct RequestContext {
    http: Http,
}

#[derive(Deserialize)]
struct Http {
    method: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    function::run(TicketApp::from_environment(), ticket).await
}

async fn ticket(app: &TicketApp, event: LambdaEvent<Request>) -> Result<Value, Error> {
    let Request { headers, request_context } = event.payload;
    if request_context.http.method != "POST" {
        return Ok(refusal(405, "Ask with POST."));
    }
    if !app.origins.allow(headers.get("origin").map(String::as_str)) {
        return Ok(refusal(403, "This page may not connect."));
    }
    let token = headers.get("authorization").and_then(|header| header.strip_prefix("Bearer "));
    let identity = match app.tokens.verify(token.unwrap_or_default()).await {
        Ok(identity) => identity,
        Err(error @ TokenError::Invalid(_)) => {
            tracing::info!(%error, "ticket request rejected");
            return Ok(refusal(401, "Please sign in again."));
        }
        Err(error) => return Err(error.into()),
    };
    let ticket = Ticket::draw().ok_or("the system gives no random bytes")?;
    let expires_at = Ticket::end(&identity, Timestamp::now());
    app.tickets.put_ticket(&TicketRecord { digest: ticket.digest(), identity, expires_at }).await?;
    Ok(answer(200, &json!({ "ticket": ticket.expose(), "expiresAt": expires_at.seconds() })))
}

fn refusal(status: u16, sentence: &str) -> Value {
    answer(status, &json!({ "message": sentence }))
}

fn answer(status: u16, body: &Value) -> Value {
    let headers = json!({ "Content-Type": "application/json", "Cache-Control": "no-store" });
    json!({ "statusCode": status, "headers": headers, "body": body.to_string() })
}
