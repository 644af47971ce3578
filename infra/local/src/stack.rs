//! The composition root: reads the template, starts everything, and ends it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::console::Console;
use crate::data::{self, Data, Storage};
use crate::database::Database;
use crate::gateway::{Gateway, STAGE};
use crate::lambda::{Function, Lambda, Pool, Remote, Settings};
use crate::template::Template;
use crate::token::{self, TokenIssuer};
use crate::variables::{Surroundings, Variables};
use crate::{model, site};

/// How many environments one function may have at once, unless the builder says otherwise.
const CONCURRENCY: usize = 500;

/// How long requests that are under way may take when the stack stops.
const LONGEST_STOP: Duration = Duration::from_secs(2);

/// Why a stack did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The template cannot be read or cannot run here.
    #[error("The template {}: {problem}.", path.display())]
    Template {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The host is not this machine alone.
    #[error(
        "{0} can be reached from other machines, and this stack gives a token to anybody who asks. Use 127.0.0.1, or allow it with --allow-remote."
    )]
    Remote(IpAddr),
    /// The port is taken.
    #[error("Port {0} is in use. Stop what uses it, or choose another: PORT=8788 or --port 8788.")]
    PortInUse(u16),
    /// The address cannot be listened on.
    #[error("Cannot listen on {0}: {1}.")]
    Listen(SocketAddr, std::io::Error),
    /// A function has not been built.
    #[error("The function {function} has no binary at {}. Build it first: cargo build --bin {binary}.", path.display())]
    MissingBinary {
        /// Logical id of the function.
        function: String,
        /// Where it should be.
        path: PathBuf,
        /// Its name.
        binary: String,
    },
    /// The template does not say which binary a function is.
    #[error(
        "The function {0} names no binary. Say so in the template: Metadata: {{ BuildProperties: {{ Binary: name }} }}."
    )]
    UnnamedBinary(String),
    /// The data folder cannot be used.
    #[error("The data folder {}: {problem}.", folder.display())]
    Data {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The database did not start.
    #[error("The database did not start: {0}.")]
    Database(String),
    /// The file for another program's functions cannot be written.
    #[error("The environment file: {0}.")]
    EnvironmentFile(String),
    /// The invoke endpoint cannot be used.
    #[error("The functions' endpoint cannot be used: {0}.")]
    Invoke(String),
}

/// What a stack is to be.
#[derive(Clone, Debug)]
pub struct Builder {
    template: PathBuf,
    functions: PathBuf,
    environment: Variables,
    data: Data,
    host: IpAddr,
    port: u16,
    allow_remote: bool,
    site: Option<PathBuf>,
    invoke: Option<String>,
    environment_file: Option<PathBuf>,
    concurrency: usize,
}

/// A running stack. It stops when it is dropped; [`LocalStack::stop`] also waits for that.
#[derive(Debug)]
pub struct LocalStack {
    template: Template,
    address: SocketAddr,
    clock: Clock,
    console: Console,
    gateway: Gateway,
    lambda: Lambda,
    tokens: TokenIssuer,
    makes_tokens: bool,
    has_demo_model: bool,
    stop_serving: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    database: Option<Database>,
    database_url: String,
    /// Held for its lock on the data folder.
    _storage: Storage,
}

