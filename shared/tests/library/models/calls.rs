//! How the calls of a reply are read. Included once for each wire, which the module around it names `ThisWire`.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use natter::llm::{CallLimits, Delta, ModelError};
use natter::turn::FinishReason::{Length, ToolCalls};

use super::super::model_server::{ModelServer, every, streaming};
use super::super::wire::Wire;
use super::super::{LIMITS, ask, call, failed, input, succeeded, text, thought};
use super::ThisWire;

/// Short, so that a test of silence is short, too.
const NEXT_TOKEN_SOON: CallLimits = CallLimits { next_token: Duration::from_millis(300), ..LIMITS };

#[tokio::test]
async fn calls_follow_the_text_before_them_and_finish_with_tool_calls() {
    let weather = [call("weather"), input(r#"{"city":"#), input(r#""Rome"}"#)];
    let time = [call("time"), input("{}")];
    for (what, said, expected) in [
        ("nothing but a call", called(1, "weather", &[r#"{"city":"#, r#""Rome"}"#]), weather.to_vec()),
        ("a call without arguments", called(1, "time", &[]), time.to_vec()),
        (
            "two calls behind words",
            [ThisWire::says("Wait."), called(1, "weather", &[r#"{"city":"#, r#""Rome"}"#]), called(2, "time", &["{}"])]
                .concat(),
            [&[text("Wait.")][..], &weather, &time].concat(),
        ),
        (
            "behind a thought, and words behind it",
            [
                ThisWire::thinks("Hm."),
                called(1, "time", &["{}"]),
                ["\n", "There", " ", "it is."].map(ThisWire::says).concat(),
            ]
            .concat(),
            [&[thought("Hm.")][..], &time, &["There", " ", "it is."].map(text)].concat(),
        ),
        (
            "space around it",
            [called(1, "time", &["{}"]), ThisWire::says("\n\n"), called(2, "time", &[]), ThisWire::says(" ")].concat(),
            [&time[..], &time].concat(),
        ),
        (
            "what may be the beginning of a mark before it",
            [ThisWire::says("a <"), called(1, "time", &[])].concat(),
            [&[text("a <")][..], &time].concat(),
        ),
        (
            "interleaved",
            [
                ThisWire::begins_call(1, "weather"),
                ThisWire::begins_call(2, "time"),
                ThisWire::adds_to_call(1, r#"{"city":"#),
                ThisWire::adds_to_call(2, "{"),
                ThisWire::adds_to_call(1, r#""Rome"}"#),
                ThisWire::adds_to_call(2, "}"),
                ThisWire::ends_call(2),
                ThisWire::ends_call(1),
            ]
            .concat(),
            [&weather[..], &[call("time"), input("{"), input("}")]].concat(),
        ),
        (
            "arguments that are no JSON",
            called(1, "weather", &[r#"{"city":"#]),
            vec![call("weather"), input(r#"{"city":"#)],
        ),
        ("a tool that nobody offered", called(1, "rm -rf /", &["{}"]), vec![call("rm -rf /"), input("{}")]),
    ] {
        let deltas = succeeded(hear([ThisWire::beginning(), said, ThisWire::end()].concat(), LIMITS).await);
        let (end, deltas) = deltas.split_last().unwrap();
        assert_eq!(deltas, expected, "{what}");
        assert!(matches!(end, Delta::Finish { reason: ToolCalls, .. }), "{what}: {end:?}");
    }
}

#[tokio::test]
async fn a_stream_cut_within_a_call_is_broken_off() {
    for said in [
        [ThisWire::begins_call(1, "weather"), ThisWire::adds_to_call(1, r#"{"city":"#)].concat(),
        [called(1, "weather", &[r#"{"city":"#]), ThisWire::begins_call(2, "time")].concat(),
    ] {
        let (deltas, error) = failed(hear([ThisWire::beginning(), said].concat(), LIMITS).await);
        assert_eq!(deltas[..2], [call("weather"), input(r#"{"city":"#)]);
        assert!(matches!(error, ModelError::BrokenOff(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_stall_within_a_call_is_an_error_and_a_buffered_call_is_no_stall() {
    let begun = [ThisWire::beginning(), ThisWire::begins_call(1, "weather"), ThisWire::adds_to_call(1, "{")].concat();
    let stalls = {
        let begun = begun.clone();
        move || {
            let pieces = stream::iter([Bytes::from(begun.clone())]);
            streaming(ThisWire::CONTENT_TYPE, pieces.chain(every(Duration::from_millis(50), ThisWire::keep_alive())))
        }
    };
    let server = ModelServer::answering(stalls).await;
    let (deltas, error) = failed(ask(&ThisWire::client(server.url(), NEXT_TOKEN_SOON)).await);
    assert_eq!(deltas, [call("weather"), input("{")]);
    assert!(error.to_string().contains("for the next token"), "{error}");

    // Twice as long as the limit, with pieces that wait for the first call to end.
    let goes_on = move || {
        let begun = [begun.clone(), ThisWire::begins_call(2, "time"), ThisWire::adds_to_call(2, "{")].concat();
        let spaces = every(Duration::from_millis(50), ThisWire::adds_to_call(2, " ")).take(12);
        let rest = [ThisWire::adds_to_call(2, "}"), ThisWire::adds_to_call(1, "}"), ThisWire::end()].concat();
        let pieces = stream::iter([Bytes::from(begun)]).chain(spaces).chain(stream::iter([Bytes::from(rest)]));
        streaming(ThisWire::CONTENT_TYPE, pieces)
    };
    let server = ModelServer::answering(goes_on).await;
    let deltas = succeeded(ask(&ThisWire::client(server.url(), NEXT_TOKEN_SOON)).await);
    let time = [call("time"), input(&format!("{{{}}}", " ".repeat(12)))];
    assert_eq!(deltas[..deltas.len() - 1], [&[call("weather"), input("{"), input("}")][..], &time].concat());
}

#[tokio::test]
async fn tool_calls_count_toward_the_limits_of_a_reply() {
    let limits = CallLimits { reply_bytes: 10, ..LIMITS };
    let said = [ThisWire::says("12345"), called(1, "t", &[r#"{"a":1}"#]), ThisWire::end()].concat();
    let deltas = succeeded(hear([ThisWire::beginning(), said].concat(), limits).await);
    assert_eq!(deltas[..3], [text("12345"), call("t"), input(r#"{"a":"#)]);
    assert!(matches!(deltas[3..], [Delta::Finish { reason: Length, usage: None }]), "{deltas:?}");

    let limits = CallLimits { reply_parts: 2, ..LIMITS };
    let said: Vec<u8> = (1..9).flat_map(|index| called(index, "t", &["{}"])).collect();
    let deltas = succeeded(hear([ThisWire::beginning(), said, ThisWire::end()].concat(), limits).await);
    assert_eq!(deltas[..4], [call("t"), input("{}"), call("t"), input("{}")]);
    assert!(matches!(deltas[4..], [Delta::Finish { reason: Length, usage: None }]), "{deltas:?}");
}

fn called(index: usize, tool: &str, pieces: &[&str]) -> Vec<u8> {
    let pieces: Vec<u8> = pieces.iter().flat_map(|piece| ThisWire::adds_to_call(index, piece)).collect();
    [ThisWire::begins_call(index, tool), pieces, ThisWire::ends_call(index)].concat()
}

async fn hear(stream: Vec<u8>, limits: CallLimits) -> Vec<Result<Delta, ModelError>> {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, stream).await;
    ask(&ThisWire::client(server.url(), limits)).await
}
