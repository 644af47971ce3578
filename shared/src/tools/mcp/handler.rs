//! What a server may ask of us, and tell us.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rmcp::ClientHandler;
#[allow(deprecated, reason = "servers of earlier versions ask for roots")]
use rmcp::model::ListRootsResult;
use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ErrorCode, ErrorData, Implementation,
};
use rmcp::service::{NotificationContext, RequestContext, RoleClient};

/// Refuses whatever a server asks, since we offer nothing, and notes that its tools have changed.
pub(super) struct Handler {
    /// Set when the server says so.
    pub(super) tools_changed: Arc<AtomicBool>,
}

#[allow(deprecated, reason = "servers of earlier versions ask for roots")]
impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        let implementation = Implementation::new("natter", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), implementation)
    }

    // Without these, a server would be told that there are no roots, and that the user has declined.
    fn list_roots(
        &self,
        _: RequestContext<RoleClient>,
    ) -> impl Future<Output = Result<ListRootsResult, ErrorData>> + Send + '_ {
        ready(Err(unsupported("roots/list")))
    }

    fn create_elicitation(
        &self,
        _: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> impl Future<Output = Result<ElicitResult, ErrorData>> + Send + '_ {
        ready(Err(unsupported("elicitation/create")))
    }

    fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) -> impl Future<Output = ()> + Send + '_ {
        self.tools_changed.store(true, Ordering::SeqCst);
        ready(())
    }
}

fn unsupported(method: &'static str) -> ErrorData {
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method, None)
}
