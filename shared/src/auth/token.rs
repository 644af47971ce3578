//! Tokens: where a connection carries one, and its verification.

use std::time::Duration;

use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;

use super::crypto;
use super::error::TokenError;
use super::issuer_keys::IssuerKeys;
use crate::conversation::UserId;

/// The tolerated clock skew between the issuer and us.
pub const CLOCK_LEEWAY: Duration = Duration::from_secs(30);

/// The longest token that is accepted, in bytes.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The verified identity of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The token's subject.
    pub user: UserId,
    /// When it expires, in seconds since 1970.
    pub expires_at: u64,
}

/// Verifies tokens.
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
    /// Accepts tokens from `issuer` for `audience`, signed with one of `keys`.
    pub fn new(issuer: String, audience: String, keys: IssuerKeys) -> Self {
        crypto::install();
        Self { issuer, audience, keys }
    }

    /// Verifies a token and returns its identity.
    ///
    /// # Errors
    /// It is malformed, expired, not signed by the issuer, or for another audience; or the issuer's keys are
    /// unavailable.
    pub async fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Invalid("it is too long"));
        }
        // Keys in the header (`jwk`, `jku`, `x5c`, …) are the sender's claim and are ignored.
        let header = decode_header(token).map_err(refused)?;
        // Critical extensions (RFC 7515, section 4.1.11). None is supported.
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

// The library's messages may quote the token.
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

/// The token of a new connection: the query parameter `token`, or the subprotocol `bearer.<token>`, which a page can
/// set, unlike a header, and which stays out of URLs.
pub fn token_of_connection<'a>(query: Option<&'a str>, subprotocols: Option<&'a str>) -> Option<&'a str> {
    query.or(offered(subprotocols, "bearer.")).filter(|token| !token.is_empty())
}

/// The ticket of a new connection: the query parameter `ticket`, or the subprotocol `ticket.<ticket>`.
pub fn ticket_of_connection<'a>(query: Option<&'a str>, subprotocols: Option<&'a str>) -> Option<&'a str> {
    query.or(offered(subprotocols, "ticket.")).filter(|ticket| !ticket.is_empty())
}

fn offered<'a>(subprotocols: Option<&'a str>, scheme: &str) -> Option<&'a str> {
    let offered = subprotocols.into_iter().flat_map(|offered| offered.split(','));
    offered.map(str::trim).find_map(|offered| offered.strip_prefix(scheme))
}
