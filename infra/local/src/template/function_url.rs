//! `FunctionUrlConfig` of a function: its own HTTPS address, without API Gateway.

use serde_json::Value;

/// Which pages of other origins may call a function's address (`Cors`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FunctionUrl {
    /// `AllowOrigins`; a single `*` allows every page.
    pub origins: Vec<String>,
    /// `AllowMethods`.
    pub methods: Vec<String>,
    /// `AllowHeaders`.
    pub headers: Vec<String>,
}

/// Reads the property. A function with signed requests (`AWS_IAM`) is refused, since signatures are not verified here.
pub(super) fn read(function: &str, config: Option<Value>) -> Result<Option<FunctionUrl>, String> {
    let Some(config) = config else { return Ok(None) };
    if config["AuthType"] != "NONE" {
        return Err(format!("{function}: FunctionUrlConfig needs the AuthType NONE here"));
    }
    let texts = |name: &str| {
        let items = config["Cors"][name].as_array().into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    Ok(Some(FunctionUrl {
        origins: texts("AllowOrigins"),
        methods: texts("AllowMethods"),
        headers: texts("AllowHeaders"),
    }))
}
