use std::path::{Path, PathBuf};
use std::time::Duration;

use natter_local::{Data, Latencies, LocalStack, Metric};
use serde_json::{Value, json};

use crate::client::{Client, RejectedHandshake};
use crate::tools::ToolFolder;

/// The whole of Natter on loopback: the real functions in the local stack.
pub struct Natter {
    /// The stack, for what a test does beside its clients.
    pub stack: LocalStack,
    /// What its tools are declared in, and what they have done.
    tools: Option<ToolFolder>,
}

/// What a test's Natter differs in from `make dev`.
#[derive(Default)]
pub struct NatterBuilder {
    environment: Vec<(&'static str, String)>,
    parameters: Vec<(&'static str, &'static str)>,
    log_level: Option<&'static str>,
    data: Data,
    faults: String,
    latencies: Option<Latencies>,
    environment_concurrency: usize,
    binaries: Vec<(&'static str, PathBuf)>,
    tools: Option<String>,
    agents: Option<PathBuf>,
}

impl NatterBuilder {
    /// Runs another binary for a function, by its logical id.
    pub fn binary(mut self, function: &'static str, file: PathBuf) -> Self {
        self.binaries.push((function, file));
        self
    }

    /// Lets environments take this many invocations at once.
    pub fn environment_concurrency(mut self, invocations: usize) -> Self {
        self.environment_concurrency = invocations;
        self
    }

    /// Sets a variable of every function that declares it.
    pub fn environment(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Gives a parameter of the template another value than its default.
    pub fn parameter(mut self, name: &'static str, value: &'static str) -> Self {
        self.parameters.push((name, value));
        self
    }

    /// Sets another log level than the template's.
    pub fn log_level(mut self, level: &'static str) -> Self {
        self.log_level = Some(level);
        self
    }

    /// Gives the agent the tools of this file, and runs the example of a tool beside Natter: the function `place-order`.
    pub fn tools(mut self, file: impl Into<String>) -> Self {
        self.tools = Some(file.into());
        self
    }

    /// Has the agents of this directory, and runs the example of a tool beside Natter.
    pub fn agents(mut self, directory: impl Into<PathBuf>) -> Self {
        self.agents = Some(directory.into());
        self
    }

    /// Has an agent that does not change. Which agents are published is looked up once a minute in each process, so that the calls
    /// of a turn would depend on when it is.
    pub fn fixed_agent(self) -> Self {
        self.environment("AGENTS", r#"[{"id": "assistant", "name": "Assistant", "instructions": "Be kind."}]"#)
    }

    /// Keeps the tables in a folder.
    pub fn data(mut self, folder: &Path) -> Self {
        self.data = Data::Folder(folder.to_owned());
        self
    }

    /// Injects random faults into calls of functions.
    pub fn faults(mut self, plan: impl Into<String>) -> Self {
        self.faults = plan.into();
        self
    }

    /// Adds the latencies of AWS, for measurements: without a log line for each invocation.
    pub fn measured(mut self, latencies: Latencies) -> Self {
        self.latencies = Some(latencies);
        self
    }

    /// Starts it.
    pub async fn start(self) -> Natter {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut template = root.join("template.yaml");
        let changed = tempfile::tempdir().unwrap();
        if let Some(level) = self.log_level {
            let text = std::fs::read_to_string(template).unwrap();
            template = changed.path().join("template.yaml");
            let level = format!("LogFormat: JSON, ApplicationLogLevel: {level},");
            std::fs::write(&template, text.replace("LogFormat: JSON,", &level)).unwrap();
        }
        let builder = LocalStack::builder(template).functions(built_functions()).data(self.data).faults(self.faults);
        let builder = builder.variables(root.join("dev.env"));
        let builder = builder.reports(self.latencies.is_none()).latencies(self.latencies.unwrap_or_default());
        let builder = builder.environment_concurrency(self.environment_concurrency);
        let builder =
            self.binaries.into_iter().fold(builder, |builder, (function, file)| builder.binary(function, file));
        let builder =
            self.parameters.into_iter().fold(builder, |builder, (name, value)| builder.parameter(name, value));
        let builder =
            self.environment.into_iter().fold(builder, |builder, (name, value)| builder.environment(name, value));
        let has_tools = self.tools.is_some() || self.agents.is_some();
        let tools = has_tools.then(|| ToolFolder::with(self.tools.as_deref().unwrap_or_default()));
        let builder = match &tools {
            Some(tools) => builder
                .beside(root.join("examples/order_tool/template.yaml"))
                .environment("EFFECTS_FILE", tools.effects().display().to_string()),
            None => builder,
        };
        let builder = match (self.agents, &tools) {
            (Some(directory), _) => builder.environment("AGENTS_DIRECTORY", directory.display().to_string()),
            (None, Some(tools)) => builder.environment("TOOLS_FILE", tools.declarations().display().to_string()),
            (None, None) => builder,
        };
        Natter { stack: builder.start().await.unwrap_or_else(|error| panic!("{error}")), tools }
    }
}

/// The folder of the functions, which are built beside a program, and above a test, which is in the folder `deps`.
pub fn built_functions() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    if folder.ends_with("deps") { folder.parent().unwrap().to_owned() } else { folder }
}

impl Natter {
    /// Natter as `make dev` starts it, with nothing stored.
    pub async fn start() -> Self {
        NatterBuilder::default().start().await
    }

    /// Opens a connection for a user.
    pub async fn connect(&self, user: &str) -> Client {
        let token = self.stack.token(user);
        self.try_connect(Some(&token), &[]).await.expect("the connection is accepted")
    }

    /// Asks for a ticket: the status of the answer, and the answer.
    pub async fn ticket(&self, token: &str, headers: &[(&'static str, &str)]) -> (u16, Value) {
        let url = format!("{}/function-urls/TicketFunction", self.stack.http_url());
        let request = http().post(url).bearer_auth(token);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Opens a connection with a ticket in the query and with these headers.
    pub async fn try_ticket(
        &self,
        ticket: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Client, RejectedHandshake> {
        Client::connect(&format!("{}?ticket={ticket}", self.stack.socket_url()), headers).await
    }

    /// Opens a connection with a token in the query and with these headers.
    pub async fn try_connect(
        &self,
        token: Option<&str>,
        headers: &[(&'static str, &str)],
    ) -> Result<Client, RejectedHandshake> {
        let query = token.map(|token| format!("?token={token}")).unwrap_or_default();
        Client::connect(&format!("{}{query}", self.stack.socket_url()), headers).await
    }

    /// A development token that ends in `seconds`.
    pub async fn token(&self, user: &str, seconds: i64) -> String {
        let token = self.get(&format!("/token?user={user}&seconds={seconds}")).await;
        token["token"].as_str().unwrap().to_owned()
    }

    /// The calls that the scripted model has had, oldest first.
    pub async fn model_calls(&self) -> Vec<Value> {
        self.get("/model/calls").await.as_array().unwrap().clone()
    }

    /// The prompt of the model's last call: what was said by whom, one text a message, without the instructions.
    pub async fn last_prompt(&self) -> Vec<String> {
        let call = self.model_calls().await.pop().expect("the model was called");
        let messages = call["messages"].as_array().unwrap();
        let text = |message: &Value| {
            format!("{}: {}", message["role"].as_str().unwrap(), message["content"].as_str().unwrap_or_default())
        };
        messages.iter().filter(|message| message["role"] != "system").map(text).collect()
    }

    /// Waits until the model's last call is in this state.
    pub async fn model_call_becomes(&self, state: &str) {
        let waiting = async {
            while self.model_calls().await.last().is_none_or(|call| call["state"] != state) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting)
            .await
            .unwrap_or_else(|_| panic!("no call became {state}"));
    }

    /// How often the model was asked for each step of a turn, in which every message is the same.
    pub async fn steps_asked(&self) -> Vec<usize> {
        let mut asked = Vec::new();
        for call in self.model_calls().await {
            let step = usize::try_from(call["step"].as_u64().unwrap()).unwrap();
            asked.resize(asked.len().max(step + 1), 0);
            asked[step] += 1;
        }
        asked
    }

    /// What the function `place-order` has done, in its order.
    pub fn orders(&self) -> Vec<Value> {
        let tools = self.tools.as_ref().expect("the agent has tools");
        let text = std::fs::read_to_string(tools.effects()).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A metric of the functions by its name, and the value of its dimension where it has one, once it is there.
    pub async fn metric(&self, name: &str, dimension: Option<&str>) -> Metric {
        let is_wanted = |metric: &Metric| {
            metric.identity.name == name && metric.identity.dimensions.values().next().map(String::as_str) == dimension
        };
        let waiting = async {
            loop {
                match self.stack.metrics().into_iter().find(is_wanted) {
                    Some(metric) => return metric,
                    None => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), waiting).await;
        waited.unwrap_or_else(|_| panic!("nothing counted {name} {dimension:?}"))
    }

    /// The lines that functions have logged with this message, each with its entry in the journal.
    pub fn logged(&self, message: &str) -> Vec<(Value, Value)> {
        let line = |entry: &Value| serde_json::from_str::<Value>(entry["text"].as_str()?).ok();
        let lines = self.stack.events(0).into_iter().filter_map(|entry| Some((line(&entry)?, entry)));
        lines.filter(|(line, _)| line["message"] == message).collect()
    }

    /// An operation of DynamoDB, asked of the database without a function in between.
    pub(crate) async fn database(&self, operation: &str, request: &Value) -> Value {
        let credential = "Credential=local/20260101/us-east-1/dynamodb/aws4_request";
        let response = http()
            .post(self.stack.database_url())
            .header("X-Amz-Target", format!("DynamoDB_20120810.{operation}"))
            .header("Content-Type", "application/x-amz-json-1.0")
            .header("X-Amz-Date", "20260101T000000Z")
            .header("Authorization", format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"))
            .body(request.to_string());
        response.send().await.unwrap().json().await.unwrap()
    }

    /// Moves a user's rate limit as if this much time had passed.
    pub async fn advance_allowance(&self, user: &str, millis: u64) {
        let key = json!({"pk": {"S": format!("USER#{user}")}, "sk": {"S": "ALLOWANCE"}});
        let update = json!({
            "TableName": "Table", "Key": key, "UpdateExpression": "SET refilled_at = refilled_at - :passed",
            "ExpressionAttributeValues": {":passed": {"N": millis.to_string()}},
        });
        self.database("UpdateItem", &update).await;
    }

    /// Stores connections of a user that were opened an hour ago and lost without a `$disconnect`.
    pub async fn put_lost_connections(&self, user: &str, connections: usize) {
        let ids: Vec<_> = (0..connections).map(|number| format!("lost-{number}")).collect();
        let text = |text: &str| json!({"S": text});
        let (user, now) = (format!("USER#{user}"), millis_since_1970());
        let hour = 60 * 60 * 1000;
        for id in &ids {
            let item = json!({
                "pk": text(&user), "sk": text(&format!("CONN#{id}")),
                "connected_at": {"N": (now - hour).to_string()}, "ends_at": {"N": (now + hour).to_string()},
                "expires_at": {"N": (now / 1000 + 7200).to_string()},
            });
            self.database("PutItem", &json!({"TableName": "Table", "Item": item})).await;
        }
        let places = json!({"pk": text(&user), "sk": text("PLACES"), "places": {"SS": ids}});
        self.database("PutItem", &json!({"TableName": "Table", "Item": places})).await;
    }

    /// All lines that functions have printed.
    pub fn printed(&self) -> Vec<String> {
        let entries = self.stack.events(0).into_iter();
        entries.filter(|entry| entry["kind"] == "log").map(|entry| entry["text"].to_string()).collect()
    }

    async fn get(&self, path: &str) -> Value {
        let response = http().get(format!("{}{path}", self.stack.http_url())).send().await.unwrap();
        response.json().await.unwrap()
    }
}

fn millis_since_1970() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

// reqwest and the functions share one TLS stack, which a process has to name.
fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
