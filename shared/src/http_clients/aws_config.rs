//! The configuration of the SDK in a function.
//!
//! Lambda puts the region and the credentials of a function's role into its environment. The SDK's own search for them, in profiles,
//! in other services and by taking on roles, would be 7 % of a package.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::AwsHttp;
use crate::environment::Environment;

/// The SDK's shared configuration, on `http`. Region, credentials and endpoints come from the environment, as usual in Lambda.
pub fn aws_config(http: &AwsHttp) -> SdkConfig {
    let limits = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    let environment = Environment::of_process();
    let is_set = |name| environment.optional(name).map(|value| value.eq_ignore_ascii_case("true"));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(environment.optional("AWS_REGION").map(Region::new))
        .http_client(http.for_sdk())
        .timeout_config(limits)
        .retry_config(RetryConfig::standard())
        .service_config(FromEnvironment)
        // It would add two timers to each call, all of which are short and have timeouts.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.set_credentials_provider(credentials(&environment).map(SharedCredentialsProvider::new));
    config.set_use_fips(is_set("AWS_USE_FIPS_ENDPOINT"));
    config.set_use_dual_stack(is_set("AWS_USE_DUALSTACK_ENDPOINT"));
    config.build()
}

// Those of a function outlive its environment.
fn credentials(environment: &Environment<'_>) -> Option<Credentials> {
    let (id, key) = (environment.optional("AWS_ACCESS_KEY_ID")?, environment.optional("AWS_SECRET_ACCESS_KEY")?);
    Some(Credentials::new(id, key, environment.optional("AWS_SESSION_TOKEN"), None, "Environment"))
}

/// Settings such as `AWS_ENDPOINT_URL`, of one service (`AWS_ENDPOINT_URL_DYNAMODB`) or of all.
#[derive(Debug)]
struct FromEnvironment;

impl LoadServiceConfig for FromEnvironment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let environment = Environment::of_process();
        let service = key.service_id().to_uppercase().replace(' ', "_");
        let of_service = environment.optional(&format!("{}_{service}", key.env()));
        of_service.or_else(|| environment.optional(key.env()))
    }
}
