//! The functions of one stack.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};

use super::error::InvocationError;
use super::pool::Pool;
use super::remote::Remote;
use super::request::InvokeRequest;
use crate::template;

/// A function of the stack.
#[derive(Debug)]
pub struct Function {
    /// Its declaration in the template.
    pub declared: template::Function,
    /// Where it runs.
    pub runs: Runs,
}

/// Where a function runs.
#[derive(Debug)]
pub enum Runs {
    /// In processes of this stack.
    Here(Arc<Pool>),
    /// Behind another program's invoke endpoint.
    Elsewhere(Remote),
}

impl Function {
    /// Begins an invocation before it returns, and resolves to its response.
    pub(super) fn invoke(&self, request: InvokeRequest) -> BoxFuture<'static, Result<Bytes, InvocationError>> {
        match &self.runs {
            Runs::Here(pool) => pool.invoke(request).boxed(),
            Runs::Elsewhere(remote) => remote.invoke(request).boxed(),
        }
    }

    /// Its environments, if it runs here.
    pub(super) fn pool(&self) -> Option<&Arc<Pool>> {
        match &self.runs {
            Runs::Here(pool) => Some(pool),
            Runs::Elsewhere(_) => None,
        }
    }
}

/// All functions by logical id. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Functions {
    by_id: Arc<BTreeMap<String, Function>>,
}

impl Functions {
    pub fn new(functions: Vec<Function>) -> Self {
        let by_id = functions.into_iter().map(|function| (function.declared.id.clone(), function)).collect();
        Self { by_id: Arc::new(by_id) }
    }

    /// The function with this logical id.
    pub fn get(&self, id: &str) -> Option<&Function> {
        self.by_id.get(id)
    }

    /// The function with this logical id, or the error of invoking one that does not exist.
    pub fn require(&self, id: &str) -> Result<&Function, InvocationError> {
        self.get(id).ok_or_else(|| InvocationError::Unreachable(format!("there is no function {id}")))
    }

    /// The function with this name, logical id or ARN, in any version.
    pub fn named(&self, name: &str) -> Option<&Function> {
        let name = name.rsplit_once(":function:").map_or(name, |(_, name)| name);
        let name = name.split(':').next().unwrap_or(name);
        let by_name = || self.by_id.values().find(|function| function.declared.name == name);
        self.get(name).or_else(by_name)
    }

    /// The pools of all functions that run here.
    pub fn pools(&self) -> impl Iterator<Item = &Arc<Pool>> {
        self.by_id.values().filter_map(Function::pool)
    }
}
