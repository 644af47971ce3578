//! The metrics that functions log in CloudWatch's Embedded Metric Format, aggregated as CloudWatch does.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

mod document;
mod metric;
mod series;

use std::collections::BTreeMap;

pub use document::{Datum, read};
pub use metric::{Identity, Metric};
use series::Series;

/// All metrics since the start.
#[derive(Debug, Default)]
pub struct Metrics {
    series: BTreeMap<Identity, Series>,
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
