//! One line in the Embedded Metric Format.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::metric::Identity;

/// Values of a metric that one line holds.
#[derive(Debug, PartialEq)]
pub struct Datum {
    /// Of which.
    pub identity: Identity,
    /// In which unit.
    pub unit: String,
    /// The values.
    pub values: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    cloud_watch_metrics: Vec<Directive>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: String,
    dimensions: Vec<Vec<String>>,
    metrics: Vec<Definition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: String,
    unit: Option<String>,
}

/// The metrics of a log line; none if it is not of this format. Metrics without a number, and dimensions without a
/// text, are left out, as CloudWatch leaves them out.
pub fn read(line: &str) -> Vec<Datum> {
    // Most lines are not of this format, and need not be parsed to know it.
    let Some(root) = line.contains("\"_aws\"").then(|| serde_json::from_str::<Map<String, Value>>(line).ok()).flatten()
    else {
        return Vec::new();
    };
    let metadata = root.get("_aws").and_then(|metadata| Metadata::deserialize(metadata).ok());
    let directives = metadata.into_iter().flat_map(|metadata| metadata.cloud_watch_metrics);
    directives.flat_map(|directive| directive.data(&root)).collect()
}

impl Directive {
    fn data(&self, root: &Map<String, Value>) -> Vec<Datum> {
        let text = |name: &String| Some((name.clone(), root.get(name)?.as_str()?.to_owned()));
        let sets = self.dimensions.iter().filter_map(|set| set.iter().map(text).collect::<Option<BTreeMap<_, _>>>());
        let datum = |dimensions: &BTreeMap<String, String>, metric: &Definition| {
            let values = match root.get(&metric.name)? {
                Value::Array(values) => values.iter().filter_map(Value::as_f64).collect(),
                value => vec![value.as_f64()?],
            };
            let identity = Identity {
                namespace: self.namespace.clone(),
                name: metric.name.clone(),
                dimensions: dimensions.clone(),
            };
            Some(Datum { identity, unit: metric.unit.clone().unwrap_or_else(|| "None".to_owned()), values })
        };
        sets.flat_map(|set| self.metrics.iter().filter_map(|metric| datum(&set, metric)).collect::<Vec<_>>()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn datum(name: &str, dimensions: &[(&str, &str)], unit: &str, values: &[f64]) -> Datum {
        let dimensions = dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let identity = Identity { namespace: "Shop".to_owned(), name: name.to_owned(), dimensions };
        Datum { identity, unit: unit.to_owned(), values: values.to_vec() }
    }

    fn line(dimensions: Value, metrics: Value) -> String {
        let directive = json!({ "Namespace": "Shop", "Dimensions": dimensions, "Metrics": metrics });
        let metadata = json!({ "Timestamp": 1, "CloudWatchMetrics": [directive] });
        json!({ "_aws": metadata, "Orders": 2, "Times": [3, 4.5], "Kind": "book", "City": 7 }).to_string()
    }

    #[test]
    fn each_set_of_dimensions_is_a_metric_of_its_own() {
        let metrics = json!([{ "Name": "Orders", "Unit": "Count" }, { "Name": "Times" }]);
        assert_eq!(
            read(&line(json!([[], ["Kind"]]), metrics)),
            [
                datum("Orders", &[], "Count", &[2.0]),
                datum("Times", &[], "None", &[3.0, 4.5]),
                datum("Orders", &[("Kind", "book")], "Count", &[2.0]),
                datum("Times", &[("Kind", "book")], "None", &[3.0, 4.5]),
            ]
        );
    }

    #[test]
    fn what_the_line_does_not_hold_is_left_out() {
        assert_eq!(read(&line(json!([[]]), json!([{ "Name": "Kind" }, { "Name": "Absent" }]))), []);
        assert_eq!(read(&line(json!([["City"], ["Absent"]]), json!([{ "Name": "Orders" }]))), []);
    }

    #[test]
    fn other_lines_are_none() {
        for other in ["", "a word", "{\"_aws\": 1}", "{\"_aws\"", "{\"level\":\"INFO\",\"message\":\"\\\"_aws\\\"\"}"] {
            assert_eq!(read(other), [], "{other}");
        }
    }
}
