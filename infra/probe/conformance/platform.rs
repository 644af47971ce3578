//! The two platforms: the local stack and AWS.

use std::path::PathBuf;
use std::time::Duration;

use natter_local::LocalStack;
use natter_probe_client::{Client, RejectedHandshake};

use crate::api::Api;
use crate::connections::Connections;

/// Where facts are verified.
#[derive(Clone, Debug)]
pub enum Platform {
    /// A local stack for each fact.
    Local,
    /// Two APIs on AWS, which all facts share.
    Deployed(Deployed),
}

/// The WebSocket URLs of deployed APIs.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// That of `template.yaml`.
    pub open: String,
    /// That of `strict.yaml`.
    pub strict: String,
}

/// One running API.
#[derive(Debug)]
pub struct Stage {
    socket_url: String,
    timeout: Duration,
    /// `@connections`, with the permission to call it.
    pub connections: Connections,
    local: Option<LocalStack>,
}

impl Platform {
    /// The prefix of its tests' names.
    pub fn prefix(&self) -> &'static str {
        match self {
            Self::Local => "",
            Self::Deployed(_) => "on_aws::",
        }
    }

    /// Opens an API: starts a local stack with it, or uses the deployed one.
    pub async fn open(&self, api: Api) -> Stage {
        match (self, api) {
            (Self::Local, Api::Open) => Stage::local("template.yaml").await,
            (Self::Local, Api::Strict) => Stage::local("strict.yaml").await,
            (Self::Deployed(deployed), Api::Open) => Stage::deployed(&deployed.open).await,
            (Self::Deployed(deployed), Api::Strict) => Stage::deployed(&deployed.strict).await,
        }
    }
}

impl Stage {
    async fn local(template: &str) -> Self {
        let probe = PathBuf::from(env!("CARGO_BIN_EXE_probe"));
        let template = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(template);
        let stack = LocalStack::builder(template).functions(probe.parent().unwrap()).start().await.unwrap();
        let socket_url = stack.socket_url();
        Self {
            connections: Connections::local(&socket_url.replace("ws://", "http://")),
            timeout: Duration::from_secs(20),
            socket_url,
            local: Some(stack),
        }
    }

    async fn deployed(socket_url: &str) -> Self {
        Self {
            connections: Connections::deployed(&socket_url.replace("wss://", "https://")).await,
            // Includes a cold start and the network's latency.
            timeout: Duration::from_secs(45),
            socket_url: socket_url.to_owned(),
            local: None,
        }
    }

    /// A client that is connected with this query.
    pub async fn connect(&self, query: &str) -> Client {
        self.try_connect(query, &[]).await.unwrap()
    }

    /// A client, or the response that rejected the handshake.
    pub async fn try_connect(&self, query: &str, headers: &[(&str, &str)]) -> Result<Client, RejectedHandshake> {
        Client::connect(&format!("{}?{query}", self.socket_url), headers, self.timeout).await
    }

    /// The status with which the handshake is rejected.
    pub async fn refusal(&self, query: &str) -> u16 {
        self.try_connect(query, &[]).await.unwrap_err().status
    }

    /// The host, with the port if there is one.
    pub fn domain(&self) -> &str {
        self.without_scheme().0
    }

    /// The name of the stage.
    pub fn name(&self) -> &str {
        self.without_scheme().1
    }

    /// The response to a request that is not a WebSocket upgrade.
    pub async fn plain_request(&self) -> u16 {
        let url = self.socket_url.replacen("ws", "http", 1);
        reqwest::Client::new().get(url).timeout(self.timeout).send().await.unwrap().status().as_u16()
    }

    /// Waits until no function is busy. On AWS this is unknown, and no fact depends on it.
    pub async fn settled(&self) {
        if let Some(stack) = &self.local {
            stack.settled().await;
        }
    }

    /// Lets time pass: by advancing the local stack's clock, or by waiting on AWS.
    pub async fn pass(&self, time: Duration) {
        match &self.local {
            Some(stack) => stack.advance_clock(time),
            None => tokio::time::sleep(time).await,
        }
    }

    /// How long a function must work, in milliseconds, to be still working when `time` has passed on the platform.
    pub fn longer_than(&self, time: Duration) -> u128 {
        let really = if self.local.is_some() { Duration::ZERO } else { time };
        (really + Duration::from_secs(2)).as_millis()
    }

    fn without_scheme(&self) -> (&str, &str) {
        self.socket_url.split_once("//").unwrap().1.split_once('/').unwrap()
    }
}
