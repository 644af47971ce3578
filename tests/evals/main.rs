//! `make evals`: holds the conversations of the cases beside agents, in the local stack, and says which are not as expected.
//!
//! With a model that is connected as for `make dev`, or with the demo model, which follows the scripts of the cases.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

mod case;
mod check;
mod conversation;
mod judge;
mod outputs;
mod report;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use natter_tests::{Natter, NatterBuilder, built_functions};
use uuid::Uuid;

use case::Case;
use outputs::Outputs;
use report::{Evaluated, Report};

/// The variables of which each connects a model.
const MODEL: [&str; 7] = [
    "MODEL_PROVIDER",
    "OPENAI_BASE_URL",
    "OPENAI_API_KEY",
    "OPENAI_MODEL",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_MODEL",
];

/// Those that name it.
const MODEL_NAMES: [&str; 3] = ["OPENAI_MODEL", "ANTHROPIC_MODEL", "BEDROCK_MODEL"];

/// Evaluates the agents of a directory.
#[derive(Debug, Parser)]
#[command(name = "evals")]
struct Settings {
    /// The directory.
    directory: PathBuf,
    /// Only the cases of this agent.
    #[arg(long)]
    agent: Option<String>,
    /// Where the results are written in JUnit's format.
    #[arg(long)]
    junit: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let settings = Settings::parse();
    match evaluate(&settings).await {
        Ok(report) => {
            println!("{report}");
            if report.has_passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(problem) => {
            // Where the results would be: the stack's log is on the other.
            println!("{problem}");
            ExitCode::FAILURE
        }
    }
}

async fn evaluate(settings: &Settings) -> Result<Report, String> {
    let mut cases = case::read(&settings.directory)?;
    cases.retain(|(agent, _)| settings.agent.as_ref().is_none_or(|wanted| wanted == agent));
    if cases.is_empty() {
        return Err(format!(
            "There are no cases in {}, such as assistant/evals/first.toml.",
            settings.directory.display()
        ));
    }
    check_agents(&settings.directory)?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let outputs = Outputs::default();
    let url = outputs.serve().await.map_err(|error| error.to_string())?;
    let natter = Arc::new(start(&settings.directory, folder.path(), &cases, &url).await?);
    let is_scripted = !MODEL.iter().any(|name| variable(name).is_some());

    let mut results = Vec::new();
    for (agent, case) in cases {
        // A reply that never ends is a panic of the client, and the failure of this case alone.
        let began = Instant::now();
        let (name, id) = (case.name.clone(), format!("evals-{}", Uuid::new_v4()));
        outputs.give(&id, case.tools.clone());
        let evaluating = evaluated(Arc::clone(&natter), agent.clone(), case, id, is_scripted);
        let mut result = tokio::spawn(evaluating).await.unwrap_or_else(|_| failed("the reply did not end".to_owned()));
        (result.agent, result.case, result.time) = (agent, name, began.elapsed());
        results.push(result);
    }
    if let Ok(natter) = Arc::try_unwrap(natter) {
        natter.stack.stop().await;
    }
    let report = Report(results);
    if let Some(file) = &settings.junit {
        std::fs::write(file, report.junit()?).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(report)
}

#[allow(clippy::disallowed_methods, reason = "which model is connected, the local stack reads there, too")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

// What is wrong with the agents is said before a conversation fails for it.
fn check_agents(directory: &Path) -> Result<(), String> {
    let models = MODEL_NAMES.iter().find_map(|name| variable(name)).unwrap_or_else(|| "demo".to_owned());
    let checked =
        Command::new(built_functions().join("agents")).arg("check").arg(directory).args(["--models", &models]).output();
    let checked = checked.map_err(|error| format!("the program of `make agents` does not run: {error}"))?;
    if checked.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&checked.stderr).trim().to_owned()) }
}

async fn start(directory: &Path, folder: &Path, cases: &[(String, Case)], url: &str) -> Result<Natter, String> {
    let given: BTreeSet<&str> = cases.iter().flat_map(|(_, case)| case.tools.keys().map(String::as_str)).collect();
    outputs::copy(directory, folder, &given, url)?;
    judge::add(folder).map_err(|error| error.to_string())?;
    Ok(NatterBuilder::default().agents(folder).environment("TITLES", "words").start().await)
}

async fn evaluated(natter: Arc<Natter>, agent: String, case: Case, id: String, is_scripted: bool) -> Evaluated {
    let held = match conversation::hold(&natter, &agent, &case, &id, is_scripted).await {
        Ok(held) => held,
        Err(problem) => return failed(problem),
    };
    let mut failures = check::check(&case.expect, &held);
    let claim = case.expect.judge.as_deref();
    if let Some(claim) = claim.filter(|_| !is_scripted) {
        let question = judge::question(&held.transcript, claim);
        match conversation::hold(&natter, judge::JUDGE, &question, &format!("{id}-judged"), false).await {
            Ok(verdict) => failures.extend(judge::objection(&verdict.text)),
            Err(problem) => failures.push(format!("the judge could not be asked: {problem}")),
        }
    }
    Evaluated {
        failures,
        calls: held.calls.len(),
        tokens: held.tokens,
        cost: held.cost,
        is_unjudged: is_scripted && claim.is_some(),
        ..Evaluated::default()
    }
}

fn failed(problem: String) -> Evaluated {
    Evaluated { failures: vec![problem], ..Evaluated::default() }
}
