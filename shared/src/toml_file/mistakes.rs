//! What is wrong with a file, and where.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

/// Everything that is wrong with some files, one a line.
#[derive(Debug, Clone, PartialEq, Eq, Default, thiserror::Error)]
pub struct Mistakes(Vec<Mistake>);

/// What is wrong in one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Mistake {
    file: String,
    // Counted from 1.
    line: usize,
    problem: String,
}

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> =
            self.0.iter().map(|Mistake { file, line, problem }| format!("{file}:{line}: {problem}")).collect();
        formatter.write_str(&lines.join("\n"))
    }
}

impl Mistakes {
    /// Something is wrong with a file as a whole.
    pub fn add(&mut self, file: &str, problem: impl Into<String>) {
        self.0.push(Mistake { file: file.to_owned(), line: 1, problem: problem.into() });
    }

    /// The value, unless something was wrong.
    ///
    /// # Errors
    /// What was wrong, by file and line.
    pub fn finish<T>(mut self, value: T) -> Result<T, Self> {
        self.0.sort();
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

/// Collects what is wrong with one file.
pub struct Collector<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<Mistake>,
}

impl<'a> Collector<'a> {
    /// Of the file with this name and text.
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, found: Vec::new() }
    }

    /// The table of the whole file; `None` if it is not TOML.
    pub fn document(&mut self) -> Option<Spanned<DeTable<'a>>> {
        let (document, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            self.add(error.span().unwrap_or_default(), format!("this is not TOML: {}", error.message()));
        }
        // What was not understood is missing from the document.
        errors.is_empty().then_some(document)
    }

    /// Something is wrong at this place.
    pub fn add(&mut self, place: Range<usize>, problem: impl Into<String>) {
        let before = self.text.as_bytes().get(..place.start).unwrap_or_default();
        self.add_at_line(before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1), problem);
    }

    /// Something is wrong in this line, counted from 1.
    pub fn add_at_line(&mut self, line: usize, problem: impl Into<String>) {
        self.found.push(Mistake { file: self.file.to_owned(), line, problem: problem.into() });
    }

    /// Hands on what was found.
    pub fn finish(self, mistakes: &mut Mistakes) {
        mistakes.0.extend(self.found);
    }
}
