//! The role of a function that messages are routed to.

use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::{Value, json};

use crate::after_response::defer;
use crate::probe::Probe;
use crate::settings;

/// Does what the field `do` of a message says, by default an echo.
pub async fn answer(probe: &Probe, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let request: ApiGatewayWebsocketProxyRequest = serde_json::from_value(event.payload.clone())?;
    let id = request.request_context.connection_id.unwrap_or_default();
    let asked: Value = serde_json::from_str(request.body.as_deref().unwrap_or_default()).unwrap_or_default();
    let text = |name: &str| asked[name].as_str().unwrap_or_default();
    let number = |name: &str| asked[name].as_u64().unwrap_or_default();
    let pause = Duration::from_millis(number("millis"));
    let (gateway, database) = (&probe.gateway, &probe.database);
    let says = |what: &str| json!({ what: std::process::id(), "instance": probe.instance });
    let reply = async |reply: Value| gateway.post(&id, &reply.to_string()).await;

    match asked["do"].as_str().unwrap_or("echo") {
        // After the response, so that the echo proves that the gateway has received it.
        "echo" => {
            let gateway = gateway.clone();
            let echo = json!({ "event": event.payload }).to_string();
            defer(async move {
                gateway.post(&id, &echo).await;
            });
        }
        "size" => {
            reply(json!({ "size": request.body.as_deref().map(str::len) })).await;
        }
        "describe" => {
            reply(describe(probe, &event)).await;
        }
        "sleep" => {
            if asked["announced"] == true {
                reply(says("sleeping")).await;
            }
            tokio::time::sleep(pause).await;
            reply(says("slept")).await;
        }
        "work after the response" => {
            let (gateway, working, worked) = (gateway.clone(), says("working"), says("worked"));
            defer(async move {
                gateway.post(&id, &working.to_string()).await;
                tokio::time::sleep(pause).await;
                gateway.post(&id, &worked.to_string()).await;
            });
        }
        "burst" => {
            let mut refused = 0;
            for post in 0..number("count") {
                let text = format!("{post}{}", " ".repeat(number("padding") as usize));
                refused += u32::from(gateway.post(&id, &text).await == "too fast");
            }
            if let Some(watcher) = asked["watcher"].as_str() {
                gateway.post(watcher, &json!({ "refused": refused }).to_string()).await;
            }
        }
        "post to" => {
            let outcome = gateway.post(text("connection"), "hello").await;
            reply(json!({ "outcome": outcome })).await;
        }
        "delete" => {
            gateway.post(&id, "goodbye").await;
            gateway.delete(&id).await?;
        }
        "store" if asked["transaction"] == true => {
            let keys: Vec<String> = match asked["keys"].as_array() {
                Some(keys) => keys.iter().filter_map(|key| key.as_str().map(str::to_owned)).collect(),
                None => vec![text("key").to_owned()],
            };
            let outcome = database.put_together(&keys, number("bytes") as usize).await;
            reply(outcome).await;
        }
        "store" => {
            let outcome = database.put(text("key"), number("bytes") as usize).await;
            reply(outcome).await;
        }
        "claim" => {
            let outcome = database.claim(text("key"), text("owner")).await;
            reply(outcome).await;
        }
        "read" => {
            let found = database.get(text("key"), asked["consistently"] == true).await;
            reply(found).await;
        }
        "ask" => {
            let answer = ask(&probe.settings.model_url, text("prompt")).await?;
            reply(answer).await;
        }
        "answer" => return Ok(asked["answer"].clone()),
        "count and fail" => {
            database.count(text("key")).await?;
            return Err("out of order".into());
        }
        "fail" => return Err("out of order".into()),
        "answer garbage" => return Ok(json!("yes")),
        "answer 500" => return Ok(json!({ "statusCode": 500, "body": "not for the client" })),
        "exit" => std::process::exit(3),
        "exit after the response" => defer(async { std::process::exit(3) }),
        other => return Err(format!("{other:?} is not known").into()),
    }
    Ok(json!({ "statusCode": 200, "body": "not for the client" }))
}

/// What a function receives beside its event.
fn describe(probe: &Probe, event: &LambdaEvent<Value>) -> Value {
    let context = &event.context;
    json!({
        "process": std::process::id(),
        "instance": probe.instance,
        "environment": settings::whole_environment(),
        "requestId": context.request_id,
        "deadline": context.deadline,
        "arn": context.invoked_function_arn,
        "trace": context.xray_trace_id,
    })
}

/// Calls the model, and returns whether its reply was complete.
async fn ask(model_url: &str, prompt: &str) -> Result<Value, Error> {
    // Fails only if a provider is installed already, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let request = json!({"messages": [{"role": "user", "content": prompt}], "stream": true});
    let answer = reqwest::Client::new().post(format!("{model_url}/chat/completions")).json(&request).send().await?;
    let status = answer.status().as_u16();
    Ok(json!({ "status": status, "whole": answer.text().await.is_ok() }))
}
