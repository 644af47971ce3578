//! The role of the authorizer.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::{Value, json};

/// API Gateway's maximum response of an authorizer, in bytes.
const MAX_RESPONSE_BYTES: usize = 8 * 1024;

/// Behaves as the query parameter `token` says, and hands the parameter `watcher` on to all later events.
pub fn answer(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let request: ApiGatewayCustomAuthorizerRequestTypeRequest = serde_json::from_value(event.payload.clone())?;
    let token = request.query_string_parameters.first("token").unwrap_or_default().to_owned();
    let effect = match token.as_str() {
        "unauthorized" => return Err("Unauthorized".into()),
        "fail" => return Err("out of order".into()),
        "garbage" => return Ok(json!("yes")),
        "deny" => "Deny",
        _ => "Allow",
    };
    Ok(json!({
        "principalId": token,
        "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Action": "execute-api:Invoke", "Effect": effect, "Resource": request.method_arn},
        ]},
        "context": {
            "number": 7,
            "flag": true,
            "watcher": request.query_string_parameters.first("watcher").unwrap_or_default(),
            "filling": if token == "huge" { "x".repeat(MAX_RESPONSE_BYTES) } else { String::new() },
            // Shows whether it is invoked again.
            "invocation": event.context.request_id,
            "authorizerEvent": event.payload.to_string(),
        },
    }))
}
