//! The endpoint of an http tool, as a file declares it.

use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;

use crate::toml_file::{Collector, Fields};
use crate::tools::http_endpoint::{HttpEndpoint, Method, SecretHeader};
use crate::tools::url_template::UrlTemplate;

const URL: &str = "a URL such as https://shop.example.com/orders/{order}";
const METHODS: &str = "GET, POST, PUT, PATCH or DELETE";
/// What the connection and the call itself decide.
const RESERVED: [&str; 9] = [
    "connection",
    "content-length",
    "content-type",
    "host",
    "idempotency-key",
    "last-event-id",
    "mcp-protocol-version",
    "mcp-session-id",
    "transfer-encoding",
];

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSource {
    /// An environment variable, which counts where it is set.
    pub variable: Option<String>,
    /// The name or the ARN of a secret in Secrets Manager.
    pub id: Option<String>,
}

/// Reads it; `None` if it is mistaken.
pub(super) fn endpoint(
    fields: &mut Fields<'_, '_>,
    schema: &Value,
    mistakes: &mut Collector<'_>,
) -> Option<HttpEndpoint<SecretSource>> {
    let url = url(fields, schema, mistakes);
    let method = match fields.optional_text("method", METHODS, mistakes) {
        None => Some(Method::Post),
        Some((name, place)) => {
            let method = Method::named(name);
            if method.is_none() {
                mistakes.add(place, format!("method must be {METHODS}"));
            }
            method
        }
    };
    let headers = headers(fields, mistakes);
    let secret = secret(fields, mistakes);
    Some(HttpEndpoint { method: method?, url: url?, headers, secret })
}

fn url(fields: &mut Fields<'_, '_>, schema: &Value, mistakes: &mut Collector<'_>) -> Option<UrlTemplate> {
    let (text, place) = fields.text("url", URL, mistakes)?;
    let url = match UrlTemplate::parse(text) {
        Ok(url) => url,
        Err(problem) => {
            mistakes.add(place, format!("url {problem}"));
            return None;
        }
    };
    let required = schema.get("required").and_then(Value::as_array);
    for argument in url.arguments() {
        let is_required = required.is_some_and(|names| names.iter().any(|name| name == argument));
        if !is_required || schema.pointer("/properties").and_then(|all| all.get(argument)).is_none() {
            let problem =
                format!("url names {{{argument}}}, which must be among the properties and the required of parameters");
            mistakes.add(place.clone(), problem);
        }
    }
    Some(url)
}

pub(super) fn headers(fields: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Vec<(String, String)> {
    let Some(value) = fields.optional("headers") else { return Vec::new() };
    let Some(table) = value.get_ref().as_table() else {
        mistakes.add(value.span(), "headers must be a table such as { Accept-Language = \"en\" }");
        return Vec::new();
    };
    let mut headers = Vec::new();
    for (name, value) in table {
        if let Some(problem) = problem_of(name.get_ref()) {
            mistakes.add(name.span(), problem);
        }
        match value.get_ref().as_str().filter(|text| HeaderValue::from_str(text).is_ok()) {
            Some(text) => headers.push((name.get_ref().to_string(), text.to_owned())),
            None => mistakes.add(value.span(), format!("the header {} must be a text of one line", name.get_ref())),
        }
    }
    headers
}

pub(super) fn secret(fields: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Option<SecretHeader<SecretSource>> {
    let value = fields.optional("secret")?;
    let Some(table) = value.get_ref().as_table() else {
        let expected = "{ header = \"Authorization\", prefix = \"Bearer \", id = \"natter/shop\" }";
        mistakes.add(value.span(), format!("secret must be a table such as {expected}"));
        return None;
    };
    let mut fields = Fields::new(table, value.span());
    let name = fields.text("header", "the name of a header", mistakes);
    if let Some((problem, place)) = name.as_ref().and_then(|(name, place)| Some((problem_of(name)?, place.clone()))) {
        mistakes.add(place, problem);
    }
    let prefix = fields.optional_text("prefix", "a text such as \"Bearer \"", mistakes);
    let variable = fields.optional_text("variable", "the name of an environment variable", mistakes);
    let id = fields.optional_text("id", "the name or the ARN of a secret in Secrets Manager", mistakes);
    if variable.is_none() && id.is_none() {
        mistakes
            .add(fields.place(), "secret must have an id in Secrets Manager, a variable of the environment, or both");
    }
    fields.finish("secret", mistakes);
    let owned = |found: Option<(&str, _)>| found.map(|(text, _)| text.to_owned());
    Some(SecretHeader {
        name: owned(name)?,
        prefix: owned(prefix).unwrap_or_default(),
        secret: SecretSource { variable: owned(variable), id: owned(id) },
    })
}

fn problem_of(header: &str) -> Option<String> {
    match HeaderName::from_bytes(header.as_bytes()) {
        Err(_) => Some(format!("{header:?} is no name of a header")),
        Ok(name) if RESERVED.contains(&name.as_str()) => {
            Some(format!("the header {name} is set for each call, not here"))
        }
        Ok(_) => None,
    }
}
