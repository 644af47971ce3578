//! What a client of any model survives. Included once for each wire, which the module around it names `ThisWire`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use lambda_runtime::tracing::Level;
use natter::error::ErrorCode;
use natter::llm::{CallLimits, Delta, FallbackModel, LanguageModel, ModelError};
use natter::turn::FinishReason;
use tokio::sync::Notify;

use super::super::model_server::{ModelServer, every, streaming};
use super::super::wire::Wire;
use super::super::{LIMITS, ask, failed, finish, prompt, succeeded, text, thought};
use super::ThisWire;
use crate::support::LogBook;

/// Short, so that a test of silence is short, too.
const FIRST_TOKEN_SOON: CallLimits = CallLimits { first_token: Duration::from_millis(300), ..LIMITS };
const NEXT_TOKEN_SOON: CallLimits = CallLimits { next_token: Duration::from_millis(300), ..LIMITS };

const WORDS: [&str; 4] = ["héllo", " 👩‍👩‍👧", " 世界 ", "\u{200d}\n"];

#[tokio::test]
async fn text_is_the_same_however_the_network_cuts_it() {
    let deltas = succeeded(hear(reply()).await);
    let (end, said) = deltas.split_last().unwrap();
    assert_eq!(said, WORDS.map(text));
    assert!(matches!(end, Delta::Finish { .. }), "{end:?}");
}

#[tokio::test]
async fn a_stream_cut_at_any_byte_is_broken_off_and_keeps_the_text() {
    let spoken = [ThisWire::beginning(), WORDS.map(ThisWire::says).concat()].concat();
    let (length, next_cut) = (spoken.len(), Arc::new(AtomicUsize::new(0)));
    let cut_shorter = move || {
        let cut = next_cut.fetch_add(1, Ordering::SeqCst);
        streaming(ThisWire::CONTENT_TYPE, stream::iter([Bytes::copy_from_slice(&spoken[..cut])]))
    };
    let server = ModelServer::answering(cut_shorter).await;
    let model = ThisWire::client(server.url(), LIMITS);
    for cut in 0..length {
        let (deltas, error) = failed(ask(&model).await);
        assert!(matches!(error, ModelError::BrokenOff(_)), "cut at {cut}: {error:?}");
        assert_eq!(deltas, &WORDS.map(text)[..deltas.len()], "cut at {cut}");
    }
}

#[tokio::test]
async fn a_torn_connection_is_broken_off_and_keeps_the_text() {
    let torn = || {
        let said = [ThisWire::beginning(), ThisWire::says("half")].concat();
        // The pause has the server send what it has before it tears.
        let tears = stream::once(async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Err(std::io::Error::other("torn"))
        });
        let pieces = stream::iter([Ok(Bytes::from(said))]).chain(tears);
        ([("content-type", ThisWire::CONTENT_TYPE)], Body::from_stream(pieces)).into_response()
    };
    let (deltas, error) = failed(ask_server(torn, LIMITS).await);
    assert_eq!(deltas, [text("half")]);
    assert!(matches!(error, ModelError::BrokenOff(_)), "{error:?}");
}

