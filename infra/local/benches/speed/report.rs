//! The figures, for people and for programs.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::clients::Echo;
use crate::program::Program;

/// What was measured.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

/// One measurement.
pub struct Row {
    what: String,
    connections: usize,
    frames: usize,
    answered: usize,
    environments: usize,
    to_invocation: Percentiles,
    to_client: Percentiles,
    processors: f64,
    memory: f64,
}

/// Times in milliseconds.
struct Percentiles {
    p50: f64,
    p99: f64,
}

impl Row {
    /// Summarizes `echoes` and the processor time and memory used since the given processor time in seconds.
    pub fn new(what: &str, program: &Program, used: f64, connections: usize, frames: usize, echoes: Vec<Echo>) -> Self {
        let first = echoes.iter().map(|echo| echo.sent).min().unwrap_or_default();
        let last = echoes.iter().map(|echo| echo.arrived).max().unwrap_or_default();
        let seconds = (last - first) as f64 / 1e9;
        Self {
            what: what.to_owned(),
            connections,
            frames,
            answered: echoes.len(),
            environments: echoes.iter().map(|echo| echo.process).collect::<BTreeSet<_>>().len(),
            to_invocation: percentiles(echoes.iter().map(|echo| echo.invoked.saturating_sub(echo.sent))),
            to_client: percentiles(echoes.iter().map(|echo| echo.arrived.saturating_sub(echo.posted))),
            processors: (program.processor_seconds() - used) / seconds,
            memory: program.memory_megabytes(),
        }
    }
}

impl Report {
    /// Adds a measurement.
    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// A table in Markdown.
    pub fn table(&self) -> String {
        let mut table = "| load | answered | frame → invocation, p50 / p99 | post → client, p50 / p99 | environments | processors of the stack | its memory |\n|---|---|---|---|---|---|---|\n".to_owned();
        for row in &self.rows {
            let (there, back) = (&row.to_invocation, &row.to_client);
            // Writing to a text does not fail.
            let _ = writeln!(
                table,
                "| {} | {} of {} | {:.2} / {:.2} ms | {:.2} / {:.2} ms | {} | {:.2} | {:.0} MB |",
                row.what,
                row.answered,
                row.frames,
                there.p50,
                there.p99,
                back.p50,
                back.p99,
                row.environments,
                row.processors,
                row.memory
            );
        }
        table
    }

    /// Writes the figures to `target/bench-local.json`.
    pub fn write(&self) -> std::io::Result<()> {
        let rows: Vec<Value> = self.rows.iter().map(Row::to_json).collect();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench-local.json");
        std::fs::write(file, serde_json::to_string_pretty(&rows)?)
    }
}

impl Row {
    fn to_json(&self) -> Value {
        let times = |times: &Percentiles| json!({"p50": times.p50, "p99": times.p99});
        json!({
            "load": self.what,
            "connections": self.connections,
            "frames": self.frames,
            "answered": self.answered,
            "environments": self.environments,
            "frameToInvocationMillis": times(&self.to_invocation),
            "postToClientMillis": times(&self.to_client),
            "processors": self.processors,
            "memoryMegabytes": self.memory,
        })
    }
}

fn percentiles(nanoseconds: impl Iterator<Item = u64>) -> Percentiles {
    let mut sorted: Vec<_> = nanoseconds.collect();
    sorted.sort_unstable();
    let at = |share: f64| {
        let place = (sorted.len() as f64 * share) as usize;
        sorted.get(place).map_or(f64::NAN, |nanoseconds| *nanoseconds as f64 / 1e6)
    };
    Percentiles { p50: at(0.5), p99: at(0.99) }
}
