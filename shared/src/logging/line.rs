//! Formats a line of the log.
//!
//! Own code, since the JSON lines of `tracing-subscriber` nest the fields of spans, and metrics have to stand at the
//! root of the object. Metrics libraries gather numbers and write them later, from a task or a timer of their own,
//! which a function that is frozen between invocations does not have; and they would make a second line.

use std::fmt;

use lambda_runtime::tracing::field::{Field, Visit};
use lambda_runtime::tracing::subscriber::fmt::format::{JsonFields, Writer};
use lambda_runtime::tracing::subscriber::fmt::time::{FormatTime, SystemTime};
use lambda_runtime::tracing::subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use lambda_runtime::tracing::subscriber::registry::LookupSpan;
use lambda_runtime::tracing::{Event, Subscriber};
use serde::Serialize;
use serde_json::{Map, Value};

use super::metrics::{self, METRIC, Metadata};
use crate::conversation::Timestamp;

/// Writes an event as one JSON object: `timestamp`, `level`, `message`, the fields of the spans around it and its own.
pub struct JsonLine {
    namespace: String,
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'a str,
    message: Value,
    #[serde(flatten)]
    fields: &'a Map<String, Value>,
    #[serde(rename = "_aws", skip_serializing_if = "Option::is_none")]
    metrics: Option<Metadata<'a>>,
}

impl JsonLine {
    /// Lines whose metrics belong to this CloudWatch namespace.
    pub fn new(namespace: String) -> Self {
        Self { namespace }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> FormatEvent<S, JsonFields> for JsonLine {
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            let extensions = span.extensions();
            let formatted = extensions.get::<FormattedFields<JsonFields>>();
            // An inner span overrides outer ones.
            fields.0.extend(
                formatted.and_then(|fields| serde_json::from_str::<Map<_, _>>(fields).ok()).unwrap_or_default(),
            );
        }
        event.record(&mut fields);

        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        let message = fields.0.remove("message").unwrap_or_default();
        let is_metric = event.metadata().target() == METRIC;
        let line = Line {
            timestamp,
            level: event.metadata().level().as_str(),
            message,
            fields: &fields.0,
            metrics: is_metric.then(|| metrics::metadata(&self.namespace, Timestamp::now(), &fields.0)),
        };
        let line = serde_json::to_string(&line).map_err(|_| fmt::Error)?;
        writeln!(writer, "{line}")
    }
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, format!("{value:?}"));
    }
}
