//! The configuration of the log.

use lambda_runtime::tracing::Level;

use crate::environment::Environment;

/// The configuration of a function's log. Invalid values fall back on defaults, so that the function starts anyway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// The lowest level that is logged.
    pub level: Level,
    /// The CloudWatch namespace of the metrics.
    pub namespace: String,
    /// The function's name.
    pub function: String,
}

impl LogConfig {
    /// Reads `AWS_LAMBDA_LOG_LEVEL`, `AWS_LAMBDA_FUNCTION_NAME` and `METRICS_NAMESPACE`.
    pub fn read(environment: &Environment<'_>) -> Self {
        let level = environment.optional("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
        Self {
            level: match level.as_str() {
                // Lambda has a level above our highest.
                "FATAL" => Level::ERROR,
                level => level.parse().unwrap_or(Level::INFO),
            },
            namespace: environment.optional("METRICS_NAMESPACE").unwrap_or_else(|| "Natter".to_owned()),
            function: environment.optional("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default(),
        }
    }
}
