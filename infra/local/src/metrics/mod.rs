//! The numbers that functions write into their log in CloudWatch's Embedded Metric Format, summed up as CloudWatch would.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

mod document;
mod series;

use std::collections::BTreeMap;

use serde::Serialize;

pub use document::{Datum, read};
use series::Series;

/// All metrics since the start.
#[derive(Debug, Default)]
pub struct Metrics {
    series: BTreeMap<Identity, Series>,
}

/// What tells one metric from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its dimensions, with their values.
    pub dimensions: BTreeMap<String, String>,
}

/// A metric and what became of its values.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metric {
    /// Which.
    #[serde(flatten)]
    pub identity: Identity,
    /// The unit in which it was last written.
    pub unit: String,
    /// How many values there were.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The least of them.
    pub minimum: f64,
    /// The greatest.
    pub maximum: f64,
    /// Half of the newest values are at most this.
    pub p50: f64,
    /// Of 100 of the newest values 95 are at most this.
    pub p95: f64,
}

impl Metrics {
    /// Adds values.
    pub fn add(&mut self, data: Vec<Datum>) {
        for datum in data {
            let series = self.series.entry(datum.identity).or_default();
            series.unit = datum.unit;
            datum.values.into_iter().for_each(|value| series.add(value));
        }
    }

    /// All of them, by namespace, name and dimensions.
    pub fn summary(&self) -> Vec<Metric> {
        self.series.iter().map(|(identity, series)| series.summary(identity)).collect()
    }
}
