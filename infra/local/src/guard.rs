//! Admits only this machine's own pages and programs.
//!
//! A page of another site could have its name resolve to 127.0.0.1 and then use this stack as if it were its own, so the name in
//! `Host` must be one that always means this machine. A request that says which page it comes from must come from that same host.
//!
//! Open to all are the socket and function URLs, which need a token as on AWS, and the files of the site.

use std::net::{IpAddr, SocketAddr};

use axum::Extension;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, StatusCode, header};

/// Who may access a part of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// This machine.
    Machine,
    /// Any machine that reaches the stack by an IP address, which no site can rebind its name to.
    Network,
}

/// Admits requests of the audience's own page, or of its programs other than browsers.
pub async fn admit(
    State(audience): State<Audience>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    request: Request,
    next: Next,
) -> Response {
    // A request without a peer is a function's call, which does not come over the network.
    let is_admitted = peer.is_none_or(|Extension(ConnectInfo(peer))| {
        let is_near = audience == Audience::Network || peer.ip().to_canonical().is_loopback();
        is_near && is_own(request.headers(), audience)
    });
    if is_admitted {
        next.run(request).await
    } else {
        let hint = "Only this machine's own pages and programs may read this. Open it on the machine of the stack, at 127.0.0.1 or localhost.\n";
        (StatusCode::FORBIDDEN, hint).into_response()
    }
}

/// Passes on requests that name this machine in `Host`, from any sender.
pub async fn admit_by_host(request: Request, next: Next) -> Response {
    match is_own(request.headers(), Audience::Machine) {
        true => next.run(request).await,
        false => StatusCode::FORBIDDEN.into_response(),
    }
}

fn is_own(headers: &HeaderMap, audience: Audience) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(host) = text(&header::HOST) else { return false };
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    let is_address = || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let is_named = matches!(name, "127.0.0.1" | "localhost" | "[::1]") || audience == Audience::Network && is_address();
    let from_itself = text(&header::ORIGIN).is_none_or(|origin| origin.strip_prefix("http://") == Some(host));
    let site = headers.get("sec-fetch-site").map(|site| site.to_str().unwrap_or_default());
    is_named && from_itself && matches!(site, None | Some("same-origin" | "none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(headers: &[(&'static str, &'static str)]) -> bool {
        let header = |(name, value): &(&'static str, &'static str)| (name.parse().unwrap(), value.parse().unwrap());
        is_own(&headers.iter().map(header).collect(), Audience::Machine)
    }

    #[test]
    fn a_stack_that_others_may_reach_is_reached_by_its_address() {
        let admits = |host: &str| {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            is_own(&headers, Audience::Network)
        };
        for host in ["192.168.1.5:8787", "[fe80::1]:8787", "localhost:8787"] {
            assert!(admits(host), "{host}");
        }
        for host in ["example.com:8787", "192.168.1.5.example.com", ""] {
            assert!(!admits(host), "{host}");
        }
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
