//! The behaviour of API Gateway, Lambda and DynamoDB, as facts that are verified from outside: through a socket and `@connections`.
//!
//! Each fact is a test on the local stack, and on AWS if `PROBE_URL` is the URL of a deployed probe (`make probe` does both).
//! When all have run in one process, as with `cargo test`, a report of both is written to `target/conformance.md`.
#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test ends where its expectation does")]

mod api;
mod connections;
mod fact;
mod facts;
mod platform;
mod report;
mod settings;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use fact::Fact;
use platform::Platform;
use report::{Outcome, Report};
use settings::Settings;

fn main() -> ExitCode {
    // Fails only if a provider is installed already, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut arguments = Arguments::from_args();
    // The tests mostly wait.
    arguments.test_threads.get_or_insert(4);

    let settings = Settings::from_environment();
    let report = Arc::new(Report::default());
    let mut trials = vec![Trial::test("the_table_of_facts_is_true_to_them", report::check_table)];
    for fact in facts::all() {
        trials.push(trial(fact, Platform::Local, None, &report));
        if let Some(deployed) = &settings.deployed {
            let platform = Platform::Deployed(deployed.clone());
            trials.push(trial(fact, platform, fact.reason_not_to_run(settings.slow), &report));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if arguments.list {
        return ExitCode::SUCCESS;
    }
    report.publish();
    conclusion.exit_code()
}

/// The test of one fact on one platform.
fn trial(fact: Fact, platform: Platform, not_run: Option<String>, report: &Arc<Report>) -> Trial {
    let name = format!("{}{}", platform.prefix(), fact.name());
    if let Some(reason) = not_run {
        report.record(fact, &platform, Outcome::NotRun(reason));
        return Trial::test(name, || Ok(())).with_ignored_flag(true);
    }
    let report = report.clone();
    Trial::test(name, move || {
        // Stays recorded if an assertion panics.
        report.record(fact, &platform, Outcome::Fails);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failed::from)?;
        runtime.block_on(async { (fact.examine)(platform.open(fact.api).await).await });
        report.record(fact, &platform, Outcome::Holds);
        Ok(())
    })
}
