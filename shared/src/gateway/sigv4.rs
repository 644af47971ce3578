//! AWS Signature Version 4, as the SDK's client of the management API uses it
//! (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
//!
//! Replaces the SDK's own scheme of that name: the posts of a reply differ in little but their time and body, while the
//! SDK derives the day's key, and handles what such a request never has, for each of some fifty of them.

use std::fmt::Write;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::{AuthScheme, AuthSchemeEndpointConfig, AuthSchemeId, Sign};
use aws_smithy_runtime_api::client::identity::{Identity, SharedIdentityResolver};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{GetIdentityResolver, RuntimeComponents};
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "execute-api";

const DATE: &str = "x-amz-date";
const SECURITY_TOKEN: &str = "x-amz-security-token";

/// Characters that are escaped in a path. What is escaped in the request is escaped once more in what is signed.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// The scheme, which caches the key of the day.
#[derive(Debug)]
pub struct SigV4 {
    signer: Signer,
}

impl SigV4 {
    /// Signs for the management API of a region.
    pub fn new(region: &str) -> Self {
        Self { signer: Signer { region: region.to_owned(), key: RwLock::default() } }
    }
}

impl AuthScheme for SigV4 {
    fn scheme_id(&self) -> AuthSchemeId {
        AuthSchemeId::new("sigv4")
    }

    fn identity_resolver(&self, resolvers: &dyn GetIdentityResolver) -> Option<SharedIdentityResolver> {
        resolvers.identity_resolver(self.scheme_id())
    }

    fn signer(&self) -> &dyn Sign {
        &self.signer
    }
}

#[derive(Debug)]
struct Signer {
    region: String,
    key: RwLock<Option<Arc<DayKey>>>,
}

/// What all signatures of a day with one access key have in common.
#[derive(derive_more::Debug)]
struct DayKey {
    access_key: String,
    // As the scope begins: 20261231.
    day: String,
    // Of the key: day, region and service.
    scope: String,
    #[debug(skip)]
    key: Key,
}

impl Sign for Signer {
    fn sign_http_request(
        &self,
        request: &mut HttpRequest,
        identity: &Identity,
        _: AuthSchemeEndpointConfig<'_>,
        components: &RuntimeComponents,
        _: &ConfigBag,
    ) -> Result<(), BoxError> {
        let credentials = identity.data::<Credentials>().ok_or("the identity has no credentials")?;
        let now = components.time_source().ok_or("there is no clock")?.now();
        let date = written(now);
        let key = self.day_key(credentials, &date[..8]);
        request.headers_mut().try_insert(DATE, date.clone())?;
        if let Some(token) = credentials.session_token() {
            request.headers_mut().try_insert(SECURITY_TOKEN, token.to_owned())?;
        }
        let (signed, canonical) = canonical(request)?;
        let to_sign = format!("{ALGORITHM}\n{date}\n{}\n{}", key.scope, hash(canonical.as_bytes()));
        let signature = hex(sign(&key.key, to_sign.as_bytes()).as_ref());
        let authorization = format!(
            "{ALGORITHM} Credential={}/{}, SignedHeaders={signed}, Signature={signature}",
            key.access_key, key.scope
        );
        request.headers_mut().try_insert("authorization", authorization)?;
        Ok(())
    }
}

impl Signer {
    fn day_key(&self, credentials: &Credentials, day: &str) -> Arc<DayKey> {
        let is_known = |known: &&Arc<DayKey>| known.day == day && known.access_key == credentials.access_key_id();
        // No code panics while it holds the lock.
        let known = self.key.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(is_known) {
            return Arc::clone(known);
        }
        drop(known);
        let scope = format!("{day}/{}/{SERVICE}/aws4_request", self.region);
        let secret = Key::new(HMAC_SHA256, format!("AWS4{}", credentials.secret_access_key()).as_bytes());
        let key =
            scope.split('/').fold(secret, |key, part| Key::new(HMAC_SHA256, sign(&key, part.as_bytes()).as_ref()));
        let access_key = credentials.access_key_id().to_owned();
        let key = Arc::new(DayKey { access_key, day: day.to_owned(), scope, key });
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&key));
        key
    }
}

// The names of the signed headers and the canonical request: with its host and all AWS headers.
fn canonical(request: &HttpRequest) -> Result<(String, String), BoxError> {
    let address: Uri = request.uri().parse()?;
    let host = address.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let mut headers: Vec<(&str, &str)> =
        request.headers().iter().filter(|(name, _)| name.starts_with("x-amz-")).collect();
    headers.push(("host", host));
    headers.sort_unstable();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let body = request.body().bytes().ok_or("the body is a stream")?;
    let mut canonical = String::with_capacity(2048);
    // Writing into a string cannot fail.
    let _ = write!(canonical, "{}\n{}\n\n", request.method(), utf8_percent_encode(address.path(), &RESERVED));
    for (name, value) in headers {
        let _ = writeln!(canonical, "{name}:{}", value.trim());
    }
    let _ = write!(canonical, "\n{names}\n{}", hash(body));
    Ok((names, canonical))
}

fn hash(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

// `hex::encode` makes a string of single characters, in three times as many instructions.
fn hex(bytes: &[u8]) -> String {
    let mut digits = vec![0; 2 * bytes.len()];
    // The length is right, and digits are UTF-8.
    let _ = hex::encode_to_slice(bytes, &mut digits);
    String::from_utf8(digits).unwrap_or_default()
}

// The signature's date format: 20261231T235959Z.
fn written(time: SystemTime) -> String {
    let seconds = DateTime::from_secs(DateTime::from(time).secs());
    seconds.fmt(Format::DateTime).unwrap_or_default().replace(['-', ':'], "")
}
