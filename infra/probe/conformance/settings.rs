//! The settings, from the environment.

use crate::platform::Deployed;

/// The settings of one run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `PROBE_URL` and `PROBE_STRICT_URL`: the sockets of the two APIs, if they are deployed.
    pub deployed: Option<Deployed>,
    /// `PROBE_SLOW=1`: facts that take minutes or hours of real time are verified, too.
    pub slow: bool,
}

/// Whether `PROBE_UPDATE=1` asks to update the committed table of facts.
pub fn updates_table() -> bool {
    variable("PROBE_UPDATE").is_some()
}

impl Settings {
    /// Reads them. Empty variables count as absent.
    pub fn from_environment() -> Self {
        let deployed = variable("PROBE_URL").zip(variable("PROBE_STRICT_URL"));
        Self {
            deployed: deployed.map(|(open, strict)| Deployed { open, strict }),
            slow: variable("PROBE_SLOW").is_some(),
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the place to read the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
