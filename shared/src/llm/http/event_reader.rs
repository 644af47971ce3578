//! Reads the data of an event: JSON that an adapter understands, the end mark, or something foreign.

use std::collections::VecDeque;

use serde_json::{Deserializer, Value};

use super::answer_body::MayBeCut;
use super::json_mender::JsonMender;
use crate::llm::ModelError;
use crate::llm::server_error::ServerError;
use crate::llm::stream_event::StreamEvent;

/// The end mark of OpenAI's streams, and of some compatible ones.
const END_MARK: &str = "[DONE]";

/// Reads the JSON of an adapter's events.
pub trait ReadEvent: Send {
    /// Reads the event. An odd field counts as missing.
    ///
    /// # Errors
    /// It is not JSON, or has a field twice.
    fn read(&mut self, json: &str) -> serde_json::Result<StreamEvent>;
}

/// Reads the events of one stream.
pub struct EventReader {
    adapter: Box<dyn ReadEvent>,
    mender: JsonMender,
}

type Ready = VecDeque<Result<StreamEvent, ModelError>>;

impl EventReader {
    /// Creates a reader for an adapter's events.
    pub fn new(adapter: Box<dyn ReadEvent>) -> Self {
        Self { adapter, mender: JsonMender::default() }
    }

    /// Reads an event and appends the result to `ready`.
    pub fn read(&mut self, name: &str, data: &str, ready: &mut Ready) {
        let mut data = data.trim();
        // A proxy may add a second frame.
        while let Some(inner) = data.strip_prefix("data:") {
            data = inner.trim_start();
        }
        match self.adapter.read(data) {
            Ok(event) => ready.push_back(Ok(unless_foreign(event, name, data))),
            Err(_) => self.read_odd(name, data, ready),
        }
    }

    /// Reads the last event of a body.
    pub fn read_last(&mut self, name: &str, data: &str, MayBeCut(may_be_cut): MayBeCut, ready: &mut Ready) {
        self.read(name, data, ready);
        if let (Some(Err(ModelError::Malformed(_))), true) = (ready.back(), may_be_cut) {
            ready.pop_back();
            ready.push_back(Err(ModelError::BrokenOff("in the middle of an event".to_owned())));
        }
    }

    // Several objects without an empty line between events; JSON to be repaired; the end mark; or none of these.
    fn read_odd(&mut self, name: &str, data: &str, ready: &mut Ready) {
        let mended = match data.starts_with(['{', '[']) && data != END_MARK {
            true => self.mender.mend(data),
            false => data.to_owned(),
        };
        let mut rest = mended.as_str();
        while rest.starts_with(['{', '[']) && !rest.starts_with(END_MARK) {
            let mut values = Deserializer::from_str(rest).into_iter::<Value>();
            // Of a duplicate field, one is left.
            let event = values.next().and_then(|value| self.adapter.read(&value.ok()?.to_string()).ok());
            let Some(event) = event else {
                // A part of the reply may be lost.
                return ready.push_back(Err(ModelError::Malformed("an event is not JSON".to_owned())));
            };
            ready.push_back(Ok(event));
            rest = rest[values.byte_offset()..].trim_start();
        }
        let nothing = StreamEvent::default();
        if rest.starts_with(END_MARK) {
            ready.push_back(Ok(StreamEvent { is_last: true, ..nothing }));
        } else if name == "error" {
            ready.push_back(Ok(StreamEvent {
                failure: Some(ServerError::of_words(None, rest).meaning(None)),
                ..nothing
            }));
        } else if !rest.is_empty() {
            ready.push_back(Ok(StreamEvent { is_foreign: true, ..nothing }));
        }
    }
}

// An event whose name is not that of an error counts as one only if it says so itself: others have messages, too.
fn unless_foreign(event: StreamEvent, name: &str, data: &str) -> StreamEvent {
    let may_report = || {
        matches!(name, "" | "message" | "error") || ["\"error\"", "\"choices\""].iter().any(|word| data.contains(word))
    };
    match event.failure {
        Some(_) if !may_report() => StreamEvent { is_foreign: true, ..StreamEvent::default() },
        _ => event,
    }
}
