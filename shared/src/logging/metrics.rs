//! Metrics: fields of log lines that CloudWatch stores as time series.
//!
//! CloudWatch extracts them from the log (Embedded Metric Format), so they cost no call. A field is a metric by its
//! name. Each metric is billed monthly, once for every value of its dimension: so dimensions have few values, and
//! everything else is a field of the line.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::conversation::Timestamp;

/// The target of metric lines. They are written at any level, or a quieter log would silence the alarms.
pub const METRIC: &str = "metric";

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name, and that of the field.
    pub name: &'static str,
    /// Its unit, in CloudWatch's terms.
    pub unit: &'static str,
    /// The field that is its dimension.
    pub dimension: Option<&'static str>,
}

/// All metrics.
pub const METRICS: [Metric; 20] = [
    Metric::of("Approvals", "Count"),
    Metric::of("ColdStarts", "Count").by("Function"),
    Metric::of("DeniedToolCalls", "Count"),
    Metric::of("Dollars", "None"),
    Metric::of("FailedToolCalls", "Count"),
    Metric::of("Misconfigured", "Count"),
    Metric::of("ModelRetries", "Count"),
    Metric::of("ModelSteps", "Count"),
    Metric::of("PostedBytes", "Bytes"),
    Metric::of("Posts", "Count"),
    Metric::of("RefusedRequests", "Count").by("Code"),
    Metric::of("Saves", "Count"),
    Metric::of("StrandedTurns", "Count"),
    Metric::of("Takeovers", "Count"),
    Metric::of("TimeToFirstToken", "Milliseconds"),
    Metric::of("TokensPerSecond", "Count/Second"),
    Metric::of("ToolCalls", "Count"),
    Metric::of("TurnTime", "Milliseconds"),
    Metric::of("Turns", "Count").by("Ending"),
    Metric::of("UnknownToolCalls", "Count").by("Ending"),
];

impl Metric {
    const fn of(name: &'static str, unit: &'static str) -> Self {
        Self { name, unit, dimension: None }
    }

    const fn by(self, dimension: &'static str) -> Self {
        Self { dimension: Some(dimension), ..self }
    }
}

/// The metadata that tells CloudWatch which fields of a line are metrics.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metadata<'a> {
    timestamp: Timestamp,
    cloud_watch_metrics: Vec<Directive<'a>>,
}

/// The metrics of one dimension.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: [Vec<&'a str>; 1],
    metrics: Vec<Definition>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: &'static str,
    unit: &'static str,
}

/// The metadata of a line with these fields.
pub(super) fn metadata<'a>(namespace: &'a str, timestamp: Timestamp, fields: &Map<String, Value>) -> Metadata<'a> {
    let mut directives: Vec<Directive<'a>> = Vec::new();
    for metric in METRICS.iter().filter(|metric| fields.get(metric.name).is_some_and(Value::is_number)) {
        let dimensions = [Vec::from_iter(metric.dimension)];
        let definition = Definition { name: metric.name, unit: metric.unit };
        match directives.iter_mut().find(|directive| directive.dimensions == dimensions) {
            Some(directive) => directive.metrics.push(definition),
            None => directives.push(Directive { namespace, dimensions, metrics: vec![definition] }),
        }
    }
    Metadata { timestamp, cloud_watch_metrics: directives }
}
