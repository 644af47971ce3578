//! What must hold for any input.

use futures::{StreamExt, stream};
use natter::llm::sse::{EventTooLong, SseDecoder};
use natter::llm::{CallLimits, Delta, deltas_of};
use natter::protocol::{ClientFrame, ServerFrame};

/// Any frame is read or refused, and a refusal can be told.
pub fn client_frame(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match ClientFrame::decode(&text) {
        Ok(frame) => assert!(!frame.request_id().as_str().is_empty()),
        Err(refused) => {
            let request = refused.request_id.as_deref();
            let told = ServerFrame::error(request, &refused.error).encode();
            assert!(told.starts_with(b"{\"type\":\"error\"") && told.len() < 2000);
        }
    }
}

/// Any stream means the same wherever it is cut; the first byte says where.
pub fn sse(input: &[u8]) {
    let Some((cut, stream)) = input.split_first() else { return };
    let cut = stream.len() * usize::from(*cut) / 256;
    assert_eq!(decode(&[stream]), decode(&[&stream[..cut], &stream[cut..]]));
}

/// The events of a stream, each its name and its data, that the network has cut into these pieces.
pub fn decode(pieces: &[&[u8]]) -> Result<Vec<String>, EventTooLong> {
    let mut decoder = SseDecoder::default();
    let mut events = Vec::new();
    for piece in pieces {
        decoder.feed(piece, |name, data| events.push(format!("{name}\n{data}")))?;
    }
    decoder.finish(|name, data| events.push(format!("{name}\n{data}")));
    Ok(events)
}

/// Whatever a model's server sends, and wherever it is cut, becomes the same reply: pieces that are not empty, within their bounds, and
/// one end or failure behind them; the first byte says where.
pub fn model_stream(input: &[u8]) {
    let Some((cut, stream)) = input.split_first() else { return };
    let cut = stream.len() * usize::from(*cut) / 256;
    assert_eq!(reply(&[stream]), reply(&[&stream[..cut], &stream[cut..]]));
}

/// What a client makes of a body that the network has cut into these pieces: the texts, each with its kind, and what the end was.
pub fn reply(pieces: &[&[u8]]) -> (Vec<(Kind, String)>, String) {
    let limits = CallLimits { reply_bytes: 1000, reply_parts: 10, ..CallLimits::default() };
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok::<_, std::convert::Infallible>(piece.to_vec())).collect();
    let body = reqwest::Body::wrap_stream(stream::iter(pieces));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let deltas: Vec<_> = runtime.block_on(deltas_of(http::Response::new(body).into(), limits).collect());
    let (mut said, mut end) = (Vec::<(Kind, String)>::new(), None);
    for delta in deltas {
        assert!(end.is_none(), "nothing comes behind the end");
        let (kind, text) = match delta {
            Ok(Delta::Text(text)) => (Kind::Text, text),
            Ok(Delta::Reasoning(text)) => (Kind::Reasoning, text),
            Ok(Delta::ProviderData(_) | Delta::Source(_)) => continue,
            Ok(Delta::ToolStart { tool }) => {
                said.push((Kind::Call(tool), String::new()));
                continue;
            }
            Ok(Delta::ToolInput(text)) => match said.last() {
                Some((call @ Kind::Call(_), _)) => (call.clone(), text),
                other => panic!("arguments belong to a call: {other:?}"),
            },
            Ok(Delta::Finish { .. }) | Err(_) => {
                end = Some(format!("{delta:?}"));
                continue;
            }
        };
        assert!(!text.is_empty());
        match said.last_mut() {
            Some((last, so_far)) if *last == kind => so_far.push_str(&text),
            _ => said.push((kind, text)),
        }
    }
    assert!(said.len() <= 10 && said.iter().map(|(_, text)| text.len()).sum::<usize>() <= 1000);
    (said, end.expect("an end"))
}

/// What a text of a reply is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The answer.
    Text,
    /// The reasoning before it.
    Reasoning,
    /// The arguments of a call of this tool.
    Call(String),
}
