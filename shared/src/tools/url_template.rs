//! The URL of an http tool, with arguments in its path and query.

use std::net::Ipv6Addr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use serde_json::Value;

/// What needs no encoding (RFC 3986, unreserved characters).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const ELSEWHERE: &str = "must name its scheme and host: arguments may be in the path and the query alone";

/// A URL with placeholders such as `https://shop.example.com/orders/{order}?full={full}`. Arguments never reach the scheme and the
/// host, and never make or remove a segment of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlTemplate {
    pieces: Vec<Piece>,
    // With arguments of a letter, for its scheme, host and port.
    sample: Url,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Fixed(String),
    Argument { name: String, is_in_path: bool },
}

impl UrlTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// Says what is wrong, and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (_, behind_scheme) =
            text.split_once("://").ok_or("must be a URL such as https://shop.example.com/orders/{order}")?;
        let path = behind_scheme.find(['/', '?', '#']).map_or(text.len(), |at| text.len() - behind_scheme.len() + at);
        let query = text.find('?').unwrap_or(text.len());
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((fixed, behind)) = rest.split_once('{') {
            let start = text.len() - behind.len();
            let (name, after) = behind.split_once('}').ok_or("has a { without a }")?;
            if start <= path {
                return Err(
                    "must name its scheme and host: arguments may be in the path and the query alone".to_owned()
                );
            }
            pieces.push(Piece::Fixed(fixed.to_owned()));
            pieces.push(Piece::Argument { name: name.to_owned(), is_in_path: start <= query });
            rest = after;
        }
        pieces.push(Piece::Fixed(rest.to_owned()));
        let sample = filled(&pieces, |_| Some(Value::from("x")))?;
        check(&sample)?;
        let template = Self { pieces, sample };
        // A parser finds hosts where nobody expects them.
        match template.filled(|_| Some(Value::from("y"))) {
            Ok(_) => Ok(template),
            Err(_) => Err(ELSEWHERE.to_owned()),
        }
    }

    /// The host, as it is looked up.
    pub fn host(&self) -> &str {
        self.sample.host_str().unwrap_or_default()
    }

    /// The names of the arguments in it.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Argument { name, .. } => Some(name.as_str()),
            Piece::Fixed(_) => None,
        })
    }

    /// The URL of a call with these arguments.
    ///
    /// # Errors
    /// Says for the model which argument cannot be in a URL.
    pub fn fill(&self, input: &Value) -> Result<Url, String> {
        self.filled(|name| input.get(name).cloned())
    }

    fn filled(&self, argument: impl Fn(&str) -> Option<Value>) -> Result<Url, String> {
        let url = filled(&self.pieces, argument)?;
        match url.origin() == self.sample.origin() {
            true => Ok(url),
            false => Err("The arguments lead to another host.".to_owned()),
        }
    }
}

fn filled(pieces: &[Piece], argument: impl Fn(&str) -> Option<Value>) -> Result<Url, String> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Fixed(fixed) => text.push_str(fixed),
            Piece::Argument { name, is_in_path } => {
                let value = argument(name).as_ref().and_then(scalar);
                let value =
                    value.ok_or_else(|| format!("The argument {name} must be a text, a number, true or false."))?;
                if *is_in_path && value.is_empty() {
                    return Err(format!("The argument {name} must not be empty."));
                }
                text.extend(utf8_percent_encode(&value, ENCODED));
            }
        }
    }
    // A URL's parser would leave these out, and the segments before them.
    let path = text.split(['?', '#']).next().unwrap_or_default();
    if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err("An argument in the path must not be . or ..".to_owned());
    }
    Url::parse(&text).map_err(|error| format!("is not a URL: {error}"))
}

/// A value as it is written in a URL; `None` of lists, objects and null.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn check(url: &Url) -> Result<(), String> {
    let host = url.host_str().ok_or("must name a host")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user or a password; a secret belongs into a header".to_owned());
    }
    if url.fragment().is_some() {
        return Err("must not contain a #".to_owned());
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(host) => Ok(()),
        _ => Err("must begin with https://, or with http:// on loopback".to_owned()),
    }
}

fn is_loopback(host: &str) -> bool {
    let is_ipv6 = host.trim_matches(['[', ']']).parse().is_ok_and(|address: Ipv6Addr| address.is_loopback());
    is_ipv6 || host == "localhost" || host.parse().is_ok_and(|address: std::net::Ipv4Addr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fill(template: &str, input: Value) -> Result<String, String> {
        Ok(UrlTemplate::parse(template).unwrap().fill(&input)?.to_string())
    }

    #[test]
    fn arguments_are_encoded_where_they_stand() {
        let template = "https://a.example/orders/{order}/lines/{line}?note={note}&full=1";
        let input = json!({"order": "a/b?c#d é", "line": 7, "note": "x&y=1 +%"});
        let filled = "https://a.example/orders/a%2Fb%3Fc%23d%20%C3%A9/lines/7?note=x%26y%3D1%20%2B%25&full=1";
        assert_eq!(fill(template, input).unwrap(), filled);
        assert_eq!(UrlTemplate::parse(template).unwrap().arguments().collect::<Vec<_>>(), ["order", "line", "note"]);
    }

    #[test]
    fn no_argument_leaves_its_segment_of_the_path() {
        for value in [json!(".."), json!("."), json!(""), json!(null), json!(["a"]), json!({})] {
            assert!(fill("https://a.example/orders/{order}", json!({ "order": value })).is_err(), "{value}");
        }
        assert!(fill("https://a.example/{a}{b}/c", json!({"a": ".", "b": "."})).is_err());
        assert!(fill("https://a.example/orders/{order}", json!({})).is_err());
        for (value, segment) in
            [("../admin", "..%2Fadmin"), ("..\\admin", "..%5Cadmin"), ("%2e%2e", "%252e%252e"), ("...", "...")]
        {
            let url = fill("https://a.example/orders/{order}", json!({ "order": value })).unwrap();
            assert_eq!(url, format!("https://a.example/orders/{segment}"));
        }
        assert_eq!(fill("https://a.example/?q={q}", json!({"q": ""})).unwrap(), "https://a.example/?q=");
    }

    #[test]
    fn a_template_names_its_host_and_is_encrypted_outside_of_loopback() {
        for (template, problem) in [
            ("a.example/x", "must be a URL"),
            ("https://{host}/x", "scheme and host"),
            ("https://a.{zone}/x", "scheme and host"),
            ("https://a.example:{port}/x", "scheme and host"),
            ("http://a.example/x", "https://"),
            ("http://127.0.0.1.example/x", "https://"),
            ("ftp://a.example/x", "https://"),
            ("https://me:secret@a.example/x", "password"),
            ("https://a.example/x#{y}", "#"),
            ("https://a.example/{x", "without a }"),
            ("https:///{x}", "scheme and host"),
            ("https://\t/{x}", "scheme and host"),
            ("https://{x", "without a }"),
            ("https://?{x}", "is not a URL"),
        ] {
            let said = UrlTemplate::parse(template).unwrap_err();
            assert!(said.contains(problem), "{template}: {said}");
        }
        for template in
            ["http://localhost:9/x", "http://127.0.0.1:9/{x}", "http://[::1]:9/x", "https://a.example?q={q}"]
        {
            UrlTemplate::parse(template).unwrap();
        }
        assert_eq!(UrlTemplate::parse("https://A.Example/x").unwrap().host(), "a.example");
        assert_eq!(UrlTemplate::parse("https://0x7f.1/x").unwrap().host(), "127.0.0.1");
    }
}
