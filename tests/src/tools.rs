//! Tools, and what a page answers for its user.

use std::path::PathBuf;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// The folder of an agent's tools.
pub(crate) struct ToolFolder(TempDir);

impl ToolFolder {
    /// A folder with this declaration of tools.
    pub fn with(declarations: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::write(folder.declarations(), declarations).unwrap();
        folder
    }

    /// The file that declares them.
    pub fn declarations(&self) -> PathBuf {
        self.0.path().join("tools.toml")
    }

    /// The file in which they note what they do.
    pub fn effects(&self) -> PathBuf {
        self.0.path().join("effects")
    }
}

/// An endpoint that is a tool: the test takes each call and decides what becomes of it.
pub struct ToolEndpoint {
    /// Its URL.
    pub url: String,
    calls: mpsc::UnboundedReceiver<ToolCall>,
}

/// A call of an endpoint. Dropped, it is answered with an error.
pub struct ToolCall {
    /// Its idempotency key.
    pub key: String,
    answer: oneshot::Sender<String>,
}

impl ToolEndpoint {
    /// Starts one on a free port. It ends with the test.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (sender, calls) = mpsc::unbounded_channel();
        let routes = Router::new().route("/", post(take)).with_state(sender);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, calls }
    }

    /// The next call.
    pub async fn next(&mut self) -> ToolCall {
        self.calls.recv().await.expect("the endpoint runs")
    }
}

impl ToolCall {
    /// Answers with a text. The caller may be gone.
    pub fn answer(self, text: &str) {
        let _ = self.answer.send(text.to_owned());
    }
}

async fn take(
    State(calls): State<mpsc::UnboundedSender<ToolCall>>,
    headers: axum::http::HeaderMap,
) -> impl IntoResponse {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let (answer, answered) = oneshot::channel();
    let _ = calls.send(ToolCall { key, answer });
    answered.await.map_err(|_| axum::http::StatusCode::INTERNAL_SERVER_ERROR)
}

/// The message of a waiting reply with its user's answers, as a page sends it: each call that needs approval gets it or not, and each
/// question and each tool of the client has this output.
pub fn answers(message: &Value, approved: bool, output: &str) -> Value {
    let mut message = message.clone();
    for part in message["parts"].as_array_mut().unwrap() {
        let id = part["toolCallId"].clone();
        match part["state"].as_str() {
            Some("approval-requested") => {
                part["state"] = "approval-responded".into();
                part["approval"] = json!({"id": id, "approved": approved});
            }
            Some("input-available") if part["providerExecuted"] != true => {
                part["state"] = "output-available".into();
                part["output"] = output.into();
            }
            _ => {}
        }
    }
    message
}

/// Declares tools that are not idempotent: the function `place-order`, which is called at once as `place_order` and after an approval as
/// `place_large_order`, the endpoint at this URL as `tell_kitchen`, and `show`, which the page executes.
pub fn order_tools(endpoint: &str) -> String {
    let order = |name: &str, approval: &str| {
        format!(
            r#"
[[tool]]
name = "{name}"
description = "Orders something."
kind = "lambda"
function = "place-order"
approval = "{approval}"
parameters = {{ type = "object" }}
"#
        )
    };
    let endpoint = format!(
        r#"
[[tool]]
name = "tell_kitchen"
description = "Tells the kitchen."
kind = "http"
url = "{endpoint}"

[[tool]]
name = "show"
description = "Shows the order."
kind = "client"
"#
    );
    let file = [order("place_order", "never"), order("place_large_order", "always"), endpoint].concat();
    format!("private_hosts = [\"127.0.0.1\"]\n{file}")
}
