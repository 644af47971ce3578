//! What people see on the terminal: one aligned line for each thing that a function or the stack says.

use std::fmt::Display;
use std::io::Write;
use std::sync::Arc;
use std::time::SystemTime;

use crate::date;

/// Room for a request's short id and the number of its environment.
const ORIGIN_WIDTH: usize = 13;

/// Writes lines to standard error, each with the time (UTC) and who said it.
#[derive(Clone, Debug)]
pub struct Console {
    width: usize,
    look: Look,
    name: Arc<str>,
}

/// What a console shows, and how.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Whether lines are coloured.
    pub colour: bool,
    /// Whether every invocation ends with a line.
    pub reports: bool,
}

/// How a line is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As any other.
    Plain,
    /// Less than others.
    Quiet,
    /// So that it is seen.
    Warning,
    /// So that it is not missed.
    Error,
}

impl Console {
    /// A console whose columns fit all of `names`.
    pub fn new<'a>(names: impl Iterator<Item = &'a str>, look: Look) -> Self {
        let width = names.map(str::len).max().unwrap_or(0).max("local".len());
        Self { width, look, name: "local".into() }
    }

    /// The same console, for what `name` says.
    pub fn named(&self, name: &str) -> Self {
        Self { name: name.into(), ..self.clone() }
    }

    /// Whether it shows a line for each invocation.
    pub fn shows_reports(&self) -> bool {
        self.look.reports
    }

    /// Writes one line.
    pub fn say(&self, text: impl Display) {
        self.write("", Tone::Plain, text);
    }

    /// Writes one line that comes from a certain place, such as an environment.
    pub fn write(&self, origin: &str, tone: Tone, text: impl Display) {
        let line = self.line(&date::time_of_day(SystemTime::now()), origin, tone, text);
        // A terminal that is gone must not stop the stack, so a failed write is passed over.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }

    fn line(&self, time: &str, origin: &str, tone: Tone, text: impl Display) -> String {
        let (name, width) = (&self.name, self.width);
        let colour = |code| if self.look.colour { code } else { "" };
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
        Console::new(["Message", "Sweep"].into_iter(), Look { colour, reports: true })
    }

    #[test]
    fn lines_are_aligned_whoever_speaks() {
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
