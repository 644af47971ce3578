//! The configuration of a stack before it starts.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use crate::data::Data;
use crate::latency::Latencies;
use crate::template::Parameters;
use crate::variables::Variables;

/// How many invocations may run at once: the default of an AWS account.
const CONCURRENCY: usize = 1_000;

/// The configuration of a stack.
#[derive(Clone, Debug)]
pub struct Builder {
    pub(crate) template: PathBuf,
    pub(crate) beside: Vec<PathBuf>,
    pub(crate) parameters: Parameters,
    pub(crate) functions: PathBuf,
    pub(crate) binaries: BTreeMap<String, PathBuf>,
    pub(crate) environment: Variables,
    pub(crate) variables: Option<PathBuf>,
    pub(crate) data: Data,
    pub(crate) host: IpAddr,
    pub(crate) port: u16,
    pub(crate) allow_remote: bool,
    pub(crate) site: Option<PathBuf>,
    pub(crate) invoke: Option<String>,
    pub(crate) invoke_by: InvokeBy,
    pub(crate) environment_file: Option<PathBuf>,
    pub(crate) concurrency: usize,
    pub(crate) environment_concurrency: usize,
    pub(crate) enforces_memory: bool,
    pub(crate) reports: bool,
    pub(crate) faults: String,
    pub(crate) latencies: Latencies,
    pub(crate) journal: bool,
}

/// The name by which an invoke endpoint knows a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum InvokeBy {
    /// The name of its binary, where there is one, as with `cargo lambda watch`; else its logical id.
    #[default]
    Binary,
    /// Its logical id, as with `sam local start-lambda`.
    LogicalId,
}

impl Builder {
    pub(crate) fn new(template: PathBuf) -> Self {
        Self {
            template,
            beside: Vec::new(),
            parameters: Parameters::new(),
            functions: "target/debug".into(),
            binaries: BTreeMap::new(),
            environment: Variables::new(),
            variables: None,
            data: Data::Memory,
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            allow_remote: false,
            site: None,
            invoke: None,
            invoke_by: InvokeBy::default(),
            environment_file: None,
            concurrency: CONCURRENCY,
            environment_concurrency: 1,
            enforces_memory: true,
            reports: true,
            faults: String::new(),
            latencies: Latencies::default(),
            journal: true,
        }
    }

    /// Gives a parameter of the template a value, in place of its default. One without either is empty.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// A template whose functions run beside those of the stack's own, as another stack of the account has them: they are invoked
    /// by their names. Of the rest of it, nothing runs.
    pub fn beside(mut self, template: impl Into<PathBuf>) -> Self {
        self.beside.push(template.into());
        self
    }

    /// Where the functions' binaries are. Default: `target/debug`.
    pub fn functions(mut self, folder: impl Into<PathBuf>) -> Self {
        self.functions = folder.into();
        self
    }

    /// The binary of one function, by its logical id. Default: what the template says of it.
    pub fn binary(mut self, function: impl Into<String>, file: impl Into<PathBuf>) -> Self {
        self.binaries.insert(function.into(), file.into());
        self
    }

    /// Overrides a variable that a function declares in the template. An empty value counts as absent.
    pub fn environment(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// A file with values for variables that functions declare in the template, where [`Builder::environment`] gives none: lines
    /// `NAME=VALUE`, in which `{stack}` is the address of the stack. Lines below `[unless NAME …]` hold where none of these is given.
    pub fn variables(mut self, file: impl Into<PathBuf>) -> Self {
        self.variables = Some(file.into());
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

    /// Allows other machines. Anybody who reaches the stack can then act as any user.
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

    /// The name by which the endpoint of [`Builder::invoke`] knows functions. Default: the name of their binary.
    pub fn invoke_by(mut self, name: InvokeBy) -> Self {
        self.invoke_by = name;
        self
    }

    /// Writes the variables of all functions to a file, as `NAME=VALUE` lines, for the program that runs them.
    pub fn environment_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.environment_file = Some(file.into());
        self
    }

    /// The concurrency limit of all functions, as in an AWS account. What functions reserve in the template
    /// (`ReservedConcurrentExecutions`) is theirs alone. Default: 1,000.
    pub fn concurrency(mut self, invocations: usize) -> Self {
        self.concurrency = invocations;
        self
    }

    /// How many invocations an environment takes at once, as on Lambda Managed Instances. Default: 1, as everywhere else. With more,
    /// functions get `AWS_LAMBDA_MAX_CONCURRENCY`, and must run as many pollers.
    pub fn environment_concurrency(mut self, invocations: usize) -> Self {
        self.environment_concurrency = invocations.max(1);
        self
    }

    /// Whether a function is killed that uses more memory than its `MemorySize`, its code not counted. Default: yes, where
    /// there is a `/proc`.
    pub fn enforce_memory(mut self, enforce: bool) -> Self {
        self.enforces_memory = enforce;
        self
    }

    /// Whether every invocation is logged with its duration, billed duration and memory. Default: yes.
    pub fn reports(mut self, reports: bool) -> Self {
        self.reports = reports;
        self
    }

    /// Injects random faults into calls of functions, for example `post429:0.1,kill:0.02,seed=7`. Default: none.
    pub fn faults(mut self, plan: impl Into<String>) -> Self {
        self.faults = plan.into();
        self
    }

    /// Adds the latencies that the database and clients have on AWS. Default: none.
    pub fn latencies(mut self, latencies: Latencies) -> Self {
        self.latencies = latencies;
        self
    }

    /// Whether events are recorded for the developer's page and the meter. Default: yes.
    pub fn journal(mut self, journal: bool) -> Self {
        self.journal = journal;
        self
    }
}
