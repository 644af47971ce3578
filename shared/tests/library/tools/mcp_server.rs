//! An MCP server that does what a test wants, and the tools that a directory declares of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use natter::http_clients::GuardedHttp;
use natter::secret::Secret;
use natter::toml_file::Mistakes;
use natter::tools::{
    Kind, ListedTool, Lock, LockFile, McpClient, McpServer, Output, Runs, SecretSource, Tool, ToolError, ToolsFile,
};
use serde_json::{Value, json};

use super::call;
use crate::support::HttpServer;

/// How a call is answered: of its JSON-RPC id and parameters.
type Answer = Box<dyn Fn(&Value, &Value) -> Response + Send>;

/// What the server does.
pub struct Script {
    /// The version of the protocol.
    pub version: &'static str,
    /// Whether it keeps sessions, and the one that it knows.
    pub session: Option<u32>,
    /// What it answers to a session that it does not know.
    pub unknown_session: StatusCode,
    /// Its tools, as it lists them.
    pub tools: Vec<Value>,
    /// How many of them it lists at once.
    pub page: usize,
    /// How it answers calls.
    pub answer: Answer,
    /// Its stream of notifications, sent at once.
    pub stream: Option<&'static str>,
    /// Whether a session may be closed.
    pub methods: Vec<String>,
    /// The parameters of the calls.
    pub calls: Vec<Value>,
    /// The headers of the last request.
    pub headers: HeaderMap,
}

/// A running server.
pub struct Scripted {
    pub url: String,
    script: Arc<Mutex<Script>>,
    _http: Option<HttpServer>,
}

pub fn tool(name: &str) -> Value {
    let schema = json!({"type": "object", "properties": {"q": {"type": "string"}}});
    json!({"name": name, "description": format!("Does {name}."), "inputSchema": schema})
}

pub fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

/// The answer with this result.
pub fn result(id: &Value, result: &Value) -> Response {
    axum::Json(json!({"jsonrpc": "2.0", "id": id, "result": result})).into_response()
}

/// The answer as a stream of these messages.
pub fn events(messages: &[Value]) -> Response {
    let lines: Vec<_> = messages.iter().map(|message| format!("event: message\ndata: {message}\n\n")).collect();
    ([("content-type", "text/event-stream")], lines.concat()).into_response()
}

impl Scripted {
    /// A server with the tools `search` and `fetch`, which answer with their names.
    pub async fn start() -> Self {
        let script = Script {
            version: "2025-06-18",
            session: Some(1),
            unknown_session: StatusCode::NOT_FOUND,
            tools: vec![tool("search"), tool("fetch")],
            page: 100,
            answer: Box::new(|id, params| result(id, &text(params["name"].as_str().unwrap()))),
            stream: None,
            methods: Vec::new(),
            calls: Vec::new(),
            headers: HeaderMap::new(),
        };
        let script = Arc::new(Mutex::new(script));
        let routes = post(answer).get(stream).delete(|| async { StatusCode::OK });
        let http = HttpServer::start(Router::new().route("/mcp", routes).with_state(Arc::clone(&script))).await;
        Self { url: format!("{}/mcp", http.url), script, _http: Some(http) }
    }

    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    /// How often each method was called.
    pub fn count(&self, method: &str) -> usize {
        self.script().methods.iter().filter(|called| *called == method).count()
    }

    pub fn client(&self, secret: Option<Secret>) -> McpClient {
        let (file, _) = self.declared("", &[]);
        connected(file, secret).0.remove("server").map(|client| Arc::into_inner(client).unwrap()).unwrap()
    }

    /// The tools of the server with these fields, as they are listed now.
    pub fn tools(&self, fields: &str, secret: Option<Secret>) -> Vec<Tool> {
        let tools: Vec<_> = self.script().tools.iter().map(listed).collect();
        let (file, mistakes) = self.declared(fields, &tools);
        mistakes.finish(()).unwrap();
        connected(file, secret).1
    }

    /// The first tool, at another address.
    pub fn tool_at(&self, url: &str) -> Tool {
        let elsewhere = Self { url: url.to_owned(), script: Arc::clone(&self.script), _http: None };
        elsewhere.tool("timeout = 4")
    }

    /// The first tool.
    pub fn tool(&self, fields: &str) -> Tool {
        self.tools(fields, None).remove(0)
    }

