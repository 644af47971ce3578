//! A metric's summary.

use std::collections::BTreeMap;

use serde::Serialize;

/// What identifies a metric.
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

/// A metric and the summary of its values.
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
