//! Authentication: tokens (JWT) of an OpenID Connect issuer, verified once, when a connection is opened.

mod crypto;
mod error;
mod issuer_keys;
mod key_set;
mod ticket;
mod token;

pub use error::TokenError;
pub use issuer_keys::IssuerKeys;
pub use ticket::Ticket;
pub use token::{CLOCK_LEEWAY, Identity, TokenVerifier, ticket_of_connection, token_of_connection};
