//! What must hold for any input.

use natter::llm::sse::{EventTooLong, SseDecoder};
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
