//! Schedules that invoke functions, as EventBridge does.

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::arn::{ACCOUNT, REGION};
use crate::clock::Clock;
use crate::lambda::Lambda;
use crate::template::{Function, Schedule, Scheduler};

/// Starts the schedules of all `functions`. They end when the set is dropped.
pub fn start(functions: &[Function], lambda: &Lambda, clock: &Clock) -> JoinSet<()> {
    let mut running = JoinSet::new();
    for function in functions {
        for schedule in &function.schedules {
            // Counted from now, whenever the task is first run.
            let first = clock.now() + schedule.period;
            running.spawn(run(function.id.clone(), schedule.clone(), first, lambda.clone(), clock.clone()));
        }
    }
    running
}

/// Invokes the function on schedule. Advancing the clock over several due times invokes it once.
async fn run(function: String, schedule: Schedule, first: Instant, lambda: Lambda, clock: Clock) {
    let mut due = first;
    loop {
        clock.sleep_until(due).await;
        due = clock.now() + schedule.period;
        // As both services do. They retry only failed calls of Lambda itself, which do not occur here.
        // The function is from the template, so it exists.
        let _ = lambda.invoke_async(&function, event(&schedule, &clock));
    }
}

fn event(schedule: &Schedule, clock: &Clock) -> Bytes {
    if let Some(input) = &schedule.input {
        return input.clone().into();
    }
    let name = &schedule.name;
    let (source, resource, detail) = match schedule.scheduler {
        Scheduler::Rule => ("aws.events", format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}"), json!({})),
        // Scheduler sends its details as a text.
        Scheduler::Scheduler => (
            "aws.scheduler",
            format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{name}"),
            Value::from("{}"),
        ),
    };
    let event = json!({
        "version": "0",
        "id": uuid::Uuid::new_v4().to_string(),
        "detail-type": "Scheduled Event",
        "source": source,
        "account": ACCOUNT,
        "time": crate::date::seconds(clock.wall_time()),
        "region": REGION,
        "resources": [resource],
        "detail": detail,
    });
    event.to_string().into()
}
