//! Masks secrets of a handshake.

use serde_json::{Map, Value};

/// Replaces a secret.
const MASK: &str = "•••";

/// A query parameter whose name holds one of these is a secret.
const SECRET_WORDS: [&str; 9] =
    ["token", "ticket", "secret", "password", "key", "auth", "jwt", "session", "credential"];

/// A longer subprotocol is taken for a secret.
const MAX_NAME_LENGTH: usize = 32;

/// Query parameters with the values of secrets masked.
pub fn query(parameters: &Map<String, Value>) -> Map<String, Value> {
    let mask = |(name, value): (&String, &Value)| {
        let lower = name.to_ascii_lowercase();
        let secret = SECRET_WORDS.iter().any(|word| lower.contains(word));
        (name.clone(), if secret { MASK.into() } else { value.clone() })
    };
    parameters.iter().map(mask).collect()
}

/// The offered subprotocols. One that carries a token (`bearer.eyJ…`) is masked behind its name.
pub fn subprotocols(offered: &str) -> Vec<String> {
    let mask = |protocol: &str| match protocol.split_once('.') {
        Some((scheme, _)) if ["bearer", "ticket"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => {
            format!("{scheme}.{MASK}")
        }
        _ if protocol.len() > MAX_NAME_LENGTH => MASK.to_owned(),
        _ => protocol.to_owned(),
    };
    offered.split(',').map(str::trim).filter(|protocol| !protocol.is_empty()).map(mask).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_in_the_query_are_masked_and_the_rest_is_not() {
        let parameters = json!({"token": "eyJ1", "AccessToken": "eyJ2", "api-key": "k", "room": "7"});
        let expected = json!({"token": MASK, "AccessToken": MASK, "api-key": MASK, "room": "7"});
        assert_eq!(Value::from(query(parameters.as_object().unwrap())), expected);
    }

    #[test]
    fn a_token_among_the_subprotocols_is_masked_however_it_is_written() {
        let bare = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";
        let offered = format!("chat, bearer.{bare}, Bearer.short,{bare}");
        assert_eq!(subprotocols(&offered), ["chat", "bearer.•••", "Bearer.•••", MASK]);
    }
}
