//! A web page that a reply cites.

/// The most sources of one message.
pub const MAX_SOURCES: usize = 100;

/// The longest address, in bytes. Browsers and proxies take no more.
const MAX_URL_BYTES: usize = 2_000;

/// The longest title, in bytes; the rest is dropped.
const MAX_TITLE_BYTES: usize = 500;

/// A web page that a reply cites. Its address comes from a model's server, and is shown as a link.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub struct Source {
    #[debug("{} bytes", url.len())]
    url: String,
    #[debug("{:?} bytes", title.as_ref().map(String::len))]
    title: Option<String>,
}

impl Source {
    /// The page at `url`, if it is one that a link may lead to: `http` or `https`, and not too long.
    pub fn new(url: &str, title: Option<&str>) -> Option<Self> {
        let url = url.trim();
        let (scheme, rest) = url.split_once("://")?;
        let is_web = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        let is_plain = !rest.is_empty() && !url.contains(|each: char| each.is_whitespace() || each.is_control());
        let title = title.map(str::trim).filter(|title| !title.is_empty());
        let title = title.map(|title| title[..title.floor_char_boundary(MAX_TITLE_BYTES)].to_owned());
        (is_web && is_plain && url.len() <= MAX_URL_BYTES).then(|| Self { url: url.to_owned(), title })
    }

    /// Its address, which identifies it in its message.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its title.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_pages_are_sources() {
        for url in ["https://example.com", "http://example.com/a?b=c#d", "HTTPS://example.com/"] {
            assert_eq!(Source::new(url, None).unwrap().url(), url);
        }
        for url in [
            "",
            "https://",
            "javascript://%0aalert(1)",
            "javascript:alert(1)",
            "file:///etc",
            "https://a b",
            "x.example",
        ] {
            assert_eq!(Source::new(url, None), None, "{url}");
        }
    }

    #[test]
    fn addresses_and_titles_are_bounded() {
        let url = |bytes: usize| format!("https://{}", "x".repeat(bytes - "https://".len()));
        assert!(Source::new(&url(2_000), None).is_some());
        assert!(Source::new(&url(2_001), None).is_none());
        let titled = |title: &str| Source::new(&url(20), Some(title)).unwrap().title().map(str::to_owned);
        assert_eq!((titled(" A page "), titled(" ")), (Some("A page".to_owned()), None));
        assert_eq!(titled(&"é".repeat(300)), Some("é".repeat(250)));
    }
}
