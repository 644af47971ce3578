//! The results of the facts, as a table and as counts.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use libtest_mimic::Failed;

use crate::fact::{Fact, Source};
use crate::facts;
use crate::platform::Platform;
use crate::settings;

/// The result of a fact on one platform.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not hold.
    Fails,
    /// It was skipped, for this reason.
    NotRun(String),
}

/// The outcomes of one run.
#[derive(Debug, Default)]
pub struct Report {
    local: Mutex<BTreeMap<String, Outcome>>,
    on_aws: Mutex<BTreeMap<String, Outcome>>,
}

impl Report {
    /// Records the result of a fact; the last one counts.
    pub fn record(&self, fact: Fact, platform: &Platform, outcome: Outcome) {
        let outcomes = match platform {
            Platform::Local => &self.local,
            Platform::Deployed(_) => &self.on_aws,
        };
        outcomes.lock().unwrap_or_else(PoisonError::into_inner).insert(fact.name(), outcome);
    }

    /// Prints the counts and writes the table, if all facts were verified in this process.
    pub fn publish(&self) {
        if self.outcomes(&self.local).len() < facts::all().count() {
            return;
        }
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("conformance.md");
        let counts = self.counts();
        match std::fs::write(&file, format!("# Conformance\n\n{counts}\n{}", self.table())) {
            Ok(()) => println!("{counts}\nThe report is in {}.", file.display()),
            Err(error) => println!("{counts}\nThe report could not be written to {}: {error}", file.display()),
        }
    }

    /// A line for each source, and one for AWS if nothing was verified there.
    fn counts(&self) -> String {
        let (local, on_aws) = (self.outcomes(&self.local), self.outcomes(&self.on_aws));
        let mut lines = String::new();
        for (source, meaning) in [(Source::D, "documented"), (Source::R, "reported"), (Source::I, "inferred")] {
            let names: Vec<_> = facts::all().filter(|fact| fact.source == source).map(|fact| fact.name()).collect();
            let that = |outcomes: &BTreeMap<String, Outcome>, wanted: &dyn Fn(&Outcome) -> bool| {
                names.iter().filter(|name| outcomes.get(*name).is_some_and(wanted)).count()
            };
            let holds = |outcome: &Outcome| *outcome == Outcome::Holds;
            let run = |outcome: &Outcome| !matches!(outcome, Outcome::NotRun(_));
            let _ = writeln!(
                lines,
                "conformance: {source} ({meaning}): {} of {} hold in the local stack; on AWS {} of {} examined",
                that(&local, &holds),
                names.len(),
                that(&on_aws, &holds),
                that(&on_aws, &run),
            );
        }
        if on_aws.is_empty() {
            lines.push_str("conformance: nothing was examined on AWS; `make probe` does that\n");
        }
        lines
    }

    fn table(&self) -> String {
        let (local, on_aws) = (self.outcomes(&self.local), self.outcomes(&self.on_aws));
        let mut table = "| about | fact | source | local | AWS |\n|---|---|---|---|---|\n".to_owned();
        for fact in facts::all() {
            let shown = |outcomes: &BTreeMap<String, Outcome>| match outcomes.get(&fact.name()) {
                Some(Outcome::Holds) => "holds".to_owned(),
                Some(Outcome::Fails) => "**fails**".to_owned(),
                Some(Outcome::NotRun(reason)) => format!("not run: {reason}"),
                None => "not run".to_owned(),
            };
            let (local, on_aws) = (shown(&local), shown(&on_aws));
            let _ = writeln!(table, "| {} | {} | {} | {local} | {on_aws} |", fact.subject, sentence(fact), fact.source);
        }
        table
    }

    fn outcomes(&self, of: &Mutex<BTreeMap<String, Outcome>>) -> BTreeMap<String, Outcome> {
        of.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The first line of the table of facts in the README.
const BEGIN: &str = "| about | fact | source |\n|---|---|---|\n";

/// Checks that the README's table lists every fact, or updates it if `PROBE_UPDATE=1`.
pub fn check_table() -> Result<(), Failed> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&file)?;
    let (before, table) = text.split_once(BEGIN).ok_or("README.md has no table of facts")?;
    let (table, after) = table.split_once("\n\n").unwrap_or((table.trim_end(), ""));
    let mut facts = String::new();
    for fact in facts::all() {
        let _ = writeln!(facts, "| {} | {} | {} |", fact.subject, sentence(fact), fact.source);
    }
    let facts = facts.trim_end();
    if table == facts {
        return Ok(());
    }
    if settings::updates_table() {
        let after = if after.is_empty() { "\n".to_owned() } else { format!("\n\n{after}") };
        return Ok(std::fs::write(&file, format!("{before}{BEGIN}{facts}{after}"))?);
    }
    Err("the table in infra/probe/README.md is not that of the facts; PROBE_UPDATE=1 with this test writes it".into())
}

fn sentence(fact: Fact) -> String {
    fact.sentence.replace('_', " ")
}
