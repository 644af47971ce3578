//! Tokens: where a connection carries one, and whose it is.

use std::time::Duration;

use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;

use super::crypto;
use super::error::TokenError;
use super::issuer_keys::IssuerKeys;
use crate::conversation::UserId;

/// How far the issuer's clock and ours may differ.
pub const CLOCK_LEEWAY: Duration = Duration::from_secs(30);

/// The longest token that is looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Whose a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The token's subject.
    pub user: UserId,
    /// When it expires, in seconds since 1970.
    pub expires_at: u64,
}

/// Says whose tokens are.
pub struct TokenVerifier {
    issuer: String,
    audience: String,
    keys: IssuerKeys,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
}

impl TokenVerifier {
    /// Accepts tokens that `issuer` issued for `audience` and signed with one of `keys`.
    pub fn new(issuer: String, audience: String, keys: IssuerKeys) -> Self {
        crypto::install();
        Self { issuer, audience, keys }
    }

    /// Whose the token is.
    ///
    /// # Errors
    /// It is malformed, expired, not signed by the issuer, or not for us; or the issuer's keys cannot be had.
    pub async fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Invalid("it is too long"));
        }
        // Whatever else the header says of keys (`jwk`, `jku`, `x5c`, …) is the sender's word and is not read.
        let header = decode_header(token).map_err(refused)?;
        // Extensions that must be understood (RFC 7515, section 4.1.11). None is.
        if header.crit.is_some() {
            return Err(TokenError::Invalid("it wants an extension to be understood"));
        }
        let (key, algorithm) = self.keys.find(header.kid.as_deref()).await?;
        let mut validation = Validation::new(algorithm);
        validation.leeway = CLOCK_LEEWAY.as_secs();
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let claims = decode::<Claims>(token, &key, &validation).map_err(refused)?.claims;
        let user =
            UserId::try_from(claims.sub).map_err(|_| TokenError::Invalid("its subject cannot be a user's name"))?;
        Ok(Identity { user, expires_at: claims.exp })
    }
}

// The library's own sentences may quote the token.
fn refused(error: Error) -> TokenError {
    TokenError::Invalid(match error.kind() {
        ErrorKind::InvalidSignature => "its signature is not by the key it names",
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidKeyFormat => "its algorithm is not the one of its key",
        ErrorKind::ExpiredSignature => "it has expired",
        ErrorKind::ImmatureSignature => "it is not good yet",
        ErrorKind::InvalidIssuer => "it is of another issuer",
        ErrorKind::InvalidAudience => "it is for another audience",
        ErrorKind::MissingRequiredClaim(_) => "it lacks one of exp, iss, aud and sub",
        _ => "it is malformed",
    })
}

/// The token that a new connection carries: the query parameter `token`, or the subprotocol `bearer.<token>`, which a
/// page can set, unlike a header, and which stays out of addresses.
pub fn token_of_connection<'a>(query: Option<&'a str>, subprotocols: Option<&'a str>) -> Option<&'a str> {
    query.or(offered(subprotocols, "bearer.")).filter(|token| !token.is_empty())
}

/// The ticket that a new connection carries: the query parameter `ticket`, or the subprotocol `ticket.<ticket>`.
pub fn ticket_of_connection<'a>(query: Option<&'a str>, subprotocols: Option<&'a str>) -> Option<&'a str> {
    query.or(offered(subprotocols, "ticket.")).filter(|ticket| !ticket.is_empty())
}

fn offered<'a>(subprotocols: Option<&'a str>, scheme: &str) -> Option<&'a str> {
    let offered = subprotocols.into_iter().flat_map(|offered| offered.split(','));
    offered.map(str::trim).find_map(|offered| offered.strip_prefix(scheme))
}