impl LocalStack {
    /// A stack that runs this template: on a free loopback port, with data in memory and functions from `target/debug`.
    pub fn builder(template: impl Into<PathBuf>) -> Builder {
        Builder {
            template: template.into(),
            functions: "target/debug".into(),
            environment: Variables::new(),
            data: Data::Memory,
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            allow_remote: false,
            site: None,
            invoke: None,
            environment_file: None,
            concurrency: CONCURRENCY,
        }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `ws://127.0.0.1:PORT/local`.
    pub fn socket_url(&self) -> String {
        format!("ws://{}/{STAGE}", self.address)
    }

    /// Endpoint of the database.
    pub fn database_url(&self) -> String {
        self.database_url.clone()
    }

    /// A development token for `user`, valid for an hour.
    pub fn token(&self, user: &str) -> String {
        self.tokens.token(user, 60 * 60)
    }

    /// Whether the functions accept this stack's tokens; not if another issuer is set.
    pub fn makes_tokens(&self) -> bool {
        self.makes_tokens
    }

    /// Whether the demo model answers, because no other is connected.
    pub fn has_demo_model(&self) -> bool {
        self.has_demo_model
    }

    /// What the template declares.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Process ids of a function's live environments, by its logical id.
    pub fn environments(&self, function: &str) -> Vec<u32> {
        self.lambda.environments(function)
    }

    /// Kills (SIGKILL) all environments of a function, whatever they are doing, and waits until they are gone.
    pub async fn kill_environments(&self, function: &str) {
        self.lambda.kill_environments(function).await;
    }

    /// Waits until no function is at work: each environment has polled for its next invocation.
    pub async fn settled(&self) {
        self.lambda.settled().await;
    }

    /// Makes it later for every limit of the platform. The functions' own clocks stay as they are.
    ///
    /// What is under way then takes that much longer, so [`LocalStack::settled`] first where that is not meant.
    pub fn advance_clock(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Closes all connections, kills all functions and closes the database.
    pub async fn stop(mut self) {
        self.gateway.close_all();
        self.lambda.stop().await;
        self.stop_serving.take();
        if tokio::time::timeout(LONGEST_STOP, &mut self.server).await.is_err() {
            self.console.say("some requests did not end and were dropped");
        }
        if let Some(database) = self.database.take() {
            database.stop().await;
        }
    }
}

impl Drop for LocalStack {
    fn drop(&mut self) {
        self.lambda.close();
        self.server.abort();
    }
}

impl Builder {
    /// Where the functions' binaries are. Default: `target/debug`.
    pub fn functions(mut self, folder: impl Into<PathBuf>) -> Self {
        self.functions = folder.into();
        self
    }

    /// Overrides a variable that a function declares in the template. An empty value counts as absent.
    pub fn environment(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Where tables are kept. Default: in memory.
    pub fn data(mut self, data: Data) -> Self {
        self.data = data;
        self
    }

    /// The address to listen on. Default: 127.0.0.1. Any that is not loopback needs [`Builder::allow_remote`].
    pub fn host(mut self, host: IpAddr) -> Self {
        self.host = host;
        self
    }

    /// Lets other machines in. Anybody who reaches the stack can then act as any user.
    pub fn allow_remote(mut self, allow: bool) -> Self {
        self.allow_remote = allow;
        self
    }

    /// The port to listen on. Default: 0, a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The folder of the web page.
    pub fn site(mut self, folder: impl Into<PathBuf>) -> Self {
        self.site = Some(folder.into());
        self
    }

    /// Invokes functions at this endpoint (`cargo lambda watch`, `sam local start-lambda`) instead of running them.
    pub fn invoke(mut self, endpoint: impl Into<String>) -> Self {
        self.invoke = Some(endpoint.into());
        self
    }

    /// Writes the variables of all functions to a file, as `NAME=VALUE` lines, for the program that runs them.
    pub fn environment_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.environment_file = Some(file.into());
        self
    }

    /// How many environments each function may have at once. Default: 500.
    pub fn concurrency(mut self, environments: usize) -> Self {
        self.concurrency = environments;
        self
    }

    /// Starts everything. When this returns, connections are accepted.
    pub async fn start(self) -> Result<LocalStack, StartError> {
        if !self.host.is_loopback() && !self.allow_remote {
            return Err(StartError::Remote(self.host));
        }
        let template_error = |problem| StartError::Template { path: self.template.clone(), problem };
        let template = Template::read(&self.template).map_err(template_error)?;
        let console = Console::new(template.functions.iter().map(|function| function.id.as_str()));
        let clock = Clock::new();

        let listener = self.listen().await?;
        let address = self.reachable(
            listener.local_addr().map_err(|error| StartError::Listen((self.host, self.port).into(), error))?,
        );
        let domain = address.to_string();
        let (storage, token_secret) = self.open_data()?;
        let database = Database::start(storage.database().as_deref(), &template.tables, console.clone())
            .map_err(StartError::Database)?;

        let surroundings = Surroundings {
            api: &template.api,
            given: &self.environment,
            domain: &domain,
            database_url: database.url(),
            token_secret: &token_secret,
        };
        self.write_environment(&template, &surroundings)?;
        let lambda = self.lambda(&template, &surroundings, &clock, &console)?;
        let gateway = Gateway::new(template.api.clone(), domain.clone(), lambda.clone(), clock.clone())
            .map_err(template_error)?;
        let development_secret = surroundings.development_secret();
        let makes_tokens = development_secret.is_some();
        let tokens = TokenIssuer {
            issuer: surroundings.issuer(),
            audience: surroundings.audience(),
            secret: development_secret.unwrap_or_default(),
        };
        let has_demo_model = surroundings.has_demo_model();

        let router = Router::new()
            .merge(gateway.router())
            .merge(token::router(makes_tokens.then(|| tokens.clone())))
            .merge(model::router())
            .merge(site::router(self.site.as_deref()));
        let (stop_serving, stopped) = oneshot::channel::<()>();
        let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(async {
                // Sent or dropped, both mean the end.
                let _ = stopped.await;
            });
        Ok(LocalStack {
            address,
            clock,
            console,
            gateway,
            lambda,
            tokens,
            makes_tokens,
            has_demo_model,
            stop_serving: Some(stop_serving),
            server: tokio::spawn(async move {
                // It ends when it is told to; accepting connections does not fail for good.
                let _ = server.await;
            }),
            database_url: database.url().to_owned(),
            database: Some(database),
            _storage: storage,
            template,
        })
    }

    async fn listen(&self) -> Result<TcpListener, StartError> {
        let address = SocketAddr::from((self.host, self.port));
        TcpListener::bind(address).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => StartError::PortInUse(self.port),
            _ => StartError::Listen(address, error),
        })
    }

