//! From a function's start to its first poll: a listener in the place of Lambda's Runtime API.

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::process;

/// What starts took.
#[derive(Default)]
pub struct Starts {
    /// From the start of the process to its first poll.
    pub times: Vec<Duration>,
    /// The processor time until then.
    pub cpu: Vec<Duration>,
    /// What it held in memory then, in KB.
    pub memory: Vec<u64>,
}

impl Starts {
    /// Starts the function so often, one after the other; with the tools of this file, if there is one.
    pub fn measure(function: &Path, count: usize, tools: Option<&Path>) -> Self {
        // The first reads the file from the disk, and does not count.
        Self::default().add(function, tools);
        let mut starts = Self::default();
        (0..count).for_each(|_| starts.add(function, tools));
        starts
    }

    fn add(&mut self, function: &Path, tools: Option<&Path>) {
        let runtime_api = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = runtime_api.local_addr().unwrap().to_string();
        let started = Instant::now();
        let mut child = Command::new(function)
            .env_clear()
            .envs(environment(&address))
            .envs(tools.map(|file| ("TOOLS_FILE", file)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", function.display()));
        let (mut poll, _) = runtime_api.accept().unwrap();
        poll.read_exact(&mut [0]).unwrap();
        self.times.push(started.elapsed());
        // It waits for the answer now.
        std::thread::sleep(Duration::from_millis(5));
        self.cpu.push(process::cpu(child.id()));
        self.memory.push(process::peak_kilobytes(child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

// Unused addresses: nothing is called before the first poll.
fn environment(runtime_api: &str) -> [(&'static str, &str); 14] {
    [
        ("AWS_LAMBDA_RUNTIME_API", runtime_api),
        ("AWS_LAMBDA_FUNCTION_NAME", "message"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "none"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("TABLE_NAME", "table"),
        ("CONNECTIONS_ENDPOINT", "https://api.example.org/live"),
        ("OPENAI_BASE_URL", "https://model.example.org/v1"),
        ("OPENAI_MODEL", "model"),
        ("OPENAI_API_KEY", "none"),
        ("SYSTEM_PROMPT", "Be brief."),
    ]
}
