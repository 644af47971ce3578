//! Numbers the calls that functions make, so that a test can kill a function right at one of them.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// On which side of a call a function is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The call is not passed on.
    Before,
    /// The call has taken effect, but its response does not arrive.
    After,
}

/// The calls since a mark, in their order. Clones share them.
#[derive(Clone, Debug)]
pub struct Calls {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    functions: BTreeSet<String>,
    kill: Option<(usize, Moment)>,
    names: Mutex<Vec<String>>,
}

impl Calls {
    fn new(functions: &[&str], kill: Option<(usize, Moment)>) -> Self {
        let functions = functions.iter().map(|function| (*function).to_owned()).collect();
        Self { shared: Arc::new(Shared { functions, kill, names: Mutex::default() }) }
    }

    /// The names of the calls, such as `dynamodb GetItem`, `model`, `post`, `response` and `next`. The first has number 1.
    pub fn names(&self) -> Vec<String> {
        self.list().clone()
    }

    /// Whether a function has been killed at its crash point.
    pub fn has_killed(&self) -> bool {
        self.shared.kill.is_some_and(|(number, _)| self.list().len() >= number)
    }

    /// No code panics while it holds this lock, so a poisoned list is a whole one.
    fn list(&self) -> MutexGuard<'_, Vec<String>> {
        self.shared.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The current count of calls, if any. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct CrashPoints {
    current: Arc<Mutex<Option<Calls>>>,
}

impl CrashPoints {
    /// Counts the calls of these functions from now on, in place of earlier ones.
    pub fn mark(&self, functions: &[&str], kill: Option<(usize, Moment)>) -> Calls {
        let calls = Calls::new(functions, kill);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(calls.clone());
        calls
    }

    /// Counts a call of this name, and returns whether the function is to be killed at it.
    pub fn count(&self, function: &str, call: impl Display) -> Option<Moment> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        if !current.shared.functions.contains(function) {
            return None;
        }
        let mut names = current.list();
        names.push(call.to_string());
        current.shared.kill.filter(|(number, _)| *number == names.len()).map(|(_, moment)| moment)
    }
}