    /// How the functions reach the stack: an address that stands for all of them is not one to connect to.
    fn reachable(&self, mut address: SocketAddr) -> SocketAddr {
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        address
    }

    fn open_data(&self) -> Result<(Storage, String), StartError> {
        let folder = match &self.data {
            Data::Folder(folder) => folder.clone(),
            Data::Memory => PathBuf::new(),
        };
        let opened = Storage::open(&self.data).and_then(|storage| {
            let secret = storage.token_secret()?;
            Ok((storage, secret))
        });
        opened.map_err(|problem| StartError::Data { folder, problem })
    }

    fn lambda(
        &self,
        template: &Template,
        surroundings: &Surroundings<'_>,
        clock: &Clock,
        console: &Console,
    ) -> Result<Lambda, StartError> {
        let client = match &self.invoke {
            Some(_) => Some(http_client()?),
            None => None,
        };
        let mut functions = BTreeMap::new();
        for function in &template.functions {
            let runs = match (&self.invoke, &client) {
                (Some(endpoint), Some(client)) => {
                    let name = function.binary.as_deref().unwrap_or(&function.id);
                    Function::Remote(Remote::new(
                        endpoint,
                        name,
                        function.timeout,
                        client.clone(),
                        console.named(&function.id),
                    ))
                }
                _ => {
                    let settings = Settings {
                        id: function.id.clone(),
                        name: function.name.clone(),
                        arn: function.arn.clone(),
                        binary: self.binary(&function.id, function.binary.as_deref())?,
                        variables: surroundings.variables(function),
                        timeout: function.timeout,
                        memory: function.memory,
                        concurrency: self.concurrency,
                    };
                    Function::Pool(Pool::new(settings, clock.clone(), console))
                }
            };
            functions.insert(function.id.clone(), runs);
        }
        Ok(Lambda::new(functions))
    }

    fn binary(&self, function: &str, binary: Option<&str>) -> Result<PathBuf, StartError> {
        let binary = binary.ok_or_else(|| StartError::UnnamedBinary(function.to_owned()))?;
        let path = self.functions.join(binary);
        match path.canonicalize() {
            Ok(path) => Ok(path),
            Err(_) => Err(StartError::MissingBinary { function: function.to_owned(), path, binary: binary.to_owned() }),
        }
    }

    fn write_environment(&self, template: &Template, surroundings: &Surroundings<'_>) -> Result<(), StartError> {
        let Some(file) = &self.environment_file else { return Ok(()) };
        let text = surroundings.environment_file(&template.functions).map_err(StartError::EnvironmentFile)?;
        data::write_private(file, &text).map_err(StartError::EnvironmentFile)
    }
}

fn http_client() -> Result<reqwest::Client, StartError> {
    // Fails only if there is a provider already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().map_err(|error| StartError::Invoke(error.to_string()))
}
