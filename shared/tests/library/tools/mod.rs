//! Tools that run outside of the function: real HTTP servers on loopback that behave as badly as servers do, and one that answers as
//! Lambda does.

mod http;
mod http_dangers;
mod lambda;
mod mcp;
mod mcp_dangers;
mod mcp_server;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use natter::http_clients::GuardedHttp;
use natter::secret::Secret;
use natter::tools::{
    Declaration, HttpRunner, Invocation, Kind, Output, Runs, SecretSource, Tool, ToolError, ToolsFile,
};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{conversation_id, user};

#[test]
fn the_tools_of_the_documents_are_declared_as_they_should() {
    let page = include_str!("../../../../docs/tools.md");
    let examples: Vec<_> = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() > 3);
    for example in examples {
        ToolsFile::parse("docs/tools.md", example).unwrap();
    }
}

fn invocation(input: Value) -> Invocation {
    Invocation { key: "call-1".to_owned(), user: user("ada"), conversation: conversation_id("chat"), input }
}

async fn call(tool: &Tool, input: Value) -> Result<Output, ToolError> {
    tool.check(&input).unwrap();
    tool.run(invocation(input)).unwrap().await
}

/// The http tool with these fields, which may reach these hosts at private addresses.
fn http_tool(private_hosts: &[&str], fields: &str, secret: Option<Secret>) -> Tool {
    let tool = "[[tool]]\nname = \"a\"\ndescription = \"A.\"\nkind = \"http\"";
    let text = format!("private_hosts = {private_hosts:?}\n{tool}\n{fields}");
    let mut file = ToolsFile::parse("tools.toml", &text).unwrap();
    let http = GuardedHttp::new(Duration::from_secs(2), &file.private_hosts);
    let Some(Declaration { mut tool, kind: Kind::Http(endpoint) }) = file.tools.pop() else { panic!("no http tool") };
    let endpoint = endpoint.with_secret(|_: SecretSource| secret.map(Arc::new).ok_or("no secret")).unwrap();
    tool.runs = Runs::Server(Arc::new(HttpRunner::new(http, endpoint, tool.max_output_bytes)));
    tool
}

/// One that calls this URL on loopback with whatever arguments, and has more fields.
fn tool_at(url: &str, fields: &str) -> Tool {
    http_tool(&["127.0.0.1"], &format!("url = \"{url}\"\n{fields}\nparameters = {{ type = \"object\" }}"), None)
}

/// A server that reads something of each connection, says this, and closes it.
async fn closing(said: &'static [u8]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let (url, count) = (format!("http://{}", listener.local_addr().unwrap()), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.read(&mut [0; 4096]).await;
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = socket.write_all(said).await;
        }
    });
    (url, count)
}

/// An address at which nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
