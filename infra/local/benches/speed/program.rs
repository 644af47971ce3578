//! The stack in a separate process, and its resource usage by the operating system.

use std::error::Error;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long the stack may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Ticks in a second of the times in `/proc`: the same on all architectures that Linux supports today.
const TICKS: f64 = 100.0;

/// `natter-local` with this benchmark as its function. It ends when this is dropped.
pub struct Program {
    child: Child,
    /// `ws://127.0.0.1:PORT/local`.
    pub socket_url: String,
}

impl Program {
    /// Starts it and waits until it is ready.
    pub async fn start(data: &Path) -> Result<Self, Box<dyn Error>> {
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/speed/template.yaml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_natter-local"));
        command.arg("--template").arg(template).arg("--data").arg(data).args(["--port", "0", "--binary"]);
        command.arg(format!("Function={}", std::env::current_exe()?.display()));
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let output = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(output).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(url) = line.strip_prefix("ready http") {
                    return Ok(format!("ws{url}/local"));
                }
            }
            Err::<String, Box<dyn Error>>("the stack did not start".into())
        };
        let socket_url = tokio::time::timeout(START_TIMEOUT, ready).await.map_err(|_| "the stack is not ready")??;
        // It may go on to print, so its output is read on.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, socket_url })
    }

    /// Seconds of processor time that it has used.
    pub fn processor_seconds(&self) -> f64 {
        let stat = self.read("stat");
        // Behind the name, which is in brackets: user time is the 12th field, system time the 13th.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
        fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
    }

    /// The memory that it has in use, in MB.
    pub fn memory_megabytes(&self) -> f64 {
        let status = self.read("status");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        resident.split_whitespace().next().and_then(|kilobytes| kilobytes.parse().ok()).unwrap_or(f64::NAN) / 1024.0
    }

    fn read(&self, file: &str) -> String {
        let process = self.child.id().unwrap_or_default();
        std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default()
    }
}
