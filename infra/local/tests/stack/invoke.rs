//! Functions at somebody else's invoke endpoint.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::support::{builder, connect, try_connect, until};

type Invoked = Arc<Mutex<Vec<(String, Value)>>>;

/// An endpoint with one function that plays all roles, and fails in both ways that are known.
async fn endpoint(invoked: Invoked) -> String {
    async fn invoke(State(invoked): State<Invoked>, Path(name): Path<String>, body: Bytes) -> Response {
        let event: Value = serde_json::from_slice(&body).unwrap();
        invoked.lock().await.push((name, event.clone()));
        if event["type"] == "REQUEST" {
            let statement = json!({"Action": "*", "Effect": "Allow", "Resource": "*"});
            return json!({"principalId": "a", "policyDocument": {"Statement": [statement]}})
                .to_string()
                .into_response();
        }
        match event["body"].as_str() {
            Some("fail as lambda") => ([("X-Amz-Function-Error", "Unhandled")], "{}").into_response(),
            Some("fail as cargo lambda") => (axum::http::StatusCode::INTERNAL_SERVER_ERROR, "{}").into_response(),
            Some("never") => std::future::pending().await,
            _ => json!({"statusCode": 200}).to_string().into_response(),
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/2015-03-31/functions/{name}/invocations", post(invoke)).with_state(invoked);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn functions_are_invoked_at_the_endpoint_by_the_name_of_their_binary() {
    let invoked = Invoked::default();
    let stack = builder().functions("nowhere").invoke(endpoint(invoked.clone()).await).start().await.unwrap();
    let mut client = connect(&stack, "token=alice").await;
    client.send("hello").await;
    until(async || invoked.lock().await.len() == 3).await;
    let kinds: Vec<_> = invoked
        .lock()
        .await
        .iter()
        .map(|(name, event)| (name.clone(), event["requestContext"]["eventType"].clone()))
        .collect();
    assert_eq!(
        kinds,
        [("probe".into(), json!("CONNECT")), ("probe".into(), json!("CONNECT")), ("probe".into(), json!("MESSAGE"))]
    );
}

#[tokio::test]
async fn both_ways_to_report_a_failure_are_understood() {
    let stack = builder().invoke(endpoint(Invoked::default()).await).start().await.unwrap();
    let mut client = connect(&stack, "token=alice").await;
    for failure in ["fail as lambda", "fail as cargo lambda"] {
        client.send(failure).await;
        assert_eq!(client.json().await["message"], "Internal server error");
    }
}

#[tokio::test]
async fn an_endpoint_that_never_answers_is_not_waited_for() {
    let invoked = Invoked::default();
    let stack = builder().invoke(endpoint(invoked.clone()).await).start().await.unwrap();
    let mut client = connect(&stack, "token=alice").await;
    client.send("never").await;
    until(async || invoked.lock().await.iter().any(|(_, event)| event["body"] == "never")).await;
    stack.advance_clock(std::time::Duration::from_secs(30));
    assert_eq!(client.json().await["message"], "Endpoint request timed out");
}

#[tokio::test]
async fn an_endpoint_where_nothing_listens_refuses_the_connection() {
    let stack = builder().invoke("http://127.0.0.1:1").start().await.unwrap();
    assert_eq!(try_connect(&stack, "token=alice").await.unwrap_err(), 500);
}

#[tokio::test]
async fn the_variables_of_all_functions_can_be_handed_over_in_a_file() {
    let template = std::fs::read_to_string(crate::support::template()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (template_file, file) = (folder.path().join("template.yaml"), folder.path().join("functions.env"));
    let one_role = ["authorize", "connect", "disconnect", "broken", "sluggish", "tick"]
        .iter()
        .fold(template, |text, role| text.replace(&format!("ROLE: {role}"), "ROLE: message"));
    std::fs::write(&template_file, one_role).unwrap();
    let builder =
        natter_local::LocalStack::builder(&template_file).invoke("http://127.0.0.1:1").environment_file(&file);
    let stack = builder.environment("SECRET", "two \"words\"\nin lines").start().await.unwrap();
    let lines = std::fs::read_to_string(&file).unwrap();
    for line in [
        r#"ROLE="message""#.to_owned(),
        r#"SECRET="two \"words\"\nin lines""#.to_owned(),
        format!(r#"CONNECTIONS_ENDPOINT="{}/local""#, stack.http_url()),
        format!(r#"AWS_ENDPOINT_URL_DYNAMODB="{}""#, stack.database_url()),
        r#"AWS_ACCESS_KEY_ID="local""#.to_owned(),
    ] {
        assert!(lines.lines().any(|other| other == line), "{line} is missing in\n{lines}");
    }
}
