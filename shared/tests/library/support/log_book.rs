use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use lambda_runtime::tracing::Level;
use lambda_runtime::tracing::subscriber::fmt::MakeWriter;
use natter::logging;
use natter::logging::LogConfig;
use serde_json::Value;
use tracing::subscriber::DefaultGuard;

/// What is logged on this thread, as a function would log it, for as long as it lives.
pub struct LogBook {
    written: Written,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl LogBook {
    pub fn open() -> Self {
        Self::at(Level::INFO)
    }

    /// A log of this level.
    pub fn at(level: Level) -> Self {
        let written = Written::default();
        let config = LogConfig { level, namespace: "Natter".to_owned(), function: "tests".to_owned() };
        let subscriber = logging::subscriber(&config, written.clone());
        Self { written, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// All that was written.
    pub fn text(&self) -> String {
        String::from_utf8(self.written.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines, each of which is one JSON object.
    pub fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// The lines with this message.
    pub fn lines_of(&self, message: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["message"] == message).collect()
    }

    /// The one line with this message.
    pub fn line(&self, message: &str) -> Value {
        let lines = self.lines_of(message);
        assert_eq!(lines.len(), 1, "one line says {message:?} in {}", self.text());
        lines[0].clone()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Written {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
