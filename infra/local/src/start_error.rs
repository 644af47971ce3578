//! Errors of starting a stack, as sentences that say what to do.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use crate::faults::FaultsError;

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
    /// The process that ends functions when the stack is killed does not start.
    #[error("/bin/sh does not start, which ends functions when this stack is killed: {0}.")]
    ProcessGroup(std::io::Error),
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
    /// Nothing says which binary a function is.
    #[error(
        "Which binary the function {function} is, nothing says{}. Name it: --binary {function}=path/to/binary, or Metadata: {{ BuildProperties: {{ Binary: name }} }} in the template. Functions in other languages are invoked elsewhere, with --invoke.",
        runtime.as_ref().map(|runtime| format!(" (its Runtime is {runtime})")).unwrap_or_default()
    )]
    UnnamedBinary {
        /// Logical id of the function.
        function: String,
        /// Its `Runtime`.
        runtime: Option<String>,
    },
    /// A binary was named for an unknown function.
    #[error("There is no function {name} in the template; its functions are {}.", known.join(", "))]
    UnknownFunction {
        /// The name.
        name: String,
        /// Logical ids of those that are.
        known: Vec<String>,
    },
    /// The file of variables cannot be read.
    #[error("The file of variables {}: {problem}.", path.display())]
    Variables {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A variable of a function has no value here.
    #[error("{function}, variable {name}: {problem}. Give it a value in the environment: {name}=….")]
    Variable {
        /// Logical id of the function.
        function: String,
        /// Name of the variable.
        name: String,
        /// Why it has none.
        problem: String,
    },
    /// Functions reserve the whole concurrency limit, or more.
    #[error(
        "The functions of the template reserve {reserved} concurrent executions, and {limit} are all there are. Allow more: --concurrency."
    )]
    Concurrency {
        /// What they reserve together.
        reserved: usize,
        /// What may run.
        limit: usize,
    },
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
    /// The fault plan is invalid or unsupported.
    #[error(transparent)]
    Faults(#[from] FaultsError),
    /// The invoke endpoint cannot be used.
    #[error("The functions' endpoint cannot be used: {0}.")]
    Invoke(String),
}
