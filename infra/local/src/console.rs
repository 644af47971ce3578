//! What people see on the terminal: one aligned line for each thing that a function or the stack says.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

/// Writes lines to standard error, each under the name of who said it.
#[derive(Clone, Debug)]
pub struct Console {
    width: usize,
    dim: bool,
    name: Arc<str>,
}

impl Console {
    /// A console whose columns fit all of `names`.
    pub fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let width = names.map(str::len).max().unwrap_or(0).max("local".len());
        Self { width, dim: std::io::stderr().is_terminal(), name: "local".into() }
    }

    /// The same console, for what `name` says.
    pub fn named(&self, name: &str) -> Self {
        Self { name: name.into(), ..self.clone() }
    }

    /// Writes one line.
    pub fn say(&self, text: impl std::fmt::Display) {
        let (on, off) = if self.dim { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
        let line = format!("{on}{:>width$} │{off} {text}\n", self.name, width = self.width);
        // A terminal that is gone must not stop the stack, so a failed write is passed over.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}
