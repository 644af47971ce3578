//! The composition root: reads the template and starts everything.

use std::io::IsTerminal;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::binaries::Binaries;
use crate::builder::{Builder, InvokeBy};
use crate::clock::Clock;
use crate::console::{Console, ConsoleStyle};
use crate::crash_points::CrashPoints;
use crate::data::{self, Data, Storage};
use crate::database::Database;
use crate::faults::{Faults, FaultsError, Plan};
use crate::gateway::{self, Gateway};
use crate::guard::{self, Audience};
use crate::inspect::{self, Inspected};
use crate::journal::Journal;
use crate::lambda::{
    self, Concurrency, Function, FunctionSettings, Lambda, ProcessGroup, Remote, Runs, Services, Upstreams,
};
use crate::stack::LocalStack;
use crate::start_error::StartError;
use crate::template::Template;
use crate::token::{self, TokenIssuer};
use crate::variables::Surroundings;
use crate::variables_file::VariablesFile;
use crate::{model, schedule, serve, site};

impl Builder {
    /// Starts everything. When this returns, connections are accepted.
    pub async fn start(self) -> Result<LocalStack, StartError> {
        if !self.host.is_loopback() && !self.allow_remote {
            return Err(StartError::Remote(self.host));
        }
        let template_error = |problem| StartError::Template { path: self.template.clone(), problem };
        let mut template = Template::read(&self.template, &self.parameters).map_err(template_error)?;
        for path in &self.beside {
            let error = |problem| StartError::Template { path: path.clone(), problem };
            template.add_functions(path, &self.parameters).map_err(error)?;
        }
        let console = Console::new(template.functions.iter().map(|function| function.id.as_str()), self.look());
        if let Some(elsewhere) = &template.elsewhere {
            console.say(elsewhere);
        }
        let file = self.read_variables()?;
        let clock = Clock::new();
        let journal = Journal::new(clock.clone(), self.journal);
        let faults = self.plan(&console)?;

        let (listener, address) = self.listen().await?;
        let domain = address.to_string();
        let (storage, token_secret) = self.open_data()?;
        let database = Database::start(storage.database().as_deref(), &template.tables, console.clone())
            .map_err(StartError::Database)?;

        let surroundings = Surroundings {
            api: &template.api,
            given: &self.environment,
            file: &file,
            domain: &domain,
            database_url: database.url(),
            token_secret: &token_secret,
        };
        self.write_environment(&template, &surroundings)?;
        let upstreams = Upstreams {
            stack_url: format!("http://{domain}"),
            database_url: database.url().to_owned(),
            services: Services::default(),
            client: http_client()?,
            faults: Faults::new(faults),
            latencies: self.latencies,
            crash_points: CrashPoints::default(),
            journal: journal.clone(),
        };
        let lambda = self.lambda(&template, &surroundings, &clock, &console, &upstreams)?;
        let gateway = Gateway::new(
            template.api.clone(),
            &domain,
            lambda.clone(),
            clock.clone(),
            upstreams.faults.clone(),
            journal.clone(),
        )
        .map_err(template_error)?;
        let development_secret = surroundings.development_secret();
        let makes_tokens = development_secret.is_some();
        let has_demo_model = surroundings.has_demo_model(&template.functions);
        let tokens = TokenIssuer {
            issuer: surroundings.issuer(),
            audience: surroundings.audience(),
            secret: development_secret.unwrap_or_default(),
        };

        let inspected = Inspected {
            domain: domain.clone(),
            journal: journal.clone(),
            clock: clock.clone(),
            faults: upstreams.faults.clone(),
            lambda: lambda.clone(),
            functions: template.functions.clone(),
            tables: template.tables.clone(),
            database_url: database.url().to_owned(),
            client: upstreams.client.clone(),
        };
        let audience = if self.allow_remote { Audience::Network } else { Audience::Machine };
        let guarded = Router::new()
            .merge(gateway::management(&gateway))
            .merge(lambda::invoke_api(lambda.clone()))
            .merge(token::router(makes_tokens.then(|| tokens.clone())))
            .merge(model::router())
            .layer(from_fn_with_state(audience, guard::admit));
        let services = Router::new()
            .merge(guarded)
            .merge(gateway::sockets(&gateway))
            .merge(lambda::function_urls(lambda.clone()))
            .merge(inspect::router(inspected))
            .merge(site::router(self.site.as_deref()));
        let services = Arc::new(services);
        upstreams.services.set(&services);
        let (stop_serving, stopped) = oneshot::channel::<()>();
        let server = serve::serve(listener, services.as_ref().clone(), async {
            // Sent or dropped, both mean stop.
            let _ = stopped.await;
        });
        Ok(LocalStack {
            address,
            schedules: schedule::start(&template.functions, &lambda, &clock),
            faults: upstreams.faults,
            crash_points: upstreams.crash_points,
            clock,
            journal,
            console,
            gateway,
            lambda,
            tokens,
            makes_tokens,
            has_demo_model,
            server: tokio::spawn(server),
            stop_serving: Some(stop_serving),
            database_url: database.url().to_owned(),
            database: Some(database),
            _services: services,
            _storage: storage,
            template,
        })
    }

