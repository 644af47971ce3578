//! The environment variables that Lambda itself gives a process.
//!
//! Those of its documented list that have a meaning here. An OS-only runtime has no `AWS_EXECUTION_ENV`; one invocation at
//! a time has no `AWS_LAMBDA_MAX_CONCURRENCY`; there is no X-Ray daemon; and Lambda's library path would name folders of
//! this machine. `_X_AMZN_TRACE_ID` is set by the runtime, for each invocation, unless there are several at once.

use std::path::Path;

use super::settings::FunctionSettings;
use crate::arn::REGION;
use crate::date;
use crate::template::LogFormat;

/// The variables of an environment with this number whose Runtime API is at `address`.
pub fn of_lambda(settings: &FunctionSettings, id: u64, address: &str) -> Vec<(&'static str, String)> {
    let FunctionSettings { function, environment_concurrency, .. } = settings;
    let directory = settings.binary.parent().unwrap_or(Path::new(".")).display().to_string();
    let today = date::day(std::time::SystemTime::now());
    let mut variables = vec![
        ("_HANDLER", function.handler.clone()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_SESSION_TOKEN", "local".to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory.to_string()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_FORMAT", function.logging.format.to_string()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", function.logging.group.clone()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", format!("{today}/[$LATEST]{id:032x}")),
        ("AWS_LAMBDA_RUNTIME_API", address.to_owned()),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR".to_owned()),
        ("LAMBDA_TASK_ROOT", directory.clone()),
        ("LAMBDA_RUNTIME_DIR", directory),
        ("LANG", "en_US.UTF-8".to_owned()),
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin".to_owned()),
        ("TZ", ":UTC".to_owned()),
    ];
    if function.logging.format == LogFormat::Json {
        variables.push(("AWS_LAMBDA_LOG_LEVEL", function.logging.level.clone()));
    }
    if *environment_concurrency > 1 {
        variables.push(("AWS_LAMBDA_MAX_CONCURRENCY", environment_concurrency.to_string()));
    }
    variables
}
