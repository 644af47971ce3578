//! The configuration of the authorizer.

use super::chat::TableConfig;
use crate::environment::{ConfigError, Environment, problem};

/// The configuration of `authorize` and `ticket`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeConfig {
    /// The issuer of tokens: their `iss`, exactly.
    pub issuer: String,
    /// The audience of tokens: one of their `aud`.
    pub audience: String,
    /// How they are signed.
    pub keys: TokenKeys,
    /// The origins that may connect.
    pub origins: AllowedOrigins,
    /// Where tickets are stored; `None` disables them.
    pub tickets: Option<TableConfig>,
}

/// How tokens are signed.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenKeys {
    /// By a key of the issuer's key set.
    Published {
        /// The URL of the JWKS. `None` uses the issuer's OpenID configuration.
        address: Option<String>,
    },
    /// With a shared secret (HS256); only for an issuer on this machine.
    Development {
        /// The secret.
        secret: String,
    },
}

impl std::fmt::Debug for TokenKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TokenKeys::Published { address } => formatter.debug_tuple("Published").field(address).finish(),
            TokenKeys::Development { .. } => formatter.write_str("Development(…)"),
        }
    }
}

/// The allowed origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Any, and clients without an origin.
    Any,
    /// These, such as `https://chat.example.org`; and clients without an origin, since only browsers send one.
    These(Vec<String>),
}

impl AllowedOrigins {
    /// Whether a client with this `Origin` header may connect.
    pub fn allow(&self, origin: Option<&str>) -> bool {
        match (self, origin) {
            (AllowedOrigins::Any, _) | (_, None) => true,
            (AllowedOrigins::These(allowed), Some(origin)) => {
                allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
            }
        }
    }
}

impl AuthorizeConfig {
    /// Reads `TOKEN_ISSUER`, `TOKEN_AUDIENCE`, `TOKEN_JWKS_URL`, `TOKEN_DEVELOPMENT_SECRET`, `ALLOWED_ORIGINS`
    /// and `TABLE_NAME`, without which there are no tickets.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let issuer = environment.required("TOKEN_ISSUER")?;
        let keys = match environment.optional("TOKEN_DEVELOPMENT_SECRET") {
            Some(_) if !is_on_this_machine(&issuer) => {
                return Err(problem(
                    "TOKEN_DEVELOPMENT_SECRET",
                    "is for development only: it needs a TOKEN_ISSUER on http://127.0.0.1 or http://localhost",
                ));
            }
            Some(secret) => TokenKeys::Development { secret },
            None => TokenKeys::Published { address: environment.address("TOKEN_JWKS_URL")? },
        };
        let origins = environment.required("ALLOWED_ORIGINS")?;
        Ok(Self {
            issuer,
            keys,
            tickets: environment.optional("TABLE_NAME").map(|table| TableConfig { table }),
            audience: environment.required("TOKEN_AUDIENCE")?,
            origins: match origins.trim() {
                "*" => AllowedOrigins::Any,
                list => AllowedOrigins::These(
                    list.split(',')
                        .map(|origin| origin.trim().trim_end_matches('/').to_owned())
                        .filter(|origin| !origin.is_empty())
                        .collect(),
                ),
            },
        })
    }
}

fn is_on_this_machine(address: &str) -> bool {
    ["http://127.0.0.1", "http://localhost"].iter().any(|machine| {
        let rest = address.strip_prefix(machine);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHORIZE: [(&str, &str); 3] = [
        ("TOKEN_ISSUER", "https://login.example.org/"),
        ("TOKEN_AUDIENCE", "natter"),
        ("ALLOWED_ORIGINS", "https://chat.example.org, https://example.org/"),
    ];

    #[test]
    fn a_development_secret_is_rejected_unless_the_issuer_is_local() {
        for (issuer, accepted) in [
            ("http://127.0.0.1:8787", true),
            ("http://localhost", true),
            ("https://login.example.org", false),
            ("http://127.0.0.1.example.org", false),
        ] {
            let mut environment = AUTHORIZE.to_vec();
            environment[0].1 = issuer;
            environment.push(("TOKEN_DEVELOPMENT_SECRET", "secret"));
            let read = AuthorizeConfig::read(&Environment::of(&environment));
            assert_eq!(read.is_ok(), accepted, "{issuer}");
        }
    }

    #[test]
    fn only_listed_origins_may_connect_and_clients_that_are_no_pages() {
        let config = AuthorizeConfig::read(&Environment::of(&AUTHORIZE)).unwrap();
        for (origin, allowed) in [
            (Some("https://chat.example.org"), true),
            (Some("https://example.org"), true),
            (None, true),
            (Some("https://example.org.evil.test"), false),
            (Some("null"), false),
        ] {
            assert_eq!(config.origins.allow(origin), allowed, "{origin:?}");
        }
    }

    #[test]
    fn no_secret_shows_in_debug_output() {
        let keys = format!("{:?}", TokenKeys::Development { secret: "sk-secret".to_owned() });
        assert!(!keys.contains("sk-secret"), "{keys}");
    }
}
