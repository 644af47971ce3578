//! Who speaks: tokens (JWT) of an OpenID Connect issuer, checked once, when a connection is opened.

mod crypto;
mod issuer_keys;
mod key_set;
mod token;

pub use issuer_keys::IssuerKeys;
pub use token::{CLOCK_LEEWAY, Identity, TokenError, TokenVerifier, token_of_connection};
