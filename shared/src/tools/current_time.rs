//! The built-in tool `current_time`.

use futures::future::{BoxFuture, FutureExt};
use jiff::Timestamp as Instant;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::output::Output;
use super::runner::{Invocation, ToolRunner};
use super::tool_error::ToolError;
use crate::conversation::Clock;
use crate::llm::ToolDefinition;

/// Its name.
pub const CURRENT_TIME: &str = "current_time";

/// What a model is told of it.
pub fn current_time() -> ToolDefinition {
    ToolDefinition {
        name: CURRENT_TIME.to_owned(),
        description: "Tells the current date, weekday and time, in UTC or in a time zone.".to_owned(),
        schema: json!({
            "type": "object",
            "properties": {
                "time_zone": {
                    "type": "string",
                    "description": "A time zone by its IANA name, such as Europe/Berlin. Without it, the time is UTC.",
                },
            },
            "additionalProperties": false,
        }),
        strict: false,
    }
}

/// Tells the time.
pub struct CurrentTime {
    clock: Clock,
}

impl CurrentTime {
    /// Tells the time of this clock.
    pub fn new(clock: Clock) -> Self {
        Self { clock }
    }

    fn tell(&self, input: &Value) -> Result<Output, ToolError> {
        let name = input.get("time_zone").and_then(Value::as_str).unwrap_or("UTC");
        let zone = TimeZone::get(name);
        let zone =
            zone.map_err(|_| ToolError::failed("There is no such time zone. Use an IANA name such as Europe/Berlin."))?;
        let now = i64::try_from((self.clock)().0).ok().and_then(|millis| Instant::from_millisecond(millis).ok());
        let now = now.ok_or_else(|| ToolError::failed("The clock is wrong."))?.to_zoned_datetime(zone);
        Ok(Output::Json(json!({
            "time": now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            "weekday": now.strftime("%A").to_string(),
            "time_zone": name,
        })))
    }
}

impl ToolRunner for CurrentTime {
    fn run(&self, call: Invocation) -> BoxFuture<'static, Result<Output, ToolError>> {
        let told = self.tell(&call.input);
        async move { told }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::Timestamp;

    fn tell(input: Value) -> Result<Output, ToolError> {
        // A Sunday in summer.
        CurrentTime::new(|| Timestamp::from_seconds(1_784_484_000)).tell(&input)
    }

    #[test]
    fn the_time_is_told_in_the_zone_that_is_asked_for() {
        let told = |time: &str, zone: &str| Output::Json(json!({"time": time, "weekday": "Sunday", "time_zone": zone}));
        assert_eq!(tell(json!({})).unwrap(), told("2026-07-19T18:00:00+00:00", "UTC"));
        let berlin = json!({"time_zone": "Europe/Berlin"});
        assert_eq!(tell(berlin).unwrap(), told("2026-07-19T20:00:00+02:00", "Europe/Berlin"));
        let kolkata = json!({"time_zone": "Asia/Kolkata"});
        assert_eq!(tell(kolkata).unwrap(), told("2026-07-19T23:30:00+05:30", "Asia/Kolkata"));
    }

    #[test]
    fn a_zone_that_does_not_exist_is_an_error_with_an_example() {
        for zone in ["Mars/Olympus", "", "../../etc/passwd"] {
            let error = tell(json!({ "time_zone": zone })).unwrap_err();
            assert!(error.sentence.contains("Europe/Berlin") && !error.is_unknown, "{error}");
        }
    }
}
