//! The body of an answer, whatever its content type: server-sent events, or JSON if the server does not stream, or
//! reports an error with status 200.

use super::sse::{EventTooLong, MAX_EVENT_BYTES, SseDecoder};
use crate::llm::ModelError;

/// Decodes the bytes of a body, split anywhere, into the names and the data of events. JSON is one event without a
/// name.
#[derive(Default)]
pub struct AnswerBody {
    form: Form,
}

#[derive(Default)]
enum Form {
    // Only whitespace so far.
    #[default]
    Unknown,
    Events(SseDecoder),
    Json(Vec<u8>),
}

impl AnswerBody {
    /// Takes the next bytes and passes on each event that they complete.
    ///
    /// # Errors
    /// It is an HTML page, or an event is too long. The body is unusable after that.
    pub fn feed(&mut self, mut bytes: &[u8], on_event: impl FnMut(&str, &str)) -> Result<(), ModelError> {
        if let Form::Unknown = self.form {
            bytes = bytes.trim_ascii_start();
            self.form = match bytes.first() {
                None => return Ok(()),
                Some(b'{' | b'[') => Form::Json(Vec::new()),
                Some(b'<') => return Err(ModelError::Malformed("it is a page and no stream of events".to_owned())),
                Some(_) => Form::Events(SseDecoder::default()),
            };
        }
        match &mut self.form {
            Form::Unknown => Ok(()),
            Form::Events(decoder) => decoder.feed(bytes, on_event).map_err(too_long),
            Form::Json(json) if json.len().saturating_add(bytes.len()) > MAX_EVENT_BYTES => Err(too_long(EventTooLong)),
            Form::Json(json) => {
                json.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// Passes on what the end of the body completes. The last event of a stream may be cut off; JSON is complete.
    pub fn finish(self, mut on_event: impl FnMut(&str, &str, MayBeCut)) {
        match self.form {
            Form::Unknown => {}
            Form::Events(decoder) => decoder.finish(|name, data| on_event(name, data, MayBeCut(true))),
            Form::Json(json) => on_event("", &String::from_utf8_lossy(&json), MayBeCut(false)),
        }
    }
}

/// Whether an event may be cut off.
pub struct MayBeCut(pub bool);

fn too_long(error: EventTooLong) -> ModelError {
    ModelError::Malformed(error.to_string())
}
