//! A function in its role.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::database::Database;
use crate::gateway::Gateway;
use crate::settings::Settings;

/// A function in its role, with the clients that it uses.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Its settings.
    pub settings: Settings,
    /// `@connections`.
    pub gateway: Gateway,
    /// The table that all roles share.
    pub database: Database,
    /// Identifies this environment; a process id is unique on one machine only.
    pub instance: u64,
}

impl Probe {
    /// A function with these settings. It opens connections on first use.
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
