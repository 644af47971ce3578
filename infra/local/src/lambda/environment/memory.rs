//! What a process holds in memory, as `/proc` has it. Where there is no `/proc`, nothing is known.

/// The most that it ever had in memory, with its code, in MB.
pub fn peak(process: u32) -> Option<u64> {
    sum(process, &["VmHWM:"])
}

/// What it has in memory now that is its own data, in MB.
///
/// The pages of its binary are left out: they can be dropped and read again, so they fail no allocation, and those of a
/// debug build are many times those of what is deployed.
pub fn held(process: u32) -> Option<u64> {
    sum(process, &["RssAnon:", "RssShmem:"])
}

/// Adds up lines of its status, such as `VmHWM:      8192 kB`.
fn sum(process: u32, names: &[&str]) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kilobytes = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    };
    names.iter().map(|name| kilobytes(name)).sum::<Option<u64>>().map(|kilobytes| kilobytes.div_ceil(1024))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_holds_no_more_than_its_peak() {
        let own = std::process::id();
        let (peak, held) = (peak(own).unwrap(), held(own).unwrap());
        assert!(0 < held && held <= peak, "{held} of {peak}");
    }

    #[test]
    fn nothing_is_known_of_a_process_that_is_gone() {
        assert_eq!(peak(u32::MAX), None);
    }
}
