//! The function that platforms are examined with, on AWS and in the local stack. `ROLE` says which part it plays; what it is
//! asked says how it behaves there.
//!
//! In reading order: `authorizer`, `connection` and `message` are the parts, `database` and `gateway` what they call.

mod after_response;
mod authorizer;
mod connection;
mod database;
mod gateway;
mod message;
mod settings;
mod tick;

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::Value;

use database::Database;
use gateway::Gateway;
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
    let play = move |event| {
        let probe = probe.clone();
        async move { probe.play(event).await }
    };
    Runtime::new(service_fn(play)).layer(after_response::AfterResponse).run_concurrent().await
}

/// A function in its role, with what it calls.
#[derive(Clone, Debug)]
struct Probe {
    settings: Settings,
    gateway: Gateway,
    database: Database,
    /// Tells this environment from all others; a process id does so only on one machine.
    instance: u64,
}

impl Probe {
    async fn new(settings: Settings) -> Self {
        let config = aws_config().await;
        Self {
            gateway: Gateway::new(&config, &settings.connections_endpoint),
            database: Database::new(&config, &settings.table_name),
            instance: fastrand::u64(1..1 << 48),
            settings,
        }
    }

    async fn play(&self, event: LambdaEvent<Value>) -> Result<Value, Error> {
        match self.settings.role.as_str() {
            "authorize" => authorizer::answer(event),
            "connect" => connection::connect(&self.gateway, event.payload).await,
            "disconnect" => connection::disconnect(&self.gateway, event.payload).await,
            "message" => message::answer(self, event).await,
            "tick" => tick::store(&self.database, event).await,
            role => Err(format!("there is no role {role:?}").into()),
        }
    }
}

async fn aws_config() -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http).load().await
}
