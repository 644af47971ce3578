//! The command line, and the environment beside it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use natter_local::{Builder, Data, InvokeBy, Latencies, LocalStack};

/// The usual name of a file with values for variables.
const DEV_ENV: &str = "dev.env";

/// Runs a SAM WebSocket API on this machine: API Gateway, Lambda and DynamoDB in one process.
#[derive(Debug, Parser)]
#[command(name = "natter-local")]
pub struct Settings {
    /// The SAM template.
    #[arg(long, default_value = "template.yaml")]
    template: PathBuf,
    /// A template whose functions run beside those of the other, to be invoked by their names; may be repeated.
    #[arg(long, value_name = "TEMPLATE")]
    beside: Vec<PathBuf>,
    /// Gives a parameter of the template a value, in place of its default.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = assignment)]
    parameters: Vec<(String, String)>,
    /// The folder of the functions' binaries.
    #[arg(long, default_value = "target/debug")]
    functions: PathBuf,
    /// The binary of one function, where the template does not say which it is.
    #[arg(long = "binary", value_name = "FUNCTION=PATH", value_parser = assignment)]
    binaries: Vec<(String, String)>,
    /// A file with values for the functions' variables, where the environment gives none. By default `dev.env` beside the template, if
    /// it is there.
    #[arg(long, value_name = "FILE")]
    variables: Option<PathBuf>,
    /// The port of the page, the socket and the model.
    #[arg(long, env = "PORT", default_value_t = 8787)]
    port: u16,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Allows other machines. Anybody who reaches this stack can then act as any user.
    #[arg(long)]
    allow_remote: bool,
    /// The folder in which tables and secrets are kept.
    #[arg(long, env = "DATA_DIR", default_value = ".natter")]
    pub data: PathBuf,
    /// The folder of the web page.
    #[arg(long, default_value = "clients/web/dist")]
    site: PathBuf,
    /// Invokes functions at this endpoint instead of running them, for example `http://127.0.0.1:9000` of `cargo lambda watch`.
    #[arg(long, value_name = "URL")]
    invoke: Option<String>,
    /// How that endpoint names functions: by their binary, or their logical id.
    #[arg(long, value_name = "NAME", value_enum, default_value_t)]
    invoke_by: InvokeBy,
    /// Writes the functions' variables to this file, as NAME=VALUE lines, for the program at the endpoint.
    #[arg(long, value_name = "FILE")]
    environment_file: Option<PathBuf>,
    /// The concurrency limit, as of an AWS account.
    #[arg(long, value_name = "INVOCATIONS", default_value_t = 1_000)]
    concurrency: usize,
    /// How many invocations an environment takes at once, as on Lambda Managed Instances.
    #[arg(long, value_name = "INVOCATIONS", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1_600))]
    environment_concurrency: u16,
    /// Lets functions use more memory than their MemorySize.
    #[arg(long)]
    no_memory_limit: bool,
    /// Omits the log line at the end of each invocation.
    #[arg(long)]
    no_reports: bool,
    /// Minimum latency of the database in milliseconds; on AWS about 5.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    database_latency: u64,
    /// Minimum latency of a post to a client in milliseconds; on AWS about 10.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    post_latency: u64,
    /// Injects random faults into calls of functions, for example `post429:0.1,kill:0.02,seed=7`.
    #[arg(long, env = "FAULTS", value_name = "PLAN", default_value = "", hide_default_value = true)]
    faults: String,
}

impl Settings {
    /// The configured stack, with this process's variables; those that are not Unicode are ignored.
    pub fn builder(&self) -> Builder {
        let mut builder = LocalStack::builder(&self.template)
            .functions(&self.functions)
            .port(self.port)
            .host(self.host)
            .allow_remote(self.allow_remote)
            .data(Data::Folder(self.data.clone()))
            .site(&self.site)
            .concurrency(self.concurrency)
            .environment_concurrency(self.environment_concurrency.into())
            .enforce_memory(!self.no_memory_limit)
            .reports(!self.no_reports)
            .faults(&self.faults)
            .latencies(Latencies {
                database: Duration::from_millis(self.database_latency),
                post: Duration::from_millis(self.post_latency),
            })
            .invoke_by(self.invoke_by);
        for (name, value) in &self.parameters {
            builder = builder.parameter(name, value);
        }
        for (function, path) in &self.binaries {
            builder = builder.binary(function, path);
        }
        for template in &self.beside {
            builder = builder.beside(template);
        }
        let usual = || Some(self.template.with_file_name(DEV_ENV)).filter(|file| file.is_file());
        if let Some(file) = self.variables.clone().or_else(usual) {
            builder = builder.variables(file);
        }
        if let Some(endpoint) = &self.invoke {
            builder = builder.invoke(endpoint);
        }
        if let Some(file) = &self.environment_file {
            builder = builder.environment_file(file);
        }
        let variables = std::env::vars_os();
        let variables =
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        variables.fold(builder, |builder, (name, value)| builder.environment(name, value))
    }

    /// Where the functions run, as text.
    pub fn functions(&self) -> String {
        match &self.invoke {
            Some(endpoint) => format!("at {endpoint}"),
            None => format!("from {}", self.functions.display()),
        }
    }
}

/// The two sides of `name=value`.
fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it must be of the form NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
