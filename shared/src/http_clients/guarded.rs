//! The client for tools: it connects to public addresses alone, so that nobody who decides where a name leads can make a function
//! call what only the function can reach.
//!
//! A name is judged by the addresses to which it resolves for this very connection: one that answers differently when it is asked
//! again gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Method, RequestBuilder, Url};

use super::builder;

/// A client that refuses addresses which are not public, unless their host is listed. Clones share connections.
#[derive(Debug, Clone)]
pub struct GuardedHttp {
    client: Client,
    guard: Guard,
}

/// The host is not listed, and its address is not public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the host has no public address")]
pub struct NotPublic;

#[derive(Debug, Clone)]
struct Guard {
    private_hosts: Arc<[String]>,
}

impl GuardedHttp {
    /// A client that may connect to these hosts at private addresses, too. It follows no redirects and uses no proxy, which would
    /// look names up itself.
    ///
    /// # Panics
    /// At start-up only, when the file that `SSL_CERT_FILE` names cannot be read.
    #[allow(clippy::expect_used, reason = "start-up")]
    pub fn new(connect_limit: Duration, private_hosts: &[String]) -> Self {
        let guard = Guard { private_hosts: private_hosts.iter().map(|host| host.to_lowercase()).collect() };
        let client = builder(connect_limit).no_proxy().dns_resolver(Arc::new(guard.clone())).build();
        Self { client: client.expect("an HTTP client can be made"), guard }
    }

    /// Begins a request.
    ///
    /// # Errors
    /// The URL has an address in place of a name, which is not public.
    pub fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, NotPublic> {
        let host = url.host_str().unwrap_or_default();
        // Addresses are not looked up.
        match host.trim_matches(['[', ']']).parse() {
            Ok(address) if !self.guard.permits(host, address) => Err(NotPublic),
            _ => Ok(self.client.request(method, url)),
        }
    }
}

impl Guard {
    fn permits(&self, host: &str, address: IpAddr) -> bool {
        match reach(address) {
            Reach::Public => true,
            Reach::Private => self.private_hosts.iter().any(|listed| listed == host),
            Reach::Never => false,
        }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let host = name.as_str().to_lowercase();
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            let permitted: Vec<SocketAddr> = found.filter(|found| guard.permits(&host, found.ip())).collect();
            if permitted.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

/// From where an address can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Public,
    /// From the function's machine or network.
    Private,
    /// No tool is there: the platform's own endpoints, such as those that give out credentials, and addresses of no one machine.
    Never,
}

fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_of_v4(address),
        IpAddr::V6(address) => reach_of_v6(address),
    }
}

fn reach_of_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        // Link-local, with the metadata of EC2 and ECS; this network; multicast, reserved and broadcast.
        [169, 254, ..] | [0, ..] | [224..=255, ..] => Reach::Never,
        [10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..] => Reach::Private,
        // Of providers, protocols, benchmarks and documents.
        [100, 64..=127, ..] | [192, 0, 0 | 2, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Reach::Private
        }
        _ => Reach::Public,
    }
}

fn reach_of_v6(address: Ipv6Addr) -> Reach {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        reach_of_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Reach::Private,
        // IPv4 written as IPv6: mapped, translated (NAT64), and by 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            embedded(high, low)
        }
        // The metadata of EC2.
        [0xfd00, 0x0ec2, ..] => Reach::Never,
        [0xfc00..=0xfdff, ..] => Reach::Private,
        // Teredo, and documents.
        [0x2001, 0 | 0xdb8, ..] | [0x3fff, ..=0xfff, ..] => Reach::Never,
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(expected: Reach, addresses: &[&str]) {
        for address in addresses {
            assert_eq!(reach(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn addresses_are_public_private_or_nobodys() {
        is(Reach::Public, &["1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "192.0.1.1", "2606:4700::1111"]);
        is(Reach::Public, &["::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1"]);
        is(Reach::Private, &["127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"]);
        is(Reach::Private, &["100.64.0.1", "198.18.0.1", "::1", "fc00::1", "fd12::1"]);
        is(Reach::Private, &["::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::1"]);
        is(Reach::Never, &["0.0.0.0", "169.254.169.254", "169.254.170.2", "224.0.0.1", "255.255.255.255", "240.0.0.1"]);
        is(
            Reach::Never,
            &["::", "fe80::1", "ff02::1", "fd00:ec2::254", "::ffff:169.254.169.254", "::127.0.0.1", "2001::1"],
        );
    }

    #[test]
    fn an_address_in_a_url_is_judged_however_it_is_written() {
        let http = GuardedHttp::new(Duration::from_secs(1), &["10.0.0.5".to_owned(), "169.254.169.254".to_owned()]);
        let refused = |url: &str| http.request(Method::GET, url.parse().unwrap()).is_err();
        for url in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::ffff:7f00:1]/",
            "https://[::1]/",
            "https://169.254.169.254/latest",
            "https://10.0.0.6/",
        ] {
            assert!(refused(url), "{url}");
        }
        assert!(!refused("https://10.0.0.5/") && !refused("https://1.1.1.1/"));
    }
}
