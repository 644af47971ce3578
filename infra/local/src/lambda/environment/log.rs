//! The log of one environment on the terminal, each line with its request id.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

use super::log_line::LogLine;
use super::report::Report;
use crate::console::{Console, Tone};
use crate::events::{Event, Invocation};
use crate::journal::Journal;

/// A longer line is truncated, as in CloudWatch.
const MAX_LINE_BYTES: u64 = 256 * 1024;

/// The log of one environment. Clones are one log.
#[derive(Clone, Debug)]
pub struct Log {
    console: Console,
    journal: Journal,
    function: Arc<str>,
    environment: u64,
    /// The current request. `None` during the init, and where several run at once: there a line belongs to the request that it
    /// names.
    request_id: Arc<Mutex<Option<String>>>,
    /// Shown in place of a request id.
    without_request: &'static str,
}

impl Log {
    /// The log of the environment with this number, under the name of its function. It may run several requests at once.
    pub fn new(console: Console, journal: Journal, function: &str, environment: u64, is_shared: bool) -> Self {
        let without_request = if is_shared { "-" } else { "init" };
        Self { console, journal, function: function.into(), environment, request_id: Arc::default(), without_request }
    }

    /// Attributes the following lines to this request.
    pub fn attribute_to(&self, request_id: &str) {
        *self.request_id.lock().unwrap_or_else(PoisonError::into_inner) = Some(request_id.to_owned());
    }

    /// Reads the output of a process until it ends.
    pub async fn follow(self, output: impl AsyncRead + Unpin) {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while (&mut output).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
            self.line(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
    }

    /// Logs a line of the function.
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

    /// Logs an error of the environment.
    pub fn problem(&self, text: impl Display) {
        self.write(self.request().as_deref(), Tone::Error, text);
    }

    /// Logs the report of an invocation.
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
