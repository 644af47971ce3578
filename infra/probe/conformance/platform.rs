//! The two platforms: the local stack and AWS.

use std::path::PathBuf;
use std::time::Duration;

use natter_local::LocalStack;
use natter_probe_client::{Client, RejectedHandshake};

use crate::api::Api;
use crate::connections::Connections;

/// Where facts are examined.
#[derive(Clone, Debug)]
pub enum Platform {
    /// A local stack for each of them.
    Local,
    /// Two APIs on AWS, which all of them share.
    Deployed(Deployed),
}

/// The sockets of deployed APIs.
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
    /// What stands before the names of its tests.
    pub fn prefix(&self) -> &'static str {
        match self {
            Self::Local => "",
            Self::Deployed(_) => "on_aws::",
        }
    }

    /// An API that is ready to be examined.
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
            // A cold start and a long way come on top.
            timeout: Duration::from_secs(45),
            socket_url: socket_url.to_owned(),
            local: None,
        }
    }

    /// A client, connected with this query.
    pub async fn connect(&self, query: &str) -> Client {
        self.try_connect(query, &[]).await.unwrap()
    }

    /// A client, or the answer that refused it.
    pub async fn try_connect(&self, query: &str, headers: &[(&str, &str)]) -> Result<Client, RejectedHandshake> {
        Client::connect(&format!("{}?{query}", self.socket_url), headers, self.timeout).await
    }

    /// The status with which a client is refused.
    pub async fn refusal(&self, query: &str) -> u16 {
        self.try_connect(query, &[]).await.unwrap_err().status
    }

    /// Host, and port where there is one.
    pub fn domain(&self) -> &str {
        self.without_scheme().0
    }

    /// The name of the stage.
    pub fn name(&self) -> &str {
        self.without_scheme().1
    }

    /// The answer to a request that is none for a socket.
    pub async fn plain_request(&self) -> u16 {
        let url = self.socket_url.replacen("ws", "http", 1);
        reqwest::Client::new().get(url).timeout(self.timeout).send().await.unwrap().status().as_u16()
    }

    /// Waits until no function is busy. On AWS that is unknown, and nothing depends on it.
    pub async fn settled(&self) {
        if let Some(stack) = &self.local {
            stack.settled().await;
        }
    }

    /// Lets time pass: by the clock of the local stack, in reality on AWS.
    pub async fn pass(&self, time: Duration) {
        match &self.local {
            Some(stack) => stack.advance_clock(time),
            None => tokio::time::sleep(time).await,
        }
    }

    /// For how many milliseconds a function must work so that it is still at it when `time` has passed on the platform.
    pub fn longer_than(&self, time: Duration) -> u128 {
        let really = if self.local.is_some() { Duration::ZERO } else { time };
        (really + Duration::from_secs(2)).as_millis()
    }

    fn without_scheme(&self) -> (&str, &str) {
        self.socket_url.split_once("//").unwrap().1.split_once('/').unwrap()
    }
}
