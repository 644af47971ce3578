//! Functions invoked over HTTP: Lambda's own API, and function URLs.

mod function_url;
mod invoke_api;

pub use function_url::router as function_urls;
pub use invoke_api::router as invoke_api;