    fn declared(&self, fields: &str, tools: &[ListedTool]) -> (ToolsFile, Mistakes) {
        let lock = Lock::new(&self.url, tools).text();
        let text = format!("kind = \"mcp\"\nurl = \"{}\"\nprivate_hosts = [\"127.0.0.1\"]\n{fields}", self.url);
        let (mut file, mut mistakes) = (ToolsFile::default(), Mistakes::default());
        let lock = LockFile { path: "server.lock.json", text: Some(&lock), command: "" };
        file.add("server", "server.toml", &text, lock, &mut mistakes);
        (file, mistakes)
    }
}

fn listed(tool: &Value) -> ListedTool {
    ListedTool {
        name: tool["name"].as_str().unwrap().to_owned(),
        description: tool["description"].as_str().unwrap().to_owned(),
        schema: tool["inputSchema"].clone(),
    }
}

fn connected(file: ToolsFile, secret: Option<Secret>) -> (BTreeMap<String, Arc<McpClient>>, Vec<Tool>) {
    let http = GuardedHttp::new(Duration::from_secs(2), &file.private_hosts);
    let reviewed = |kind: &Kind| match kind {
        Kind::Mcp { tool, hash, .. } => Some((tool.clone(), hash.clone())),
        _ => None,
    };
    let hashes: BTreeMap<_, _> = file.tools.iter().filter_map(|declared| reviewed(&declared.kind)).collect();
    let secret = secret.map(Arc::new);
    let client = |(name, server): (String, McpServer<SecretSource>)| {
        let server = server.with_secret(|_| secret.clone().ok_or("no secret")).unwrap();
        (name.clone(), Arc::new(McpClient::new(&name, http.clone(), server, hashes.clone())))
    };
    let clients: BTreeMap<_, _> = file.servers.into_iter().map(client).collect();
    let mut tools = Vec::new();
    for declared in file.tools {
        let (mut tool, Kind::Mcp { server, tool: name, .. }) = (declared.tool, declared.kind) else { panic!("no MCP") };
        tool.runs = Runs::Server(Arc::new(clients[&server].runner(&name, tool.timeout)));
        tools.push(tool);
    }
    (clients, tools)
}

/// Calls a tool, and expects an error.
pub async fn failed(tool: &Tool) -> ToolError {
    call(tool, json!({})).await.unwrap_err()
}

pub fn said(text: &str) -> Result<Output, ToolError> {
    Ok(Output::Text(text.to_owned()))
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, headers: HeaderMap, body: String) -> Response {
    let message: Value = serde_json::from_str(&body).unwrap();
    let mut script = script.lock().unwrap();
    let (id, method, params) = (&message["id"], message["method"].as_str().unwrap_or("answer"), &message["params"]);
    script.methods.push(method.to_owned());
    let given = headers.get("mcp-session-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    script.headers = headers;
    let error = |code: i32| axum::Json(json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": "no"}}));
    match method {
        "server/discover" if script.version < "2026" => return error(-32601).into_response(),
        "server/discover" => {
            let found = json!({
                "resultType": "complete", "supportedVersions": [script.version], "capabilities": {"tools": {}},
                "serverInfo": {"name": "scripted", "version": "1"}, "ttlMs": 0, "cacheScope": "private",
            });
            return result(id, &found);
        }
        "initialize" => {
            let capabilities = json!({"tools": {"listChanged": true}});
            let info = json!({"name": "scripted", "version": "1"});
            let result = result(
                id,
                &json!({"protocolVersion": script.version, "capabilities": capabilities, "serverInfo": info}),
            );
            return match script.session {
                Some(session) => ([("mcp-session-id", session.to_string())], result).into_response(),
                None => result,
            };
        }
        _ if given != script.session.map(|session| session.to_string()) => {
            let text = json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32000, "message": "No such session"}});
            return (script.unknown_session, axum::Json(text)).into_response();
        }
        _ => {}
    }
    match method {
        "tools/list" => {
            let from = params["cursor"].as_str().map_or(0, |cursor| cursor.parse::<usize>().unwrap());
            let to = script.tools.len().min(from + script.page);
            let mut page =
                json!({"resultType": "complete", "ttlMs": 0, "cacheScope": "private", "tools": script.tools[from..to]});
            if to < script.tools.len() {
                page["nextCursor"] = to.to_string().into();
            }
            result(id, &page)
        }
        "tools/call" => {
            script.calls.push(params.clone());
            (script.answer)(id, params)
        }
        _ => StatusCode::ACCEPTED.into_response(),
    }
}

async fn stream(State(script): State<Arc<Mutex<Script>>>) -> Response {
    match script.lock().unwrap().stream {
        Some(text) => ([("content-type", "text/event-stream")], text).into_response(),
        None => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}
