//! Functions whose clocks differ, as those of machines do: libfaketime stands before the C library in each process.
//!
//! Only what they take for the time of day differs. Their timers do not: those run on the monotonic clock.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use natter_tests::{NatterBuilder, built_functions};
use tempfile::TempDir;

/// The functions that hold or judge leases: their logical ids and programs.
const FUNCTIONS: [(&str, &str); 2] = [("MessageFunction", "message"), ("SweepFunction", "sweep")];

/// Programs that start the functions with a clock of their own, while this lives.
pub struct Clocks(TempDir);

impl Clocks {
    /// Clocks that are up to this many seconds fast or slow: each process by another whole second.
    ///
    /// # Panics
    ///
    /// Where libfaketime is not installed, or sets no clock.
    pub fn differ(seconds: u32) -> Self {
        let library = library().expect("libfaketime is installed by: make .tools/faketime.installed");
        assert!(is_yesterday_with(&library), "{} sets no clock", library.display());
        let folder = tempfile::tempdir().unwrap();
        for (_, program) in FUNCTIONS {
            let file = folder.path().join(program);
            let script = format!(
                "#!/bin/sh\nexport LD_PRELOAD={} DONT_FAKE_MONOTONIC=1 FAKETIME=$(($$ % {} - {seconds}))\nexec {}\n",
                quoted(&library),
                2 * seconds + 1,
                quoted(&built_functions().join(program)),
            );
            std::fs::write(&file, script).unwrap();
            std::fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
        }
        Self(folder)
    }

    /// Has the functions started by these programs.
    pub fn of(&self, builder: NatterBuilder) -> NatterBuilder {
        FUNCTIONS
            .into_iter()
            .fold(builder, |builder, (function, program)| builder.binary(function, self.0.path().join(program)))
    }
}

// A library that does not fit the machine is passed over without an error.
fn is_yesterday_with(library: &Path) -> bool {
    let day = 24 * 60 * 60;
    let date = Command::new("date").arg("+%s").env("LD_PRELOAD", library).env("FAKETIME", format!("-{day}")).output();
    let shown = date.ok().and_then(|date| String::from_utf8(date.stdout).ok()?.trim().parse::<u64>().ok());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    shown.is_some_and(|shown| shown < now - day / 2)
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

// Where `make .tools/faketime.installed` leaves it.
fn library() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let versions = std::fs::read_dir(root.join(".tools/venv/lib")).ok()?;
    let within = "site-packages/libfaketime/vendor/libfaketime/src/libfaketime.so.1";
    versions.flatten().map(|version| version.path().join(within)).find(|library| library.is_file())
}
