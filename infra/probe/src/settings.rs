//! The settings, from the environment.

/// The environment variables that the template declares. A missing one is empty.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `ROLE`: the role of this function.
    pub role: String,
    /// `CONNECTIONS_ENDPOINT`: the endpoint of `@connections`.
    pub connections_endpoint: String,
    /// `TABLE_NAME`: the table to write to.
    pub table_name: String,
    /// `OPENAI_BASE_URL`: the model to call.
    pub model_url: String,
}

impl Settings {
    /// Reads them.
    #[allow(clippy::disallowed_methods, reason = "this is the place to read the environment")]
    pub fn from_environment() -> Self {
        let variable = |name| std::env::var(name).unwrap_or_default();
        Self {
            role: variable("ROLE"),
            connections_endpoint: variable("CONNECTIONS_ENDPOINT"),
            table_name: variable("TABLE_NAME"),
            model_url: variable("OPENAI_BASE_URL"),
        }
    }
}

/// Every variable, by name.
#[allow(clippy::disallowed_methods, reason = "this is the place to read the environment")]
pub fn whole_environment() -> serde_json::Map<String, serde_json::Value> {
    std::env::vars().map(|(name, value)| (name, value.into())).collect()
}
