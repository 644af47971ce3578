//! The outputs of tools that a case gives, in place of what the tools would do: an endpoint, and a copy of the agents whose tools
//! call it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::{fs, io};

use axum::Router;
use axum::extract::{Path as Route, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, http};
use serde_json::Value;
use tokio::net::TcpListener;
use toml::{Table, Value as Field};

/// The header by which a call says for which conversation it is.
const CONVERSATION: &str = "x-conversation";

/// What a tool has, whoever runs it.
const COMMON_FIELDS: [&str; 6] = ["description", "parameters", "strict", "approval", "returns", "idempotent"];

/// The outputs of each conversation, by tool.
#[derive(Clone, Default)]
pub struct Outputs(Arc<Mutex<BTreeMap<String, BTreeMap<String, Value>>>>);

impl Outputs {
    /// Tools return these in this conversation.
    pub fn give(&self, conversation: &str, outputs: BTreeMap<String, Value>) {
        if let Ok(mut all) = self.0.lock() {
            all.insert(conversation.to_owned(), outputs);
        }
    }

    fn find(&self, conversation: &str, tool: &str) -> Option<Value> {
        self.0.lock().ok()?.get(conversation)?.get(tool).cloned()
    }

    /// Starts the endpoint, on a free port of loopback. It ends with the program. Returns its URL.
    ///
    /// # Errors
    /// There is no port.
    pub async fn serve(&self) -> io::Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let routes = Router::new().route("/{tool}", post(answer)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(url)
    }
}

async fn answer(State(outputs): State<Outputs>, Route(tool): Route<String>, headers: http::HeaderMap) -> Response {
    let conversation = headers.get(CONVERSATION).and_then(|id| id.to_str().ok()).unwrap_or_default();
    match outputs.find(conversation, &tool) {
        Some(Value::String(text)) => text.into_response(),
        Some(output) => Json(output).into_response(),
        None => http::StatusCode::NOT_IMPLEMENTED.into_response(),
    }
}

/// Copies a directory of agents. The tools that cases give outputs of call the endpoint at `url` there; a tool of the page stays
/// one.
///
/// # Errors
/// A file cannot be read or written, or a case gives the output of a tool that it cannot give.
pub fn copy(from: &Path, to: &Path, given: &BTreeSet<&str>, url: &str) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {error}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (name, path) = (entry.file_name(), entry.path());
        if path.is_dir() {
            copy(&path, &to.join(name), given, url)?;
            continue;
        }
        let tool = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_given = from.ends_with("tools") && given.contains(tool);
        if is_given {
            let text = fs::read_to_string(&path).map_err(failed)?;
            fs::write(to.join(name), replaced(tool, &text, url)?).map_err(failed)?;
        } else {
            fs::copy(&path, to.join(name)).map_err(failed)?;
        }
    }
    Ok(())
}

fn replaced(tool: &str, text: &str, url: &str) -> Result<String, String> {
    let file: Table = text.parse().map_err(|error| format!("tools/{tool}.toml: {error}"))?;
    match file.get("kind").and_then(Field::as_str) {
        Some("client") => return Ok(text.to_owned()),
        Some("lambda" | "http") => {}
        _ => {
            return Err(format!(
                "a case gives an output of {tool}: only tools of the kinds lambda, http and client can be replaced"
            ));
        }
    }
    let mut changed: Table = file.into_iter().filter(|(name, _)| COMMON_FIELDS.contains(&name.as_str())).collect();
    changed.insert("kind".to_owned(), "http".into());
    changed.insert("url".to_owned(), format!("{url}/{tool}").into());
    changed.insert("private_hosts".to_owned(), vec![Field::from("127.0.0.1")].into());
    changed.insert("headers".to_owned(), Table::from_iter([(CONVERSATION.to_owned(), "{conversation}".into())]).into());
    Ok(changed.to_string())
}