#[tokio::test]
async fn an_error_in_a_stream_is_reported_before_and_after_the_first_token() {
    for said in [vec![], vec!["half"]] {
        let words: Vec<u8> = said.iter().flat_map(|words| ThisWire::says(words)).collect();
        let stream = [ThisWire::beginning(), words, ThisWire::reports_overload("sk-123"), ThisWire::end()].concat();
        let (deltas, error) = failed(hear(stream).await);
        let expected: Vec<Delta> = said.into_iter().map(text).collect();
        assert_eq!(deltas, expected);
        assert!(!error.to_string().contains("sk-123"), "{error}");
        assert!(matches!(error, ModelError::Overloaded { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn nonsense_is_an_error_and_is_not_quoted() {
    for nonsense in ThisWire::nonsense() {
        let (deltas, error) = failed(hear([nonsense.clone(), reply()].concat()).await);
        assert_eq!(deltas, [], "{nonsense:?}");
        assert!(matches!(error, ModelError::Malformed(_)), "{nonsense:?}: {error:?}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn an_endless_event_is_an_error() {
    let endless = || {
        let pieces = stream::iter([ThisWire::endless()]).chain(stream::repeat(vec![b'x'; 64 * 1024]).take(32));
        streaming(ThisWire::CONTENT_TYPE, pieces.map(Bytes::from).chain(stream::pending()))
    };
    let (deltas, error) = failed(ask_server(endless, FIRST_TOKEN_SOON).await);
    assert_eq!((deltas, error.code()), (vec![], ErrorCode::ModelUnavailable));
}

#[tokio::test]
async fn a_stall_before_the_first_token_is_an_error_despite_keep_alives() {
    let keep_alives = || {
        let pieces = stream::iter([Bytes::from(ThisWire::beginning())]);
        streaming(ThisWire::CONTENT_TYPE, pieces.chain(every(Duration::from_millis(50), ThisWire::keep_alive())))
    };
    let (_, error) = failed(ask_server(keep_alives, FIRST_TOKEN_SOON).await);
    assert!(error.to_string().contains("for the first token"), "{error}");
}

#[tokio::test]
async fn a_stall_between_tokens_fails_despite_keep_alives_and_keeps_the_text() {
    let stall = || {
        let pieces = stream::iter([ThisWire::beginning(), ThisWire::says("half")]).map(Bytes::from);
        streaming(ThisWire::CONTENT_TYPE, pieces.chain(every(Duration::from_millis(50), ThisWire::keep_alive())))
    };
    let (deltas, error) = failed(ask_server(stall, NEXT_TOKEN_SOON).await);
    assert_eq!(deltas, [text("half")]);
    assert!(error.to_string().contains("for the next token"), "{error}");
}

#[tokio::test]
async fn a_reasoning_model_may_pause_as_long_before_its_answer() {
    let thinks = || {
        let thought = stream::iter([[ThisWire::beginning(), ThisWire::thinks("Hm.")].concat()]);
        let answer = stream::once(async {
            tokio::time::sleep(Duration::from_millis(900)).await;
            [ThisWire::says("4"), ThisWire::end()].concat()
        });
        streaming(ThisWire::CONTENT_TYPE, thought.chain(answer).map(Bytes::from))
    };
    let deltas = succeeded(ask_server(thinks, NEXT_TOKEN_SOON).await);
    assert_eq!(deltas[..2], [thought("Hm."), text("4")]);
}

#[tokio::test]
async fn a_server_that_accepts_but_never_answers_is_stalled() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (_, error) = failed(ask(&ThisWire::client(&url, FIRST_TOKEN_SOON)).await);
    assert!(error.to_string().contains("for the first token"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let (_, error) = failed(ask(&ThisWire::client("http://127.0.0.1:9", LIMITS)).await);
    assert!(matches!(error, ModelError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_reply_ends_at_its_bound_of_bytes_and_the_call_is_dropped() {
    let (server, ended) = endless(ThisWire::says("0123456789"), Duration::ZERO).await;
    let limits = CallLimits { reply_bytes: 25_005, ..LIMITS };
    let deltas = succeeded(ask(&ThisWire::client(server.url(), limits)).await);
    let (end, said) = deltas.split_last().unwrap();
    assert_eq!(*end, finish(FinishReason::Length, None));
    assert_eq!(said.len(), 2_501);
    assert_eq!(*said.last().unwrap(), text("01234"));
    tokio::time::timeout(Duration::from_secs(5), ended.notified()).await.expect("the server still streams");
}

#[tokio::test]
async fn a_reply_ends_at_its_bound_of_parts() {
    let both = [ThisWire::thinks("Hm."), ThisWire::says("Yes.")].concat();
    let (server, _) = endless(both, Duration::ZERO).await;
    let limits = CallLimits { reply_parts: 3, ..LIMITS };
    let deltas = succeeded(ask(&ThisWire::client(server.url(), limits)).await);
    assert_eq!(deltas, [thought("Hm."), text("Yes."), thought("Hm."), finish(FinishReason::Length, None)]);
}

#[tokio::test]
async fn a_reason_for_the_end_that_is_repeated_ends_the_reply() {
    // The first of each wire's end is its reason; none is the last event of the stream.
    let (server, _) = endless(ThisWire::reason(), Duration::from_millis(20)).await;
    let model = ThisWire::client(server.url(), LIMITS);
    let deltas = tokio::time::timeout(Duration::from_secs(10), ask(&model)).await.expect("the turn is kept open");
    assert!(matches!(succeeded(deltas)[..], [Delta::Finish { reason: FinishReason::Stop, .. }]));
}

#[tokio::test]
async fn nothing_that_a_server_sends_reaches_the_log() {
    const SECRET: &str = "sk-123";
    let log = LogBook::at(Level::DEBUG);
    for answer in ThisWire::answers_that_quote(SECRET) {
        let (status, headers, body) = answer.clone();
        let quoting = move || {
            let mut response = (StatusCode::from_u16(status).unwrap(), body.clone()).into_response();
            for (name, value) in &headers {
                response.headers_mut().insert(*name, value.parse().unwrap());
            }
            response
        };
        let server = ModelServer::answering(quoting).await;
        let client = || Arc::new(ThisWire::client(server.url(), LIMITS)) as Arc<dyn LanguageModel>;
        let outcome: Vec<_> = FallbackModel::new(client(), vec![client()]).stream(prompt()).collect().await;
        let (_, error) = failed(outcome);
        // As the turn logs it, and as an error within another would be.
        tracing::warn!(%error, ?error, "the model failed");
        let text = log.text();
        assert!(text.contains("the model failed"), "{answer:?}");
        assert!(!text.to_lowercase().contains(SECRET), "{answer:?}: {text}");
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_ends_its_connection() {
    let (server, ended) = endless(ThisWire::says("half"), Duration::from_millis(10)).await;
    let model = ThisWire::client(server.url(), LIMITS);
    let mut deltas = model.stream(prompt());
    assert_eq!(deltas.next().await.unwrap().unwrap(), text("half"));
    drop(deltas);
    tokio::time::timeout(Duration::from_secs(5), ended.notified()).await.expect("the server still streams");
}

/// A server that sends the same piece again and again, and what is notified when its connection ends.
async fn endless(piece: Vec<u8>, pause: Duration) -> (ModelServer, Arc<Notify>) {
    let ended = Arc::new(Notify::new());
    let notify = Arc::clone(&ended);
    let server = ModelServer::answering(move || {
        let guard = NotifyOnDrop(Arc::clone(&notify));
        let pieces = stream::iter([Bytes::from(ThisWire::beginning())]);
        let more = every(pause, piece.clone()).map(move |piece| {
            let _ = &guard;
            piece
        });
        streaming(ThisWire::CONTENT_TYPE, pieces.chain(more))
    })
    .await;
    (server, ended)
}

struct NotifyOnDrop(Arc<Notify>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

fn reply() -> Vec<u8> {
    [ThisWire::beginning(), WORDS.map(ThisWire::says).concat(), ThisWire::end()].concat()
}

async fn hear(bytes: impl Into<Vec<u8>>) -> Vec<Result<Delta, ModelError>> {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, bytes).await;
    ask(&ThisWire::client(server.url(), LIMITS)).await
}

pub async fn ask_server(
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
    limits: CallLimits,
) -> Vec<Result<Delta, ModelError>> {
    let server = ModelServer::answering(answer).await;
    ask(&ThisWire::client(server.url(), limits)).await
}
