//! How much time the stack adds: from a client's frame to its invocation, and from a post to the client's frame.
//!
//! `make bench-local` prints a table, and writes the same figures to `target/bench-local.json`. The stack is a process of its
//! own; clients run here, and so does the function, in processes that the stack starts from this same binary.

mod clients;
mod clock;
mod function;
mod program;
mod report;

use std::error::Error;

use clients::Clients;
use program::Program;
use report::{Report, Row};

/// Connections of the second measurement.
const CONNECTIONS: usize = 1_000;
/// Frames a second that they send together.
const RATE: u32 = 2_000;
/// Duration in seconds.
const SECONDS: u32 = 10;
/// Frames of the first measurement, one at a time.
const ONE_BY_ONE: usize = 5_000;

fn main() -> Result<(), Box<dyn Error>> {
    // Set in the processes that the stack starts.
    #[allow(clippy::disallowed_methods, reason = "a benchmark has no configuration beside it")]
    if let Ok(runtime_api) = std::env::var("AWS_LAMBDA_RUNTIME_API") {
        return Ok(function::run(&runtime_api)?);
    }
    tokio::runtime::Runtime::new()?.block_on(measure())
}

async fn measure() -> Result<(), Box<dyn Error>> {
    let mut report = Report::default();
    let data = tempfile::tempdir()?;
    let program = Program::start(data.path()).await?;

    let mut clients = Clients::connect(&program.socket_url, 1).await?;
    clients.one_by_one(ONE_BY_ONE / 10).await?; // Warms everything up.
    let used = program.processor_seconds();
    let echoes = clients.one_by_one(ONE_BY_ONE).await?;
    report.add(Row::new("1 connection, one frame at a time", &program, used, 1, ONE_BY_ONE, echoes));

    let mut clients = Clients::connect(&program.socket_url, CONNECTIONS).await?;
    // As many environments as are needed start one after the other, not all at once.
    for share in [8, 4, 2, 1] {
        clients.at_rate(RATE / share, 1).await?;
    }
    let used = program.processor_seconds();
    let echoes = clients.at_rate(RATE, SECONDS).await?;
    let what = format!("{CONNECTIONS} connections, {RATE} frames/s");
    report.add(Row::new(&what, &program, used, CONNECTIONS, (RATE * SECONDS) as usize, echoes));

    print!("{}", report.table());
    Ok(report.write()?)
}
