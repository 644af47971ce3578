//! Leaves out of a call what the SDK reports about itself and the call: headers that API Gateway does not need, and the
//! labels of metrics that nobody collects.
//!
//! They took a fifth of a post's instructions, and a reply makes some fifty posts.

use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::user_agent::UserAgentInterceptor;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, disable_interceptor, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_types::config_bag::ConfigBag;

const CAUSE: &str = "API Gateway does not need its header";

/// Disables what writes these headers, and removes what the labels are made of.
#[derive(Debug)]
pub struct WithoutTelemetry;

// Tells the SDK which hook there is; it would call all of them.
#[dyn_dispatch_hint]
impl Intercept for WithoutTelemetry {
    fn name(&self) -> &'static str {
        "WithoutTelemetry"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        call: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        call.interceptor_state()
            .store_put(disable_interceptor::<UserAgentInterceptor>(CAUSE))
            .store_put(disable_interceptor::<InvocationIdInterceptor>(CAUSE))
            .store_put(disable_interceptor::<RequestInfoInterceptor>(CAUSE))
            // Only metrics read it.
            .unset::<Metadata>();
        Ok(())
    }
}
