//! The authorizer of new connections: checks the token or ticket and the page's origin, and returns the user as the
//! principal of all later events.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use lambda_runtime::{Error, LambdaEvent};
use natter::app::AuthorizeApp;
use natter::auth::{Identity, Ticket, TokenError, ticket_of_connection, token_of_connection};
use natter::conversation::Timestamp;
use natter::function;
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    function::run(AuthorizeApp::from_environment(), authorize).await
}

// The result determines API Gateway's answer: 401 for the error "Unauthorized", 403 for a policy that denies, 500 for
// any other error.
async fn authorize(
    app: &AuthorizeApp,
    event: LambdaEvent<ApiGatewayCustomAuthorizerRequestTypeRequest>,
) -> Result<Value, Error> {
    let request = event.payload;
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    let resource = request.method_arn.as_deref().unwrap_or("*");

    let query = |name: &str| request.query_string_parameters.first(name);
    let subprotocols = header("Sec-WebSocket-Protocol");
    let ticket = ticket_of_connection(query("ticket"), subprotocols);
    let token = token_of_connection(query("token"), subprotocols);
    let identity = match (&app.tickets, ticket, token) {
        (Some(tickets), Some(ticket), _) => match Ticket::read(ticket) {
            Some(ticket) => tickets.take_ticket(&ticket.digest(), Timestamp::now()).await?,
            None => None,
        },
        (_, _, Some(token)) => identity(app, token).await?,
        _ => None,
    };
    let Some(identity) = identity else {
        return Err("Unauthorized".into());
    };
    let effect = match app.origins.allow(header("Origin")) {
        true => "Allow",
        false => "Deny",
    };
    Ok(json!({
        "principalId": identity.user,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{ "Action": "execute-api:Invoke", "Effect": effect, "Resource": resource }],
        },
        "context": { "userId": identity.user, "tokenExpiresAt": identity.expires_at },
    }))
}

// `None` if the token is not valid.
async fn identity(app: &AuthorizeApp, token: &str) -> Result<Option<Identity>, Error> {
    match app.tokens.verify(token).await {
        Ok(identity) => Ok(Some(identity)),
        Err(error @ TokenError::Invalid(_)) => {
            lambda_runtime::tracing::info!(%error, "connection rejected");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