    /// Listens, and returns the address at which functions reach the stack, which is never a wildcard address.
    async fn listen(&self) -> Result<(TcpListener, SocketAddr), StartError> {
        let wanted = SocketAddr::from((self.host, self.port));
        let failure = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::AddrInUse => StartError::PortInUse(self.port),
            _ => StartError::Listen(wanted, error),
        };
        let listener = TcpListener::bind(wanted).await.map_err(failure)?;
        let mut address = listener.local_addr().map_err(failure)?;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        Ok((listener, address))
    }

    fn read_variables(&self) -> Result<VariablesFile, StartError> {
        let Some(path) = &self.variables else { return Ok(VariablesFile::default()) };
        VariablesFile::read(path).map_err(|problem| StartError::Variables { path: path.clone(), problem })
    }

    fn plan(&self, console: &Console) -> Result<Plan, StartError> {
        let plan: Plan = self.faults.parse()?;
        if !plan.is_empty() {
            if self.invoke.is_some() {
                return Err(FaultsError::Elsewhere.into());
            }
            console.say(format_args!("faults: {plan}"));
        }
        Ok(plan)
    }

    fn open_data(&self) -> Result<(Storage, String), StartError> {
        let open = || {
            let storage = Storage::open(&self.data)?;
            let secret = storage.token_secret()?;
            Ok((storage, secret))
        };
        open().map_err(|problem| match &self.data {
            Data::Folder(folder) => StartError::Data { folder: folder.clone(), problem },
            Data::Memory => StartError::Data { folder: PathBuf::from("(memory)"), problem },
        })
    }

    fn lambda(
        &self,
        template: &Template,
        surroundings: &Surroundings<'_>,
        clock: &Clock,
        console: &Console,
        upstreams: &Upstreams,
    ) -> Result<Lambda, StartError> {
        let binaries = Binaries {
            template: self.template.parent().unwrap_or(Path::new("")),
            built: &self.functions,
            named: &self.binaries,
        };
        binaries.check(template)?;
        let reserved: usize = template.functions.iter().filter_map(|function| function.reserved_concurrency).sum();
        if reserved >= self.concurrency {
            return Err(StartError::Concurrency { reserved, limit: self.concurrency });
        }
        let unreserved = Concurrency::unreserved(self.concurrency - reserved);
        let group = match &self.invoke {
            Some(_) => None,
            None => Some(Arc::new(ProcessGroup::start().map_err(StartError::ProcessGroup)?)),
        };
        let mut functions = Vec::new();
        for function in &template.functions {
            check_variables(function, surroundings)?;
            let runs = match &self.invoke {
                Some(endpoint) => {
                    let binary = binaries.name(function).filter(|_| self.invoke_by == InvokeBy::Binary);
                    let name = binary.unwrap_or_else(|| function.id.clone());
                    let (client, console) = (upstreams.client.clone(), console.named(&function.id));
                    let journal = upstreams.journal.clone();
                    Runs::Elsewhere(Remote::new(endpoint, &name, function, client, console, journal))
                }
                None => {
                    let settings = FunctionSettings {
                        function: function.clone(),
                        binary: binaries.find(function)?,
                        variables: surroundings.variables(function),
                        concurrency: unreserved.for_function(function),
                        environment_concurrency: self.environment_concurrency,
                        enforces_memory: self.enforces_memory,
                        group: group.clone(),
                        upstreams: upstreams.clone(),
                    };
                    Runs::Here(lambda::pool_of(settings, clock.clone(), console))
                }
            };
            functions.push(Function { declared: function.clone(), runs });
        }
        Ok(Lambda::new(functions, group, clock.clone(), console.clone()))
    }

    /// Colours only on a terminal, and without `NO_COLOR` (no-color.org).
    fn look(&self) -> ConsoleStyle {
        let spared = self.environment.get("NO_COLOR").is_some_and(|value| !value.is_empty());
        ConsoleStyle { colour: std::io::stderr().is_terminal() && !spared, reports: self.reports }
    }

    fn write_environment(&self, template: &Template, surroundings: &Surroundings<'_>) -> Result<(), StartError> {
        let Some(file) = &self.environment_file else { return Ok(()) };
        let text = surroundings.environment_file(&template.functions).map_err(StartError::EnvironmentFile)?;
        data::write_private(file, &text).map_err(StartError::EnvironmentFile)
    }
}

/// Checks that every variable has a value: the template's, or an override.
fn check_variables(function: &crate::template::Function, surroundings: &Surroundings<'_>) -> Result<(), StartError> {
    match function.unknown_variables.iter().find(|(name, _)| surroundings.replaced(name).is_none()) {
        None => Ok(()),
        Some((name, problem)) => {
            Err(StartError::Variable { function: function.id.clone(), name: name.clone(), problem: problem.clone() })
        }
    }
}

fn http_client() -> Result<reqwest::Client, StartError> {
    // Fails only if a provider is already installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().map_err(|error| StartError::Invoke(error.to_string()))
}
