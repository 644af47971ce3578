use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use natter::db::DynamoStore;
use serde_json::{Value, json};
use tokio::time::sleep;

pub const TABLE: &str = "conversations";
pub const USER: &str = "auth0|5f7c8ec7c33c6c004bbafe82";
pub const CONVERSATION: &str = "0192f6b0-7c1a-7d3e-9a4b-3f2a1c0d9e8f";

const LATENCY: Duration = Duration::from_millis(5);

/// What a save returns: the reply as it is in the middle of a turn.
const SAVED: &str = include_str!("saved.json");

/// The store on the SDK's client, which makes, signs and reads everything as it always does; instead of a table there are
/// answers that never change. The conversation has so many exchanges before the turn.
pub fn store(exchanges: usize) -> DynamoStore {
    let answers = Answers::after(exchanges);
    let limits = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::for_tests_with_session_token())
        .timeout_config(limits)
        .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(answers.clone())))
        .build();
    DynamoStore::new(Client::from_conf(config), TABLE.to_owned())
}

#[derive(Debug, Clone)]
struct Answers {
    /// Of the query for the newest messages.
    messages: String,
    /// Of the reads of the conversation's head.
    head: String,
}

impl Answers {
    fn after(exchanges: usize) -> Self {
        let messages: Vec<Value> = (0..2 * exchanges).rev().map(message).collect();
        let head = messages.first().map(|newest| head(&newest["id"]));
        Self {
            messages: json!({"Items": messages, "Count": messages.len(), "ScannedCount": messages.len()}).to_string(),
            head: json!({"Responses": {TABLE: head.into_iter().collect::<Vec<_>>()}}).to_string(),
        }
    }
}

fn head(newest: &Value) -> Value {
    json!({
        "pk": {"S": format!("USER#{USER}")}, "sk": {"S": format!("CONV#{CONVERSATION}")}, "id": {"S": CONVERSATION},
        "user_id": {"S": USER}, "first_words": {"S": "Tell me."}, "head_message_id": newest, "version": {"N": "20"},
        "created_at": {"N": "1763841000000"}, "updated_at": {"N": "1763841600000"},
    })
}

/// The id of a message of the conversation, counted from its beginning.
pub fn id(number: usize) -> String {
    format!("019aad0c3e4a7c118f6b2d5e9a0c{number:04x}")
}

// Of the conversation, counted from its beginning: questions and replies in turn.
fn message(number: usize) -> Value {
    let is_reply = number % 2 == 1;
    let mut item = json!({
        "pk": {"S": format!("USER#{USER}#CONV#{CONVERSATION}")}, "sk": {"S": format!("MSG#{}#~", id(number))},
        "id": {"S": id(number)}, "conversation_id": {"S": CONVERSATION}, "user_id": {"S": USER},
        "role": {"S": if is_reply { "assistant" } else { "user" }}, "status": {"S": "complete"},
        "content": {"S": " words".repeat(if is_reply { 80 } else { 10 })}, "created_at": {"N": "1763841600000"},
    });
    if number > 0 {
        item["parent_id"] = json!({"S": id(number - 1)});
    }
    if is_reply {
        item["model"] = json!({"S": "gpt-4o-mini"});
        item["finish_reason"] = json!({"S": "stop"});
        item["usage"] = json!({"M": {"inputTokens": {"N": "200"}, "outputTokens": {"N": "80"}}});
    }
    item
}

impl HttpConnector for Answers {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { messages, head } = self.clone();
        HttpConnectorFuture::new(async move {
            sleep(LATENCY).await;
            let operation = request.headers().get("x-amz-target").unwrap_or_default();
            let answer = match operation {
                "DynamoDB_20120810.UpdateItem" => SAVED.to_owned(),
                "DynamoDB_20120810.Query" => messages,
                "DynamoDB_20120810.BatchGetItem" => head,
                _ => "{}".to_owned(),
            };
            let answer = http::Response::new(SdkBody::from(answer));
            Ok(HttpResponse::try_from(answer).unwrap())
        })
    }
}
