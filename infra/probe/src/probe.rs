//! A function in its role.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::database::Database;
use crate::gateway::Gateway;
use crate::settings::Settings;

/// A function in its role, with what it calls.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What the environment says of it.
    pub settings: Settings,
    /// The other side of its clients.
    pub gateway: Gateway,
    /// The table that all parts share.
    pub database: Database,
    /// Tells this environment from all others; a process id does so only on one machine.
    pub instance: u64,
}

impl Probe {
    /// A function with these settings, which connects when it first calls.
    pub async fn new(settings: Settings) -> Self {
        let config = aws_config().await;
        Self {
            gateway: Gateway::new(&config, &settings.connections_endpoint),
            database: Database::new(&config, &settings.table_name),
            instance: fastrand::u64(1..1 << 48),
            settings,
        }
    }
}

async fn aws_config() -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http).load().await
}
