//! Lets only this machine's own page in.
//!
//! A page of another site could have its name resolve to 127.0.0.1 and then read this stack as if it were its own, so the name in
//! `Host` must be one that always means this machine. A request that says which page it comes from must come from that same host.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, StatusCode, header};

/// Passes on what comes from this machine's own page, or from a program on this machine that is no browser.
pub async fn admit(ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request, next: Next) -> Response {
    if peer.ip().to_canonical().is_loopback() && is_own(request.headers()) {
        next.run(request).await
    } else {
        let hint =
            "This page shows what people wrote. Open it on the machine of the stack, at 127.0.0.1 or localhost.\n";
        (StatusCode::FORBIDDEN, hint).into_response()
    }
}

fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(host) = text(&header::HOST) else { return false };
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let named = matches!(authority.host(), "127.0.0.1" | "localhost" | "[::1]");
    let from_itself = text(&header::ORIGIN).is_none_or(|origin| origin.strip_prefix("http://") == Some(host));
    let site = headers.get("sec-fetch-site").map(|site| site.to_str().unwrap_or_default());
    named && from_itself && matches!(site, None | Some("same-origin" | "none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(headers: &[(&'static str, &'static str)]) -> bool {
        let header = |(name, value): &(&'static str, &'static str)| (name.parse().unwrap(), value.parse().unwrap());
        is_own(&headers.iter().map(header).collect())
    }

    #[test]
    fn names_of_this_machine_are_let_in_and_no_others() {
        for host in ["127.0.0.1:8787", "localhost:8787", "[::1]:8787", "localhost"] {
            assert!(admits(&[("host", host)]), "{host}");
        }
        for host in ["example.com:8787", "127.0.0.1.example.com", "localhost.example.com:8787", "10.0.0.1:8787", ""] {
            assert!(!admits(&[("host", host)]), "{host}");
        }
        assert!(!admits(&[]));
    }

    #[test]
    fn a_page_of_another_origin_is_kept_out() {
        let host = ("host", "127.0.0.1:8787");
        assert!(admits(&[host, ("origin", "http://127.0.0.1:8787"), ("sec-fetch-site", "same-origin")]));
        assert!(admits(&[host, ("sec-fetch-site", "none")]));
        for origin in ["http://example.com", "http://127.0.0.1:9999", "https://127.0.0.1:8787", "null"] {
            assert!(!admits(&[host, ("origin", origin)]), "{origin}");
        }
        for site in ["cross-site", "same-site"] {
            assert!(!admits(&[host, ("sec-fetch-site", site)]), "{site}");
        }
    }
}
