//! Log output on the terminal: one aligned line for each entry of a function or the stack.

use std::fmt::Display;
use std::io::Write;
use std::sync::Arc;
use std::time::SystemTime;

use crate::date;

/// Room for a request's short id and the number of its environment.
const ORIGIN_WIDTH: usize = 13;

/// Writes lines to standard error, each with the time (UTC) and its source.
#[derive(Clone, Debug)]
pub struct Console {
    width: usize,
    style: ConsoleStyle,
    name: Arc<str>,
}

/// What a console shows, and how.
#[derive(Clone, Copy, Debug)]
pub struct ConsoleStyle {
    /// Whether lines are coloured.
    pub colour: bool,
    /// Whether every invocation ends with a line.
    pub reports: bool,
}

/// How a line is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A normal line.
    Plain,
    /// A dimmed line.
    Quiet,
    /// A warning.
    Warning,
    /// An error.
    Error,
}

impl Console {
    /// A console whose columns fit all of `names`.
    pub fn new<'a>(names: impl Iterator<Item = &'a str>, style: ConsoleStyle) -> Self {
        let width = names.map(str::len).max().unwrap_or(0).max("local".len());
        Self { width, style, name: "local".into() }
    }

    /// The same console with `name` as the source.
    pub fn named(&self, name: &str) -> Self {
        Self { name: name.into(), ..self.clone() }
    }

    /// Whether it shows a line for each invocation.
    pub fn shows_reports(&self) -> bool {
        self.style.reports
    }

    /// Writes one line.
    pub fn say(&self, text: impl Display) {
        self.write("", Tone::Plain, text);
    }

    /// Writes one line with a detailed source, such as an environment.
    pub fn write(&self, origin: &str, tone: Tone, text: impl Display) {
        let line = self.line(&date::time_of_day(SystemTime::now()), origin, tone, text);
        // A closed terminal must not stop the stack, so write errors are ignored.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }

    fn line(&self, time: &str, origin: &str, tone: Tone, text: impl Display) -> String {
        let (name, width) = (&self.name, self.width);
        let colour = |code| if self.style.colour { code } else { "" };
        let (dim, off) = (colour("\x1b[2m"), colour("\x1b[0m"));
        let on = match tone {
            Tone::Plain => "",
            Tone::Quiet => dim,
            Tone::Warning => colour("\x1b[33m"),
            Tone::Error => colour("\x1b[31m"),
        };
        format!("{dim}{time} {name:>width$} {origin:<ORIGIN_WIDTH$}│{off} {on}{text}{off}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn console(colour: bool) -> Console {
        Console::new(["Message", "Sweep"].into_iter(), ConsoleStyle { colour, reports: true })
    }

    #[test]
    fn lines_of_all_sources_are_aligned() {
        let console = console(false);
        let line = |name: &str, origin: &str| console.named(name).line("18:23:28.941", origin, Tone::Error, "text");
        assert_eq!(line("Message", "1f2e3d4c #12 "), "18:23:28.941 Message 1f2e3d4c #12 │ text\n");
        assert_eq!(line("local", ""), "18:23:28.941   local              │ text\n");
    }

    #[test]
    fn colours_are_only_for_a_console_that_has_them() {
        let shown = |colour| console(colour).line("", "", Tone::Error, "text");
        assert!(shown(true).contains("\x1b[31mtext\x1b[0m") && !shown(false).contains('\x1b'));
    }
}
