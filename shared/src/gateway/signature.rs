//! AWS's signature, version 4, of calls to connections
//! (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
//!
//! Ours, since the posts of a reply differ in nothing but their time and body. The SDK's signer works out the day's key and what such
//! a request never has for each of them, which was a third of all that the library does for a turn.

use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use http::header::{AUTHORIZATION, HeaderName, InvalidHeaderValue};
use http::{HeaderMap, HeaderValue, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign};

use crate::conversation::{Day, Timestamp};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "execute-api";

const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// What may not stand in a path as it is. What is escaped in the request is escaped once more where it is signed.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// Credentials are fetched anew so long before they end.
const BEFORE_END: Duration = Duration::from_secs(5 * 60);

/// Signs in the name of one identity, for a day. It holds what all signatures of that day have in common.
#[derive(Debug)]
pub struct Signer {
    credentials: Credentials,
    day: Day,
    // Of the key: day, region and service.
    scope: String,
    key: Key,
    // The token of the credentials, where they have one.
    token: Option<HeaderValue>,
}

impl Signer {
    /// One for the day of `now`.
    ///
    /// # Errors
    /// When the credentials hold what no header may.
    pub fn new(credentials: Credentials, region: &str, now: Timestamp) -> Result<Self, InvalidHeaderValue> {
        let date: String = date(now).chars().take(8).collect();
        let scope = format!("{date}/{region}/{SERVICE}/aws4_request");
        let secret = Key::new(HMAC_SHA256, format!("AWS4{}", credentials.secret_access_key()).as_bytes());
        let key =
            scope.split('/').fold(secret, |key, part| Key::new(HMAC_SHA256, sign(&key, part.as_bytes()).as_ref()));
        let token = credentials.session_token().map(sensitive).transpose()?;
        Ok(Self { credentials, day: now.day(), scope, key, token })
    }

    /// Whether it may still sign at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        let soon = UNIX_EPOCH + Duration::from_millis(now.0) + BEFORE_END;
        now.day() == self.day && self.credentials.expiry().is_none_or(|end| soon < end)
    }

    /// The headers by which the call is known to be ours.
    ///
    /// # Errors
    /// When the credentials hold what no header may.
    pub fn headers(
        &self,
        method: &Method,
        address: &Uri,
        body: &[u8],
        now: Timestamp,
    ) -> Result<HeaderMap, InvalidHeaderValue> {
        let date = date(now);
        let signed = if self.token.is_some() { "host;x-amz-date;x-amz-security-token" } else { "host;x-amz-date" };
        let request = self.canonical(method, address, &date, signed, body);

        let to_sign = format!("{ALGORITHM}\n{date}\n{}\n{}", self.scope, hash(request.as_bytes()));
        let signature = hex::encode(sign(&self.key, to_sign.as_bytes()));
        let authorization = format!(
            "{ALGORITHM} Credential={}/{}, SignedHeaders={signed}, Signature={signature}",
            self.credentials.access_key_id(),
            self.scope
        );
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(AUTHORIZATION, sensitive(&authorization)?);
        headers.insert(DATE, HeaderValue::try_from(date)?);
        if let Some(token) = &self.token {
            headers.insert(SECURITY_TOKEN, token.clone());
        }
        Ok(headers)
    }

    fn canonical(&self, method: &Method, address: &Uri, date: &str, signed: &str, body: &[u8]) -> String {
        let mut request = String::with_capacity(2048);
        let path = utf8_percent_encode(address.path(), &RESERVED);
        let host = address.host().unwrap_or_default();
        // To write into a string cannot fail.
        let _ = write!(request, "{method}\n{path}\n\nhost:{host}");
        if let Some(port) = address.port() {
            let _ = write!(request, ":{port}");
        }
        let _ = write!(request, "\nx-amz-date:{date}\n");
        if let Some(token) = self.credentials.session_token() {
            let _ = writeln!(request, "x-amz-security-token:{token}");
        }
        let _ = write!(request, "\n{signed}\n{}", hash(body));
        request
    }
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

// As the signature has it: 20261231T235959Z.
fn date(time: Timestamp) -> String {
    let written = DateTime::from_secs(i64::try_from(time.seconds()).unwrap_or(i64::MAX)).fmt(Format::DateTime);
    written.unwrap_or_default().replace(['-', ':'], "")
}

// No `Debug` of a request shows it.
fn sensitive(value: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::try_from(value)?;
    value.set_sensitive(true);
    Ok(value)
}
