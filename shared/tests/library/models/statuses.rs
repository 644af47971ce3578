//! What a client of any model makes of the status of an answer. Included once for each wire, which the module around it names
//! `ThisWire`.

use std::time::Duration;

use natter::error::{ChatError, ErrorCode};

use super::super::wire::Wire;
use super::super::{LIMITS, failed};
use super::ThisWire;
use super::faults::ask_server;

#[tokio::test]
async fn each_status_has_its_code_and_the_error_quotes_no_server_text() {
    for (status, code) in [
        (302, ErrorCode::Misconfigured),
        (400, ErrorCode::ModelUnavailable),
        (401, ErrorCode::Misconfigured),
        (403, ErrorCode::Misconfigured),
        (404, ErrorCode::Misconfigured),
        (429, ErrorCode::ModelOverloaded),
        (500, ErrorCode::ModelUnavailable),
        (503, ErrorCode::ModelOverloaded),
    ] {
        let (deltas, error) =
            failed(ask_server(move || ThisWire::refuses(status, "The key sk-123 is wrong"), LIMITS).await);
        assert_eq!((deltas, error.code()), (vec![], code), "{status}: {error:?}");
        assert!(!error.to_string().contains("sk-123"), "{error}");
    }
}

#[tokio::test]
async fn an_overloaded_server_sets_the_retry_time() {
    let busy = || {
        let mut answer = ThisWire::refuses(429, "Too many requests");
        answer.headers_mut().insert("retry-after", "7".parse().unwrap());
        answer
    };
    let (_, error) = failed(ask_server(busy, LIMITS).await);
    assert_eq!(ChatError::from(error).retry_after, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn no_number_in_retry_after_is_too_large_or_too_odd() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    for (header, pause) in [
        ("18446744073709551615", Some(DAY)),
        ("9223372036854775807", Some(DAY)),
        ("99999999999999999999999999", Some(DAY)),
        ("1e300", Some(DAY)),
        ("0", Some(Duration::ZERO)),
        ("5.5", Some(Duration::from_millis(5500))),
        ("-5", None),
        ("NaN", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ] {
        let busy = move || {
            let mut answer = ThisWire::refuses(429, "Too many requests");
            answer.headers_mut().insert("retry-after", header.parse().unwrap());
            answer
        };
        let (_, error) = failed(ask_server(busy, LIMITS).await);
        assert_eq!(ChatError::from(error).retry_after, pause, "{header:?}");
    }
}
