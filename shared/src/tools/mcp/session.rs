//! A session with a server, and what is known of its tools in it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, JsonObject, PaginatedRequestParams, ProtocolVersion, RequestMetaObject,
    Tool,
};
use rmcp::service::{ClientCacheConfig, ClientLifecycleMode, ClientServiceExt, RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::common::client_side_sse::ExponentialBackoff;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::connection::Connection;
use super::failure::Failure;
use super::handler::Handler;
use crate::http_clients::GuardedHttp;
use crate::secret::Secret;
use crate::tools::mcp_server::{ListedTool, McpServer};

/// How long what a server lists is believed.
const CHECK_AFTER: Duration = Duration::from_secs(600);
/// The most that is read of a list.
const MAX_PAGES: usize = 100;
const MAX_LISTED: usize = 20_000;
/// How often a stream of events that broke is asked for again, with growing intervals from a second on.
const MAX_RECONNECTS: usize = 5;
/// In the metadata of a call, so that a server can tell a repeated one.
const IDEMPOTENCY_KEY: &str = "natter/idempotency-key";

/// A session.
pub(super) struct Session {
    service: RunningService<RoleClient, Handler>,
    tools_changed: Arc<AtomicBool>,
    // The hashes of the tools that were looked for.
    checked: Mutex<Option<Checked>>,
}

struct Checked {
    at: Instant,
    hashes: BTreeMap<String, String>,
}

impl Session {
    /// Connects to a server: as the newest version of the protocol wants it, or else with a handshake as before.
    pub(super) async fn open(http: &GuardedHttp, server: &Arc<McpServer<Arc<Secret>>>) -> Result<Self, Failure> {
        let tools_changed = Arc::<AtomicBool>::default();
        let connection = Connection::new(http, server, &tools_changed);
        let mut config = StreamableHttpClientTransportConfig::with_uri(server.url.as_str());
        // The tools are checked anew in another session, before anything is called in it.
        config.reinit_on_expired_session = false;
        config.allow_stateless = true;
        let mut retries = ExponentialBackoff::default();
        retries.max_times = Some(MAX_RECONNECTS);
        config.retry_config = Arc::new(retries);
        let transport = StreamableHttpClientTransport::with_client(connection, config);
        let newest =
            ClientLifecycleMode::Auto { preferred_versions: vec![ProtocolVersion::LATEST], legacy_version: None };
        let handler = Handler { tools_changed: Arc::clone(&tools_changed) };
        let service = handler.serve_with_lifecycle(transport, newest).await?;
        // What is believed for how long is decided here.
        service.peer().set_response_cache_config(ClientCacheConfig::disabled()).await;
        Ok(Self { service, tools_changed, checked: Mutex::default() })
    }

    /// Whether it has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.service.is_closed() || self.service.peer().is_transport_closed()
    }

    /// Calls a tool.
    pub(super) async fn call(&self, tool: &str, input: &Value, key: &str) -> Result<CallToolResponse, Failure> {
        let arguments: JsonObject = input.as_object().cloned().unwrap_or_default();
        let mut meta = RequestMetaObject::new();
        meta.0.insert(IDEMPOTENCY_KEY.to_owned(), Value::from(key));
        let mut params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        params.meta = Some(meta);
        Ok(self.service.call_tool_once(params).await?)
    }

    /// The hash of a tool as the server lists it now, or did a few minutes ago. `wanted` are all that may be asked for.
    pub(super) async fn hash(&self, tool: &str, wanted: &BTreeMap<String, String>) -> Result<Option<String>, Failure> {
        // Others wait meanwhile, and have the same answer.
        let mut checked = self.checked.lock().await;
        let has_changed = self.tools_changed.swap(false, Ordering::SeqCst);
        match &*checked {
            Some(checked) if !has_changed && checked.at.elapsed() < CHECK_AFTER => {
                return Ok(checked.hashes.get(tool).cloned());
            }
            _ => *checked = None,
        }
        let mut hashes = BTreeMap::new();
        self.list(|listed| {
            if wanted.contains_key(&*listed.name) {
                let listed = described(listed);
                hashes.insert(listed.name.clone(), listed.hash());
            }
            hashes.len() < wanted.len()
        })
        .await?;
        let hash = hashes.get(tool).cloned();
        *checked = Some(Checked { at: Instant::now(), hashes });
        Ok(hash)
    }

    /// The tools that the server lists, as far as they are wanted, and at most some more than so many.
    pub(super) async fn tools(
        &self,
        is_wanted: impl Fn(&str) -> bool,
        most: usize,
    ) -> Result<Vec<ListedTool>, Failure> {
        let mut tools = Vec::new();
        self.list(|listed| {
            if is_wanted(&listed.name) {
                tools.push(described(listed));
            }
            tools.len() <= most
        })
        .await?;
        Ok(tools)
    }

    // Reads page by page, as long as more is wanted.
    async fn list(&self, mut wants_more: impl FnMut(Tool) -> bool) -> Result<(), Failure> {
        let (mut cursor, mut listed) = (None, 0_usize);
        for _ in 0..MAX_PAGES {
            let params = PaginatedRequestParams::default().with_cursor(cursor.take());
            let page = self.service.peer().list_tools(Some(params)).await?;
            listed = listed.saturating_add(page.tools.len());
            for tool in page.tools {
                if !wants_more(tool) {
                    return Ok(());
                }
            }
            match page.next_cursor {
                Some(next) if listed < MAX_LISTED => cursor = Some(next),
                _ => return Ok(()),
            }
        }
        Ok(())
    }
}

fn described(tool: Tool) -> ListedTool {
    ListedTool {
        name: tool.name.into_owned(),
        description: tool.description.map(|text| text.into_owned()).unwrap_or_default(),
        schema: Value::Object(Arc::unwrap_or_clone(tool.input_schema)),
    }
}
