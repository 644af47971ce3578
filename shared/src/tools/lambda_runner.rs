//! Tools that are Lambda functions of the account.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::invoke::{InvokeError, InvokeOutput};
use aws_sdk_lambda::primitives::Blob;
use futures::future::{BoxFuture, FutureExt};
use serde::Deserialize;
use serde_json::{Value, json};

use super::output::Output;
use super::runner::{Invocation, ToolRunner};
use super::tool::MAX_OUTPUT_BYTES;
use super::tool_error::ToolError;
use crate::aws_error::summary;
use crate::http_clients::{AwsHttp, is_too_long, never_connected};

/// The longest name of an error that a model is told, in bytes.
const MAX_ERROR_NAME_BYTES: usize = 64;

/// Invokes functions.
#[derive(Debug, Clone)]
pub struct Lambda {
    client: Client,
}

/// Invokes one function.
struct LambdaRunner {
    client: Client,
    tool: Arc<str>,
    function: Arc<str>,
}

impl Lambda {
    /// A client for tools, on `http`. It never calls twice, since a call may have acted; how long one may take is up to the tool; and
    /// of an answer no more is read than any tool may have.
    pub fn new(aws: &SdkConfig, http: &AwsHttp) -> Self {
        let config = aws_sdk_lambda::config::Builder::from(aws)
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .http_client(http.for_sdk_within(MAX_OUTPUT_BYTES));
        Self { client: Client::from_conf(config.build()) }
    }

    /// What runs the tool with this name by the function with this name or ARN.
    pub fn runner(&self, tool: &str, function: &str) -> Arc<dyn ToolRunner> {
        Arc::new(LambdaRunner { client: self.client.clone(), tool: tool.into(), function: function.into() })
    }
}

impl ToolRunner for LambdaRunner {
    fn run(&self, call: Invocation) -> BoxFuture<'static, Result<Output, ToolError>> {
        let payload = json!({
            "name": &*self.tool,
            "arguments": call.input,
            "key": call.key,
            "user": call.user,
            "conversation": call.conversation,
        });
        let invoke = self.client.invoke().function_name(&*self.function).payload(Blob::new(payload.to_string()));
        async move { invoke.send().await.map_err(|error| refusal(&error)).and_then(answer) }.boxed()
    }
}

fn answer(answer: InvokeOutput) -> Result<Output, ToolError> {
    let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
    if answer.function_error.is_some() {
        return Err(failure(&payload));
    }
    if payload.is_empty() {
        return Ok(Output::Json(Value::Null));
    }
    let json = serde_json::from_slice(&payload);
    Output::of_json(json.map_err(|_| ToolError::failed("The tool ran, but its answer is not JSON."))?)
}

// The kind of an error is a name in the function's code. Its message may quote anything, such as the address of a database with its
// password: a function that has something to say to the model returns it, as an error of MCP.
fn failure(payload: &[u8]) -> ToolError {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Failure {
        error_type: String,
    }
    let Failure { error_type } = serde_json::from_slice(payload).unwrap_or_default();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':');
    match error_type.as_str() {
        // Lambda's own: it ended the function in the middle of its work.
        "Sandbox.Timedout" | "Runtime.ExitError" | "Runtime.OutOfMemory" => {
            ToolError::unknown("The tool's function was ended before it answered. It may have acted.")
        }
        name if (1..=MAX_ERROR_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_name) => {
            ToolError::failed(format!("The tool's function failed with {name}."))
        }
        _ => ToolError::failed("The tool's function failed."),
    }
}

fn refusal(error: &SdkError<InvokeError>) -> ToolError {
    if is_too_long(error) {
        return ToolError::too_large(MAX_OUTPUT_BYTES);
    }
    tracing::warn!(error = summary(error), "a tool's function was not invoked, or did not answer");
    match error {
        SdkError::ConstructionFailure(_) => ToolError::failed("The tool's function cannot be called."),
        SdkError::DispatchFailure(_) if never_connected(error) => {
            ToolError::failed("Lambda cannot be reached. The tool's function has not been called.")
        }
        SdkError::ServiceError(failure) if failure.raw().status().is_client_error() => {
            let code = failure.err().code().unwrap_or("an error without a name");
            ToolError::failed(format!("The tool's function was not called: Lambda answered with {code}."))
        }
        _ => ToolError::unknown("The connection to the tool's function broke before it answered. It may have acted."),
    }
}
