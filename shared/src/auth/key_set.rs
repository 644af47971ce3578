//! The key set of an issuer (JWKS, RFC 7517): each key for one algorithm, which the key determines and not the token.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// The keys of a set that can verify tokens.
#[derive(Default)]
pub struct KeySet(Vec<PublishedKey>);

struct PublishedKey {
    id: Option<String>,
    key: DecodingKey,
    algorithm: Algorithm,
}

/// A set as it is published. A key of an unknown kind must not spoil the others (RFC 7517, section 5).
#[derive(Deserialize)]
pub struct PublishedSet {
    keys: Vec<Value>,
}

impl From<PublishedSet> for KeySet {
    fn from(set: PublishedSet) -> Self {
        let known = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        Self(known.filter_map(|key| usable(&key)).collect())
    }
}

impl KeySet {
    /// The key that a token names, and its algorithm. A token that names none is verified with the only key.
    pub fn find(&self, id: Option<&str>) -> Option<(DecodingKey, Algorithm)> {
        let found = match (id, self.0.as_slice()) {
            (Some(id), keys) => keys.iter().find(|key| key.id.as_deref() == Some(id)),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        found.map(|found| (found.key.clone(), found.algorithm))
    }
}

// A key for another purpose, such as encryption or another hash, verifies nothing here.
fn usable(key: &Jwk) -> Option<PublishedKey> {
    let (algorithm, named) = match &key.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let is_for_signatures =
        key.common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    let is_for_algorithm = key.common.key_algorithm.is_none_or(|given| given == named);
    if !is_for_signatures || !is_for_algorithm {
        return None;
    }
    Some(PublishedKey { id: key.common.key_id.clone(), key: DecodingKey::from_jwk(key).ok()?, algorithm })
}
