//! The function with which facts about the platforms are verified, on AWS and in the local stack. `ROLE` is its role; the request
//! determines its behaviour.
//!
//! In reading order: `authorizer`, `connection` and `message` are the roles, `database` and `gateway` what they call.

mod after_response;
mod authorizer;
mod connection;
mod database;
mod gateway;
mod message;
mod probe;
mod settings;
mod tick;

use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::Value;

use probe::Probe;
use settings::Settings;

/// Longer than any function may take to start.
const FOR_EVER: Duration = Duration::from_secs(3600);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = Settings::from_environment();
    println!("probe begins as {}", settings.role);
    match settings.role.as_str() {
        "broken" => std::process::exit(3),
        "sluggish" => tokio::time::sleep(FOR_EVER).await,
        _ => {}
    }
    let probe = Probe::new(settings).await;
    let handler = move |event| {
        let probe = probe.clone();
        async move { play(&probe, event).await }
    };
    Runtime::new(service_fn(handler)).layer(after_response::AfterResponse).run_concurrent().await
}

async fn play(probe: &Probe, event: LambdaEvent<Value>) -> Result<Value, Error> {
    match probe.settings.role.as_str() {
        "authorize" => authorizer::answer(event),
        "connect" => connection::connect(&probe.gateway, event.payload).await,
        "disconnect" => connection::disconnect(&probe.gateway, event.payload).await,
        "message" => message::answer(probe, event).await,
        "tick" => tick::store(&probe.database, event).await,
        role => Err(format!("there is no role {role:?}").into()),
    }
}
