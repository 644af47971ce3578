//! Every environment variable, read once and checked, with an error that names what is missing or malformed.
//!
//! An empty variable counts as unset: that is how a deployment template leaves one out.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use crate::llm::TimeLimits;
use crate::services::MemoryLimits;

/// A variable is missing or malformed. The message names it and says what is expected; it never holds the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {variable} {problem}")]
pub struct ConfigError {
    /// Its name.
    pub variable: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

/// The environment, as the process has it or as a test makes it.
pub struct Environment<'a>(Box<Lookup<'a>>);

type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

impl<'a> Environment<'a> {
    /// The environment of this process.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn of_process() -> Environment<'static> {
        Environment(Box::new(|name| std::env::var(name).ok()))
    }

    /// An environment of these variables.
    pub fn of(variables: &'a [(&str, &str)]) -> Self {
        Environment(Box::new(move |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }))
    }

    fn optional(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.trim().is_empty())
    }

    fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).ok_or_else(|| problem(name, "is missing"))
    }

    fn number<N: FromStr<Err: Display>>(&self, name: &'static str, default: N) -> Result<N, ConfigError> {
        self.optional(name).map_or(Ok(default), |value| {
            value.trim().parse().map_err(|error| problem(name, format!("must be a whole number: {error}")))
        })
    }

    fn seconds(&self, name: &'static str, default: Duration) -> Result<Duration, ConfigError> {
        self.number(name, default.as_secs()).map(Duration::from_secs)
    }

    fn address(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        match self.optional(name) {
            Some(value) if !value.starts_with("https://") && !value.starts_with("http://") => {
                Err(problem(name, "must begin with https:// or http://"))
            }
            value => Ok(value.map(|value| value.trim_end_matches('/').to_owned())),
        }
    }
}

fn problem(variable: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError { variable, problem: problem.into() }
}

/// What `authorize` needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeConfig {
    /// Who issues tokens: the `iss` of each, exactly.
    pub issuer: String,
    /// For whom they must be: one of their `aud`.
    pub audience: String,
    /// How they are signed.
    pub keys: TokenKeys,
    /// The pages that may connect.
    pub origins: AllowedOrigins,
}

/// How tokens are signed.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenKeys {
    /// By a key of the issuer's set, which is at this address.
    Published {
        /// The JWKS. `None`: where the issuer's OpenID configuration says.
        address: Option<String>,
    },
    /// By a shared secret (HS256); only for an issuer on this machine.
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

/// The pages that may connect, by their `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Any, and clients that are no pages.
    Any,
    /// These, such as `https://chat.example.org`; and clients that are no pages, since only browsers send an origin.
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
    /// Reads `TOKEN_ISSUER`, `TOKEN_AUDIENCE`, `TOKEN_JWKS_URL`, `TOKEN_DEVELOPMENT_SECRET` and `ALLOWED_ORIGINS`.
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

/// What `connect` and `disconnect` need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableConfig {
    /// The table's name.
    pub table: String,
}

impl TableConfig {
    /// Reads `TABLE_NAME`.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self { table: environment.required("TABLE_NAME")? })
    }
}

/// What `message` and `sweep` need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatConfig {
    /// The table.
    pub table: TableConfig,
    /// The stage's address, to which replies are posted.
    pub connections_endpoint: String,
    /// The model.
    pub model: ModelConfig,
    /// What the model is told before everything else.
    pub instructions: String,
    /// How much of the past it is shown.
    pub memory: MemoryLimits,
    /// How long the owner of a turn may be silent.
    pub lease_time: Duration,
}

/// Where the model is and how it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelConfig {
    /// The address up to and without `/chat/completions`.
    pub base_url: String,
    /// The model's name there.
    pub model: String,
    /// Where its key is.
    pub key: KeyConfig,
    /// How long each phase of a call may take.
    pub limits: TimeLimits,
}

