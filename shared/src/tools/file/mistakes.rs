//! What is wrong with a file, and where.

use std::fmt;
use std::ops::Range;

/// Everything that is wrong with a file of tools, one a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes {
    file: String,
    // The lines, counted from 1.
    found: Vec<(usize, String)>,
}

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> =
            self.found.iter().map(|(line, problem)| format!("{}:{line}: {problem}", self.file)).collect();
        formatter.write_str(&lines.join("\n"))
    }
}

/// Collects them.
pub(super) struct Collector<'a> {
    text: &'a str,
    found: Vec<(usize, String)>,
}

impl<'a> Collector<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, found: Vec::new() }
    }

    /// Something is wrong at this place.
    pub fn add(&mut self, place: Range<usize>, problem: impl Into<String>) {
        let before = self.text.as_bytes().get(..place.start).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1);
        self.found.push((line, problem.into()));
    }

    /// The value, unless something was wrong.
    pub fn finish<T>(mut self, file: &str, value: T) -> Result<T, Mistakes> {
        self.found.sort();
        match self.found.is_empty() {
            true => Ok(value),
            false => Err(Mistakes { file: file.to_owned(), found: self.found }),
        }
    }
}
