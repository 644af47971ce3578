//! The one WebSocket API of a template, in either of the two forms in which it can be declared.

use super::api::Api;
use super::resources::Resources;
use super::{gateway_resources, kinds, serverless_api};

pub(super) fn read(resources: &Resources<'_>) -> Result<Api, String> {
    let mut apis = resources.declared.iter().filter(|resource| resource.is_websocket_api(&resources.resolver));
    let Some(api) = apis.next() else {
        let (sam, raw) = (kinds::SERVERLESS_API, kinds::API);
        return Err(format!("there is no {sam}, and no {raw} with ProtocolType WEBSOCKET"));
    };
    if let Some(other) = apis.next() {
        return Err(format!("{} and {} are both WebSocket APIs; this stack runs one", api.id, other.id));
    }
    match api.kind {
        kinds::SERVERLESS_API => serverless_api::read(resources, api),
        _ => gateway_resources::read(resources, api),
    }
}