/// Where a model's key is.
#[derive(Clone, PartialEq, Eq)]
pub enum KeyConfig {
    /// The server wants none.
    None,
    /// Here; for development.
    Given(String),
    /// In Secrets Manager, under this ARN or name.
    Secret(String),
}

impl std::fmt::Debug for KeyConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            KeyConfig::None => formatter.write_str("None"),
            KeyConfig::Given(_) => formatter.write_str("Given(…)"),
            KeyConfig::Secret(id) => formatter.debug_tuple("Secret").field(id).finish(),
        }
    }
}

impl ChatConfig {
    /// Reads `TABLE_NAME`, `CONNECTIONS_ENDPOINT`, `OPENAI_BASE_URL`, `OPENAI_MODEL`, `OPENAI_API_KEY`,
    /// `OPENAI_API_KEY_SECRET`, `MODEL_FIRST_TOKEN_SECONDS`, `MODEL_NEXT_TOKEN_SECONDS`, `SYSTEM_PROMPT`,
    /// `HISTORY_MESSAGES`, `HISTORY_TOKENS` and `LEASE_SECONDS`.
    ///
    /// # Errors
    /// Names the variable that is missing or malformed.
    pub fn read(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let key = match (environment.optional("OPENAI_API_KEY"), environment.optional("OPENAI_API_KEY_SECRET")) {
            (Some(key), _) => KeyConfig::Given(key),
            (None, Some(secret)) => KeyConfig::Secret(secret),
            (None, None) => KeyConfig::None,
        };
        let limits = TimeLimits::default();
        let connections_endpoint = environment
            .address("CONNECTIONS_ENDPOINT")?
            .ok_or_else(|| problem("CONNECTIONS_ENDPOINT", "is missing"))?;
        Ok(Self {
            table: TableConfig::read(environment)?,
            connections_endpoint,
            model: ModelConfig {
                base_url: environment
                    .address("OPENAI_BASE_URL")?
                    .unwrap_or_else(|| "https://api.openai.com/v1".to_owned()),
                model: environment.required("OPENAI_MODEL")?,
                key,
                limits: TimeLimits {
                    first_token: environment.seconds("MODEL_FIRST_TOKEN_SECONDS", limits.first_token)?,
                    next_token: environment.seconds("MODEL_NEXT_TOKEN_SECONDS", limits.next_token)?,
                    ..limits
                },
            },
            instructions: environment.optional("SYSTEM_PROMPT").unwrap_or_default(),
            memory: MemoryLimits {
                messages: environment.number("HISTORY_MESSAGES", 40)?,
                tokens: environment.number("HISTORY_TOKENS", 8000)?,
            },
            lease_time: environment.seconds("LEASE_SECONDS", Duration::from_secs(15))?,
        })
    }
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
    fn what_is_missing_or_empty_is_named() {
        let error = TableConfig::read(&Environment::of(&[("TABLE_NAME", " ")])).unwrap_err();
        assert_eq!(error.to_string(), "the environment variable TABLE_NAME is missing");
    }

    #[test]
    fn what_is_malformed_is_named_and_not_quoted() {
        let environment = [
            ("TABLE_NAME", "natter"),
            ("CONNECTIONS_ENDPOINT", "http://127.0.0.1:8787/local"),
            ("OPENAI_MODEL", "gpt"),
            ("HISTORY_MESSAGES", "many"),
        ];
        let error = ChatConfig::read(&Environment::of(&environment)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the environment variable HISTORY_MESSAGES must be a whole number: invalid digit found in string"
        );
    }

    #[test]
    fn a_development_secret_is_refused_unless_the_issuer_is_this_machine() {
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
        let keys = format!(
            "{:?} {:?}",
            KeyConfig::Given("sk-secret".to_owned()),
            TokenKeys::Development { secret: "sk-secret".to_owned() }
        );
        assert!(!keys.contains("sk-secret"), "{keys}");
    }
}
