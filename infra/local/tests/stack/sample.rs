//! A public sample's API, in the raw resources of API Gateway, with functions that run here and functions that run elsewhere.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::post;
use bytes::Bytes;
use natter_local::{InvokeBy, LocalStack};
use natter_probe_client::Client;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::support::{connect, http, operation, programs, until};

fn template() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/chat/template.yaml")
}

/// What the sample promises: who is in the room hears what anybody there says, and who has left does not.
async fn two_people_chat(stack: &LocalStack) -> (Client, Client) {
    let (mut alice, mut bob) = (connect(stack, "").await, connect(stack, "").await);
    alice.send(json!({"action": "sendmessage", "data": "hello"})).await;
    assert_eq!((alice.text().await, bob.text().await), ("hello".into(), "hello".into()));
    bob.send(json!({"action": "sendmessage", "data": "hi"})).await;
    assert_eq!((alice.text().await, bob.text().await), ("hi".into(), "hi".into()));
    bob.send(json!({"action": "dance"})).await;
    assert_eq!(bob.json().await["message"], "Forbidden", "there is no such route, and no $default");
    (alice, bob)
}

#[tokio::test]
async fn two_people_chat_through_a_public_samples_template() {
    let stack = LocalStack::builder(template()).functions(programs());
    let stack = stack.parameter("TableName", "room").start().await.unwrap();
    let (_alice, bob) = two_people_chat(&stack).await;
    bob.close(None).await;
    let present = async || operation(&stack, "Scan", json!({"TableName": "room"})).await["Count"].clone();
    until(async || present().await == 1).await;
}

#[tokio::test]
async fn they_chat_through_functions_that_run_elsewhere_too() {
    let stack = LocalStack::builder(template()).invoke(endpoint().await).invoke_by(InvokeBy::LogicalId);
    let stack = stack.start().await.unwrap();
    two_people_chat(&stack).await;
}

type Room = Arc<Mutex<BTreeSet<String>>>;

/// The sample's functions behind an invoke endpoint, as another language's would be: they know what is in their events.
async fn endpoint() -> String {
    async fn invoke(State(room): State<Room>, Path(function): Path<String>, event: Bytes) -> impl IntoResponse {
        let event: Value = serde_json::from_slice(&event).unwrap();
        let context = |name: &str| event["requestContext"][name].as_str().unwrap().to_owned();
        let mut room = room.lock().await;
        match function.as_str() {
            "OnConnectFunction" => drop(room.insert(context("connectionId"))),
            "OnDisconnectFunction" => drop(room.remove(&context("connectionId"))),
            "SendMessageFunction" => {
                let body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
                let (domain, stage) = (context("domainName"), context("stage"));
                for id in room.iter() {
                    let url = format!("http://{domain}/{stage}/@connections/{id}");
                    http().post(url).body(body["data"].as_str().unwrap().to_owned()).send().await.unwrap();
                }
            }
            other => panic!("{other} is not a function of the sample"),
        }
        json!({"statusCode": 200}).to_string()
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().route("/2015-03-31/functions/{name}/invocations", post(invoke));
    tokio::spawn(async move { axum::serve(listener, routes.with_state(Room::default())).await });
    url
}
