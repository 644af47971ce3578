//! What one environment says on the terminal, each line with the request that it was at.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

use super::log_line::LogLine;
use super::report::Report;
use crate::console::{Console, Tone};
use crate::events::{Event, Invocation};
use crate::journal::Journal;

/// A longer line is cut, as CloudWatch cuts it.
const LONGEST_LINE: u64 = 256 * 1024;

/// The log of one environment. Clones are one log.
#[derive(Clone, Debug)]
pub struct Log {
    console: Console,
    journal: Journal,
    function: Arc<str>,
    environment: u64,
    /// Before the first one there is none, and what is said belongs to the init. A request stays until the next one comes. Where
    /// several run at once there is none at all, and a line belongs to the request that it names.
    request_id: Arc<Mutex<Option<String>>>,
    /// What stands in the place of a request.
    without_request: &'static str,
}

impl Log {
    /// The log of the environment with this number, under the name of its function. It may run several requests at once.
    pub fn new(console: Console, journal: Journal, function: &str, environment: u64, is_shared: bool) -> Self {
        let without_request = if is_shared { "-" } else { "init" };
        Self { console, journal, function: function.into(), environment, request_id: Arc::default(), without_request }
    }

    /// What is said from now on belongs to this request.
    pub fn attribute_to(&self, request_id: &str) {
        *self.request_id.lock().unwrap_or_else(PoisonError::into_inner) = Some(request_id.to_owned());
    }

    /// Takes what a process writes, to its end.
    pub async fn follow(self, output: impl AsyncRead + Unpin) {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while (&mut output).take(LONGEST_LINE).read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
            self.line(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
    }

    /// A line of the function.
    fn line(&self, text: &str) {
        let line = LogLine::parse(text);
        let named = line.as_ref().and_then(|line| line.request.clone());
        let request = self.request().or(named);
        self.journal.record(|| {
            let (function, environment, request) = (self.function.to_string(), Some(self.environment), request.clone());
            Event::Log { invocation: Invocation { function, environment, request }, text: text.to_owned() }
        });
        match line {
            Some(line) => self.write(request.as_deref(), line.tone(), line),
            None => self.write(request.as_deref(), Tone::Plain, text),
        }
    }

    /// Something that went wrong with it.
    pub fn problem(&self, text: impl Display) {
        self.write(self.request().as_deref(), Tone::Error, text);
    }

    /// The end of the invocation with this request id.
    pub fn report(&self, request_id: &str, report: &Report) {
        if self.console.shows_reports() {
            self.write(Some(request_id), Tone::Quiet, report);
        }
    }

    fn request(&self) -> Option<String> {
        self.request_id.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, request: Option<&str>, tone: Tone, text: impl Display) {
        let request = request.map_or(self.without_request, |id| id.get(..8).unwrap_or(id));
        self.console.write(&format!("{request:<8} #{:<3}", self.environment), tone, text);
    }
}
