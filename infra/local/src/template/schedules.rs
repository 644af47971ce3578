//! `Schedule` and `ScheduleV2` among the `Events` of a function.

use std::time::Duration;

use serde_json::Value;

use super::resources::{Resource, Resources};

/// A schedule that invokes a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Its name: the logical id that SAM gives it, unless the template names it.
    pub name: String,
    /// The time from one invocation to the next.
    pub period: Duration,
    /// The service whose events it sends.
    pub scheduler: Scheduler,
    /// The function's payload in place of the default event.
    pub input: Option<String>,
}

/// The two AWS services with schedules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    /// A rule of EventBridge (`Schedule`).
    Rule,
    /// EventBridge Scheduler (`ScheduleV2`).
    Scheduler,
}

pub(super) fn read(resources: &Resources<'_>, function: &Resource<'_>) -> Result<Vec<Schedule>, String> {
    let events = function.property("Events").and_then(Value::as_object).into_iter().flatten();
    let mut schedules = Vec::new();
    for (id, event) in events {
        let failure = |problem: String| format!("{}, event {id}: {problem}", function.id);
        let (scheduler, expression) = match event.get("Type").and_then(Value::as_str) {
            Some("Schedule") => (Scheduler::Rule, "Schedule"),
            Some("ScheduleV2") => (Scheduler::Scheduler, "ScheduleExpression"),
            _ => continue,
        };
        let text = |property: &str| match event.pointer(&format!("/Properties/{property}")) {
            Some(value) => resources.resolver.text(value).map(Some).map_err(failure),
            None => Ok(None),
        };
        if text("State")?.as_deref() == Some("DISABLED") || text("Enabled")?.as_deref() == Some("false") {
            continue;
        }
        let expression = text(expression)?.ok_or_else(|| failure(format!("it has no {expression}")))?;
        schedules.push(Schedule {
            name: text("Name")?.unwrap_or_else(|| format!("{}{id}", function.id)),
            period: period(&expression).map_err(failure)?,
            scheduler,
            input: text("Input")?,
        });
    }
    Ok(schedules)
}

/// The period of `rate(5 minutes)`.
fn period(expression: &str) -> Result<Duration, String> {
    let rate = expression.strip_prefix("rate(").and_then(|rest| rest.strip_suffix(')'));
    let (count, unit) = rate.and_then(|rate| rate.trim().split_once(' ')).unwrap_or_default();
    let seconds = match unit.trim_end_matches('s') {
        "minute" => 60,
        "hour" => 60 * 60,
        "day" => 24 * 60 * 60,
        _ => 0,
    };
    // Any sensible period is far below an overflow.
    match count.parse::<u32>() {
        Ok(count @ 1..) if seconds > 0 => Ok(Duration::from_secs(u64::from(count) * seconds)),
        _ => Err(format!("{expression} is not a schedule that runs here; use a rate, such as rate(1 minute)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read() {
        for (expression, seconds) in [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(2 days)", 172_800)] {
            assert_eq!(period(expression), Ok(Duration::from_secs(seconds)));
        }
        for expression in ["cron(0 12 * * ? *)", "rate(0 minutes)", "rate(1 fortnight)", "rate(minute)", ""] {
            assert!(period(expression).is_err_and(|problem| problem.contains("rate(1 minute)")), "{expression}");
        }
    }
}
