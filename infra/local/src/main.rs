//! The local stack as a program: starts it, prints its addresses, and stops it on Ctrl-C or SIGTERM.

mod settings;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use natter_local::LocalStack;
use settings::Settings;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let settings = Settings::parse();
    let (mut interrupt, mut terminate) = match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(interrupt), Ok(terminate)) => (interrupt, terminate),
        (Err(error), _) | (_, Err(error)) => return fail(&error),
    };
    let stack = match settings.builder().start().await {
        Ok(stack) => stack,
        Err(error) => return fail(&error),
    };
    // A closed standard output is no reason to stop.
    let _ = writeln!(std::io::stdout(), "{}\nready {}", summary(&settings, &stack), stack.http_url());
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    let bill = stack.meter().bill();
    stack.stop().await;
    if !bill.items.is_empty() {
        let _ = writeln!(std::io::stdout(), "AWS would have charged:\n{bill}");
    }
    ExitCode::SUCCESS
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "natter-local: {error}");
    ExitCode::FAILURE
}

fn summary(settings: &Settings, stack: &LocalStack) -> String {
    let url = stack.http_url();
    let functions: Vec<_> = stack.template().functions.iter().map(|function| function.id.as_str()).collect();
    let token = if stack.makes_tokens() { format!("{url}/token?user=alice") } else { "from TOKEN_ISSUER".to_owned() };
    let model = if stack.has_demo_model() {
        "a demo; it says how to connect a real one"
    } else {
        "the one that the functions' variables name"
    };
    let faults = stack.faults().map(|faults| ("faults", faults));
    let places = [
        ("page", url.clone()),
        ("inspect", format!("{url}/inspect")),
        ("socket", stack.socket_url()),
        ("token", token),
        ("model", model.to_owned()),
        ("database", format!("{} in {}", stack.database_url(), settings.data.display())),
        ("functions", format!("{} {}", functions.join(", "), settings.functions())),
    ];
    let lines = places.into_iter().chain(faults).map(|(name, value)| format!("  {name:<10} {value}"));
    lines.collect::<Vec<_>>().join("\n")
}
