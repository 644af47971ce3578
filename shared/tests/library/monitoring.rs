//! The alarms and the dashboard look at metrics that there are: a metric that is renamed here and not there would be silence.

use std::collections::BTreeSet;

use natter::logging::METRICS;
use saphyr::{LoadableYamlNode, YamlOwned};
use serde_json::Value;

const TEMPLATE: &str = include_str!("../../../infra/monitoring.yaml");
const RUN_BOOK: &str = include_str!("../../../docs/run-book.md");

/// A metric as somebody looks at it: its name, and by which dimensions.
type Looked = (String, Vec<String>);

#[test]
fn every_metric_of_an_alarm_exists_with_its_dimension() {
    let template = YamlOwned::load_from_str(TEMPLATE).unwrap().remove(0);
    let mut looked = Vec::new();
    alarms(&template, &mut looked);
    let looked: BTreeSet<Looked> = looked.into_iter().collect();
    let named: Vec<_> = looked.iter().map(|(name, _)| name.as_str()).collect();
    let ours = [
        "AuthorizeFaults",
        "Dollars",
        "Misconfigured",
        "StrandedTurns",
        "TimeToFirstToken",
        "Turns",
        "UnknownToolCalls",
    ];
    assert_eq!(named, ours);
    let counted: BTreeSet<Looked> = counted().union(&filtered(&template)).cloned().collect();
    assert_eq!(looked.difference(&counted).collect::<Vec<_>>(), Vec::<&Looked>::new());
}

#[test]
fn every_alarm_is_on_the_dashboard_and_in_the_run_book() {
    let template = YamlOwned::load_from_str(TEMPLATE).unwrap().remove(0);
    let resources = template.as_mapping_get("Resources").and_then(YamlOwned::as_mapping).unwrap();
    let is_alarm = |resource: &YamlOwned| {
        resource.as_mapping_get("Type").and_then(YamlOwned::as_str) == Some("AWS::CloudWatch::Alarm")
    };
    let mut alarms = resources.iter().filter(|(_, resource)| is_alarm(resource)).peekable();
    assert!(alarms.peek().is_some());
    for (name, alarm) in alarms {
        let name = name.as_str().unwrap();
        assert!(RUN_BOOK.contains(&format!("\n### {name}\n*")), "{name} is not in the run book");
        // The dashboard cannot name one that there may not be.
        let is_conditional = alarm.as_mapping_get("Condition").is_some();
        assert_eq!(TEMPLATE.contains(&format!("\"${{{name}.Arn}}\"")), !is_conditional, "{name} on the dashboard");
    }
}

#[test]
fn the_dashboard_shows_every_metric_and_none_that_is_not_counted() {
    assert_eq!(dashboard(), counted());
}

fn counted() -> BTreeSet<Looked> {
    let dimensions = |dimension: Option<&str>| dimension.map(str::to_owned).into_iter().collect();
    METRICS.iter().map(|metric| (metric.name.to_owned(), dimensions(metric.dimension))).collect()
}

/// Metrics of our namespace in what looks like `{Namespace: !Ref Namespace, MetricName: …, Dimensions: […]}`, however deep.
fn alarms(node: &YamlOwned, looked: &mut Vec<Looked>) {
    // Those of AWS's own services stand there by their name.
    let is_ours = |node: &YamlOwned| matches!(node.as_mapping_get("Namespace"), Some(YamlOwned::Tagged(..)));
    match node {
        YamlOwned::Mapping(entries) => {
            if let Some(name) = node.as_mapping_get("MetricName").filter(|_| is_ours(node)) {
                let dimensions = node.as_mapping_get("Dimensions").and_then(YamlOwned::as_vec);
                let dimension = |each: &YamlOwned| each.as_mapping_get("Name").unwrap().as_str().unwrap().to_owned();
                let dimensions = dimensions.into_iter().flatten().map(dimension).collect();
                looked.push((name.as_str().unwrap().to_owned(), dimensions));
            }
            entries.iter().for_each(|(_, inner)| alarms(inner, looked));
        }
        YamlOwned::Sequence(items) => items.iter().for_each(|inner| alarms(inner, looked)),
        YamlOwned::Tagged(_, inner) => alarms(inner, looked),
        _ => {}
    }
}

/// Metrics that filters make of log lines: they have no dimension.
fn filtered(node: &YamlOwned) -> BTreeSet<Looked> {
    let name = node.as_mapping_get("MetricName").filter(|_| node.as_mapping_get("MetricNamespace").is_some());
    let own = name.map(|name| (name.as_str().unwrap().to_owned(), Vec::new()));
    let inner: Vec<&YamlOwned> = match node {
        YamlOwned::Mapping(entries) => entries.iter().map(|(_, inner)| inner).collect(),
        YamlOwned::Sequence(items) => items.iter().collect(),
        YamlOwned::Tagged(_, inner) => vec![inner],
        _ => Vec::new(),
    };
    own.into_iter().chain(inner.into_iter().flat_map(filtered)).collect()
}

/// Metrics of our namespace in the dashboard's rows, `[namespace, name, dimension, value, …]`, and in its searches.
fn dashboard() -> BTreeSet<Looked> {
    let (_, body) = TEMPLATE.split_once("DashboardBody: !Sub |").unwrap();
    let (body, _) = body.split_once("\nOutputs:").unwrap();
    let body: Value = serde_json::from_str(body).expect("the dashboard is JSON");
    let widgets = body["widgets"].as_array().unwrap();
    let rows = widgets.iter().flat_map(|widget| widget["properties"]["metrics"].as_array().into_iter().flatten());
    rows.filter_map(|row| match row[0].as_str() {
        Some("${Namespace}") => {
            let name = row[1].as_str().unwrap().to_owned();
            Some((name, row[2].as_str().map(str::to_owned).into_iter().collect()))
        }
        Some(_) => None,
        None => searched(row[0]["expression"].as_str().unwrap()),
    })
    .collect()
}

/// `SEARCH('{"${Namespace}",Dimension} MetricName="Name"', …)`
fn searched(expression: &str) -> Option<Looked> {
    let (dimension, name) =
        expression.strip_prefix("SEARCH('{\"${Namespace}\",")?.split_once("} MetricName=\"").unwrap();
    Some((name.split_once('"').unwrap().0.to_owned(), vec![dimension.to_owned()]))
}
