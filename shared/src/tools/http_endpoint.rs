//! The endpoint of an http tool.

use super::url_template::UrlTemplate;

/// What is called, and how. `S` is a secret, or where it comes from.
#[derive(Debug, Clone)]
pub struct HttpEndpoint<S> {
    /// The method.
    pub method: Method,
    /// The URL.
    pub url: UrlTemplate,
    /// Headers of every call. In a value, `{user}` and `{conversation}` stand for those of the call.
    pub headers: Vec<(String, String)>,
    /// A header with a secret.
    pub secret: Option<SecretHeader<S>>,
}

/// A header with a secret.
#[derive(Debug, Clone)]
pub struct SecretHeader<S> {
    /// Its name.
    pub name: String,
    /// What stands before the secret, such as `Bearer `.
    pub prefix: String,
    /// The secret.
    pub secret: S,
}

/// The method of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Arguments that the URL does not name are in its query.
    Get,
    /// They are in its query, too.
    Delete,
    /// They are its body, an object of JSON. So with the others.
    Post,
    /// See [`Method::Post`].
    Put,
    /// See [`Method::Post`].
    Patch,
}

impl<S> HttpEndpoint<S> {
    /// The endpoint with the secret that is found for its source.
    ///
    /// # Errors
    /// There is none.
    pub fn with_secret<T, E>(self, find: impl FnOnce(S) -> Result<T, E>) -> Result<HttpEndpoint<T>, E> {
        let found = |SecretHeader { name, prefix, secret }| Ok(SecretHeader { name, prefix, secret: find(secret)? });
        let secret = self.secret.map(found).transpose()?;
        Ok(HttpEndpoint { method: self.method, url: self.url, headers: self.headers, secret })
    }
}

impl Method {
    const ALL: [(&'static str, Method); 5] = [
        ("GET", Method::Get),
        ("DELETE", Method::Delete),
        ("POST", Method::Post),
        ("PUT", Method::Put),
        ("PATCH", Method::Patch),
    ];

    /// The method with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, method)| method)
    }

    /// Whether arguments are in the body of a call.
    pub fn has_body(self) -> bool {
        !matches!(self, Method::Get | Method::Delete)
    }
}
