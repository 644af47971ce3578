//! The results of all cases, as a table and as a file in JUnit's format.

use std::fmt;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

/// The result of one case.
#[derive(Debug, Default)]
pub struct Evaluated {
    /// The agent.
    pub agent: String,
    /// The name of the case.
    pub case: String,
    /// What was not as expected; empty if all was.
    pub failures: Vec<String>,
    /// How many tools were called.
    pub calls: usize,
    /// The tokens that were used.
    pub tokens: u64,
    /// What it has cost, in US dollars, if that is known.
    pub cost: Option<f64>,
    /// How long it took.
    pub time: Duration,
    /// There was no model to judge with.
    pub is_unjudged: bool,
}

/// The results of all cases.
pub struct Report(pub Vec<Evaluated>);

impl Report {
    /// Whether all was as expected.
    pub fn has_passed(&self) -> bool {
        self.0.iter().all(|evaluated| evaluated.failures.is_empty())
    }

    /// The results in JUnit's format.
    ///
    /// # Errors
    /// A text has what XML has not.
    pub fn junit(&self) -> Result<String, String> {
        let mut junit = Junit::new("evals");
        for evaluated in &self.0 {
            let status = match evaluated.failures.is_empty() {
                true => TestCaseStatus::success(),
                false => {
                    let mut failed = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    failed.set_message(evaluated.failures.join("\n"));
                    failed
                }
            };
            let mut case = TestCase::new(evaluated.case.as_str(), status);
            case.set_time(evaluated.time);
            match junit.test_suites.iter_mut().find(|suite| suite.name.as_str() == evaluated.agent) {
                Some(suite) => drop(suite.add_test_case(case)),
                None => {
                    let mut suite = TestSuite::new(evaluated.agent.as_str());
                    suite.add_test_case(case);
                    junit.add_test_suite(suite);
                }
            }
        }
        junit.to_string().map_err(|error| error.to_string())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width =
            |of: fn(&Evaluated) -> &str| self.0.iter().map(|each| of(each).chars().count()).max().unwrap_or(0).max(5);
        let (agents, cases) = (width(|each| &each.agent), width(|each| &each.case));
        writeln!(formatter, "{:agents$}  {:cases$}  result  calls  tokens     cost     time", "agent", "case")?;
        for each in &self.0 {
            let Evaluated { agent, case, calls, tokens, .. } = each;
            let result = if each.failures.is_empty() { "passed" } else { "FAILED" };
            let cost = each.cost.map_or("?".to_owned(), |cost| format!("${cost:.4}"));
            let seconds = each.time.as_secs_f64();
            writeln!(
                formatter,
                "{agent:agents$}  {case:cases$}  {result}  {calls:>5}  {tokens:>6}  {cost:>7}  {seconds:>5.1} s"
            )?;
            for failure in &each.failures {
                writeln!(formatter, "    {failure}")?;
            }
            if each.is_unjudged {
                writeln!(formatter, "    not judged: the demo model cannot")?;
            }
        }
        let failed = self.0.iter().filter(|each| !each.failures.is_empty()).count();
        write!(formatter, "{} passed, {failed} failed", self.0.len() - failed)
    }
}
