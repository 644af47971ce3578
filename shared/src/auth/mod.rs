//! Who speaks: tokens (JWT) of an OpenID Connect issuer, checked once, when a connection is opened.

mod crypto;
mod issuer_keys;
mod token;

pub use issuer_keys::IssuerKeys;
pub use token::{Identity, TokenError, TokenVerifier, token_of_connection};
