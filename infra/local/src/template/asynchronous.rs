//! `EventInvokeConfig` of a function: how asynchronous events are retried.

use std::time::Duration;

use serde_json::Value;

use super::resources::{Resource, Resources};

/// Six hours, the default and the most that Lambda allows, in seconds.
const MAX_EVENT_AGE_SECONDS: u64 = 6 * 60 * 60;

/// How a failed event is handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asynchronous {
    /// The number of retries.
    pub retries: u32,
    /// The maximum age before it is given up.
    pub max_event_age: Duration,
    /// The destination of an event that is given up.
    pub on_failure: Option<Destination>,
}

/// The destination of events that are given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// `Lambda`, `SQS`, `SNS`, `EventBridge` or `S3`.
    pub kind: String,
    /// Logical id of the function; nothing else runs here.
    pub function: Option<String>,
}

pub(super) fn read(resources: &Resources<'_>, function: &Resource<'_>) -> Result<Asynchronous, String> {
    let config = function.property("EventInvokeConfig");
    let number = |name: &str, least: u64, most: u64, default: u64| {
        let Some(value) = config.and_then(|config| config.get(name)) else { return Ok(default) };
        let number = resources.resolver.text(value).ok().and_then(|text| text.parse().ok());
        let number = number.filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("{}: {name} must be a number from {least} to {most}", function.id))
    };
    let on_failure = config.and_then(|config| config.pointer("/DestinationConfig/OnFailure"));
    Ok(Asynchronous {
        retries: number("MaximumRetryAttempts", 0, 2, 2)? as u32,
        max_event_age: Duration::from_secs(number(
            "MaximumEventAgeInSeconds",
            60,
            MAX_EVENT_AGE_SECONDS,
            MAX_EVENT_AGE_SECONDS,
        )?),
        on_failure: on_failure.map(|declared| Destination {
            kind: declared.get("Type").and_then(Value::as_str).unwrap_or("destination").to_owned(),
            // What cannot be resolved is not a function of this template.
            function: declared
                .get("Destination")
                .and_then(|arn| resources.resolver.text(arn).ok())
                .and_then(|arn| resources.function_at(Some(&arn)).ok()),
        }),
    })
}
