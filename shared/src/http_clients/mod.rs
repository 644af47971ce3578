//! The HTTP clients of a process: hyper's for AWS services, and reqwest, which builds on it, for models and issuers.
//! They trust the same authorities and share one TLS stack, rustls with ring.

mod aws;
mod aws_config;
mod guarded;
mod trust;

use std::time::Duration;

use rustls::CertificateError;

pub use aws::AwsHttp;
pub(crate) use aws::{is_too_long, never_connected};
pub use aws_config::aws_config;
pub use guarded::{GuardedHttp, NotPublic};

/// Installs ring as the TLS provider of this process. To be called first; idempotent.
pub fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The client for models and issuers. It follows no redirects: a key must not travel to another address.
///
/// # Panics
/// At start-up only, when the file that `SSL_CERT_FILE` names cannot be read.
#[allow(clippy::expect_used, reason = "start-up")]
pub fn reqwest_client(connect_limit: Duration) -> reqwest::Client {
    builder(connect_limit).build().expect("an HTTP client can be made")
}

fn builder(connect_limit: Duration) -> reqwest::ClientBuilder {
    install_crypto();
    reqwest::Client::builder()
        .tls_backend_preconfigured(trust::tls_config())
        .connect_timeout(connect_limit)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("natter/", env!("CARGO_PKG_VERSION")))
}

/// The innermost cause of a failed call. The outer errors of HTTP clients include URLs, which may contain a secret, and
/// those of TLS quote the names in a server's certificate, which may be anything.
pub(crate) fn innermost_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    let Some(cause) = cause else { return "the call failed".to_owned() };
    let inside = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    match inside.and_then(|inside| inside.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { .. })) => {
            "the server's certificate is for another name".to_owned()
        }
        _ => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("https://example.com/?key=sk-123")]
    struct Outer(#[source] io::Error);

    #[test]
    fn the_cause_of_a_failed_call_quotes_neither_the_address_nor_the_server() {
        let refused = Outer(io::ErrorKind::ConnectionRefused.into());
        assert_eq!(innermost_cause(&refused), "connection refused");

        let expected = "example.com".try_into().unwrap();
        let error = CertificateError::NotValidForNameContext { expected, presented: vec!["sk-123".to_owned()] };
        let other_name = Outer(io::Error::other(rustls::Error::InvalidCertificate(error)));
        assert_eq!(innermost_cause(&other_name), "the server's certificate is for another name");
    }
}
