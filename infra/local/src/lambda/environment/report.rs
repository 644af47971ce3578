//! The summary of an invocation that Lambda logs as REPORT.

use std::fmt;
use std::time::Duration;

/// One invocation, from its dispatch until the environment polls again or ends; where an environment takes several at once,
/// until the response.
#[derive(Clone, Debug)]
pub struct Report {
    /// Whether the response was not an error.
    pub succeeded: bool,
    /// How long it took, with the work after its response.
    pub duration: Duration,
    /// The duration of the init, if this was the environment's first.
    pub init: Option<Duration>,
    /// Whether it ran concurrently with others, where AWS bills the instance and not the invocation.
    pub on_instance: bool,
    /// The environment's peak memory in MB, where it is known.
    pub memory_used: Option<u64>,
    /// The function's memory limit, in MB.
    pub memory_size: u64,
}

impl Report {
    /// The billed duration with the init, in whole milliseconds. Zero where AWS bills the instance.
    pub fn billed(&self) -> Duration {
        if self.on_instance {
            return Duration::ZERO;
        }
        let all = self.duration + self.init.unwrap_or_default();
        Duration::from_millis(all.as_micros().div_ceil(1000) as u64)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = if self.succeeded { "done" } else { "failed" };
        let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
        write!(formatter, "{outcome} in {:.1} ms", millis(self.duration))?;
        if !self.on_instance {
            write!(formatter, ", billed {} ms", self.billed().as_millis())?;
        }
        if let Some(init) = self.init {
            write!(formatter, ", init {:.1} ms", millis(init))?;
        }
        match self.memory_used {
            Some(used) => write!(formatter, ", {used} of {} MB", self.memory_size),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cold_start_is_billed_with_its_init_in_whole_milliseconds() {
        let cold = Report {
            succeeded: true,
            duration: Duration::from_micros(12_340),
            init: Some(Duration::from_micros(30_700)),
            on_instance: false,
            memory_used: Some(23),
            memory_size: 256,
        };
        assert_eq!(cold.to_string(), "done in 12.3 ms, billed 44 ms, init 30.7 ms, 23 of 256 MB");
        let failed = Report { succeeded: false, init: None, memory_used: None, ..cold };
        assert_eq!(failed.to_string(), "failed in 12.3 ms, billed 13 ms");
    }

    #[test]
    fn an_invocation_on_an_instance_is_not_billed() {
        let report = Report {
            succeeded: true,
            duration: Duration::from_micros(12_340),
            init: None,
            on_instance: true,
            memory_used: None,
            memory_size: 256,
        };
        assert_eq!((report.billed(), report.to_string().as_str()), (Duration::ZERO, "done in 12.3 ms"));
    }
}
