//! The certificates that TLS trusts.

use std::sync::OnceLock;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::environment::Environment;

/// The TLS configuration, built once. Clones share its contents.
///
/// Mozilla's roots are compiled in: finding, reading and parsing those of the machine took half of a function's start.
/// `SSL_CERT_FILE` adds another authority, such as that of a company's own model server.
///
/// # Panics
/// When that file cannot be read.
pub fn tls_config() -> ClientConfig {
    static CONFIG: OnceLock<ClientConfig> = OnceLock::new();
    CONFIG.get_or_init(make).clone()
}

#[allow(clippy::panic, reason = "start-up")]
fn make() -> ClientConfig {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = Environment::of_process().optional("SSL_CERT_FILE") {
        let more = CertificateDer::pem_file_iter(&file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let more = more.unwrap_or_else(|error| panic!("SSL_CERT_FILE: {file} cannot be read: {error}"));
        roots.add_parsable_certificates(more);
    }
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}
