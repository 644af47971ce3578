//! A decoder for server-sent events (WHATWG HTML, section 9.2.6), linear in its input and bounded in memory.
//!
//! Our own, because the usual crates fail on real model servers: one panics on a byte-order mark, drops an event that
//! the stream's end leaves unterminated, and grows without bound. Event ids and retry times are ignored.
//!
//! Events are borrowed: a stream of any length is read with two buffers.

/// The longest event that is accepted: an endless line must not fill the memory, and an inline image must not end the
/// reply.
pub const MAX_EVENT_BYTES: usize = 4 << 20;

/// A buffer that has grown beyond this is freed.
const USUAL_BYTES: usize = 64 << 10;

/// A line or an event is longer than [`MAX_EVENT_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {MAX_EVENT_BYTES} bytes")]
pub struct EventTooLong;

/// Decodes bytes, split anywhere, into the names and the data of events.
#[derive(Debug, Default)]
pub struct SseDecoder {
    // The current line.
    line: Vec<u8>,
    // The name and the data of the current event.
    name: Vec<u8>,
    data: Vec<u8>,
    // It has a `data` field.
    has_data: bool,
    // The last byte was a CR: a LF that follows belongs to the same line end.
    after_carriage_return: bool,
    past_first_line: bool,
}

impl SseDecoder {
    /// Takes the next bytes and passes the name, which may be empty, and the data of each event that they complete to
    /// `on_event`.
    ///
    /// # Errors
    /// [`EventTooLong`]; the decoder is unusable after that.
    pub fn feed(&mut self, mut bytes: &[u8], mut on_event: impl FnMut(&str, &str)) -> Result<(), EventTooLong> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_carriage_return) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                return self.append(bytes);
            };
            let (line, rest) = bytes.split_at(end);
            self.append(line)?;
            self.after_carriage_return = rest[0] == b'\r';
            bytes = &rest[1..];
            self.end_line(&mut on_event);
        }
        Ok(())
    }

    /// Passes on the event that the end of the stream left unterminated. The standard drops it; model servers that
    /// forget the last empty line are common enough to keep it.
    pub fn finish(mut self, mut on_event: impl FnMut(&str, &str)) {
        self.end_line(&mut on_event);
        self.end_event(&mut on_event);
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), EventTooLong> {
        let length =
            [&self.line, &self.name, &self.data].iter().fold(bytes.len(), |sum, part| sum.saturating_add(part.len()));
        if length > MAX_EVENT_BYTES {
            return Err(EventTooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, on_event: &mut impl FnMut(&str, &str)) {
        let line = std::mem::take(&mut self.line);
        let is_first = !std::mem::replace(&mut self.past_first_line, true);
        let without_mark = line.strip_prefix(b"\xEF\xBB\xBF").filter(|_| is_first);
        match without_mark.unwrap_or(&line) {
            [] => self.end_event(on_event),
            field => self.read_field(field),
        }
        // Reuse the buffer.
        self.line = line;
        empty(&mut self.line);
    }

    fn read_field(&mut self, line: &[u8]) {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => self.read_data(value),
            b"event" => value.clone_into(&mut self.name),
            _ => {}
        }
    }

    fn read_data(&mut self, value: &[u8]) {
        if std::mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(value);
    }

    fn end_event(&mut self, on_event: &mut impl FnMut(&str, &str)) {
        if !self.data.is_empty() {
            // Whole lines are decoded at once, so that a character that the network split is complete.
            on_event(&String::from_utf8_lossy(&self.name), &String::from_utf8_lossy(&self.data));
        }
        empty(&mut self.name);
        empty(&mut self.data);
        self.has_data = false;
    }
}

fn empty(buffer: &mut Vec<u8>) {
    buffer.clear();
    if buffer.capacity() > USUAL_BYTES {
        buffer.shrink_to(USUAL_BYTES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_ends_at_an_empty_line() {
        assert_eq!(events("data: one\n\ndata: two\n\n"), ["one", "two"]);
    }

    #[test]
    fn all_three_line_ends_are_the_same() {
        for stream in [
            "data: a\ndata: b\n\ndata: c\n\n",
            "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n",
            "data: a\rdata: b\r\rdata: c\r\r",
        ] {
            assert_eq!(events(stream), ["a\nb", "c"], "{stream:?}");
        }
    }

    #[test]
    fn comments_and_other_fields_are_passed_over() {
        assert_eq!(events(": keep-alive\n\nevent: message\nid: 7\nretry: 10\nnonsense\ndata: x\n\n"), ["x"]);
    }

    #[test]
    fn an_event_has_the_name_that_it_was_given_and_the_next_has_none() {
        let mut events = Vec::new();
        let stream = b"event: ping\ndata: 1\n\ndata: 2\n\nevent: lost\n\nevent:error\ndata: 3\n\n";
        SseDecoder::default().feed(stream, |name, data| events.push(format!("{name}={data}"))).unwrap();
        assert_eq!(events, ["ping=1", "=2", "error=3"]);
    }

    #[test]
    fn one_space_after_the_colon_is_not_part_of_the_data() {
        assert_eq!(events("data:a\n\ndata: b\n\ndata:  c\n\n"), ["a", "b", " c"]);
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_at_the_beginning_only() {
        assert_eq!(events("\u{feff}data: a\n\ndata: \u{feff}b\n\n"), ["a", "\u{feff}b"]);
    }

    #[test]
    fn an_event_without_data_is_none() {
        assert!(events("event: ping\n\ndata\n\ndata:\n\n\n\n").is_empty());
    }

    #[test]
    fn the_last_event_counts_even_when_nothing_ends_it() {
        assert_eq!(events("data: a\n\ndata: b"), ["a", "b"]);
        assert_eq!(events("data: a\n\ndata: b\n"), ["a", "b"]);
    }

    #[test]
    fn a_stream_means_the_same_wherever_the_network_cuts_it() {
        let stream = "\u{feff}: hi\r\ndata: héllo 👩‍👩‍👧 \r\ndata: 世界\r\n\r\nevent: x\rdata:two\r\r\ndata: [DONE]\n";
        let whole = events(stream);
        assert_eq!(whole, ["héllo 👩‍👩‍👧 \n世界", "two", "[DONE]"]);
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let bytes = stream.as_bytes();
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(decode(pieces), Ok(whole.clone()), "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn an_endless_line_and_an_endless_event_are_refused() {
        let line = vec![b'x'; MAX_EVENT_BYTES + 1];
        assert_eq!(decode([&line[..]]), Err(EventTooLong));
        let event = b"data: xxxxxxx\n".repeat(MAX_EVENT_BYTES / 8 + 1);
        assert_eq!(decode(event.chunks(1000)), Err(EventTooLong));
    }

    fn events(stream: &str) -> Vec<String> {
        decode([stream.as_bytes()]).unwrap()
    }

    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<String>, EventTooLong> {
        let mut decoder = SseDecoder::default();
        let mut events = Vec::new();
        for piece in pieces {
            decoder.feed(piece, |_, data| events.push(data.to_owned()))?;
        }
        decoder.finish(|_, data| events.push(data.to_owned()));
        Ok(events)
    }
}
