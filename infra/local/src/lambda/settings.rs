//! What a function is started with.

use std::path::PathBuf;
use std::sync::Arc;

use super::concurrency::Concurrency;
use super::process_group::ProcessGroup;
use super::upstreams::Upstreams;
use crate::template;
use crate::variables::Variables;

/// What a function is started with.
#[derive(Clone, Debug)]
pub struct FunctionSettings {
    /// What the template says of it.
    pub function: template::Function,
    /// Its binary.
    pub binary: PathBuf,
    /// All its environment variables beside those that Lambda sets.
    pub variables: Variables,
    /// What it may run at once.
    pub concurrency: Concurrency,
    /// What each of its environments takes at once.
    pub environment_concurrency: usize,
    /// Whether it is killed when it holds more memory than it has.
    pub enforces_memory: bool,
    /// To which its processes belong.
    pub group: Option<Arc<ProcessGroup>>,
    /// What its environments call.
    pub upstreams: Upstreams,
}
