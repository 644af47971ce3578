//! The state that the page shows.

use crate::clock::Clock;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::lambda::Lambda;
use crate::template::{Function, Table};

/// The parts of a running stack that the page shows.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// Where the stack is reached, as host and port.
    pub domain: String,
    /// The events.
    pub journal: Journal,
    /// The clock of limits.
    pub clock: Clock,
    /// The active faults.
    pub faults: Faults,
    /// The functions' environments.
    pub lambda: Lambda,
    /// The functions.
    pub functions: Vec<Function>,
    /// The tables.
    pub tables: Vec<Table>,
    /// Endpoint of the database.
    pub database_url: String,
    /// The client of the database.
    pub client: reqwest::Client,
}
