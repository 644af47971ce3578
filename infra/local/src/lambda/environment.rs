//! One execution environment: a process of the function's binary and its own Runtime API, from init to its end.

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::pool::{Answer, Event, Pool};
use super::{InvocationError, runtime_api};
use crate::console::Console;
use crate::template::REGION;

/// How long a process may take until it asks for its first invocation.
pub(super) const LONGEST_INIT: Duration = Duration::from_secs(10);

/// How long an environment is kept without work. Lambda names no time; minutes are usual.
const LONGEST_IDLE: Duration = Duration::from_secs(10 * 60);

/// What the pool and the Runtime API know of one environment.
#[derive(Debug)]
pub(super) struct Environment {
    pub id: u64,
    process: AtomicU32,
    phase: watch::Sender<Phase>,
    current: Mutex<Option<Current>>,
    calls: AtomicU64,
    doomed: AtomicBool,
    killed: Notify,
    gone: watch::Sender<bool>,
}

/// What an environment is doing, and until when it may.
#[derive(Clone, Copy, Debug)]
enum Phase {
    Init(Instant),
    Busy(Instant),
    Idle(Instant),
}

/// The invocation that an environment is at, until it asks for the next event.
#[derive(Debug)]
struct Current {
    request_id: String,
    /// Empty once the function has answered: what it does then is work after the response.
    answer: Option<Answer>,
}

impl Environment {
    pub fn new(id: u64, init_ends: Instant) -> Self {
        Self {
            id,
            process: AtomicU32::new(0),
            phase: watch::Sender::new(Phase::Init(init_ends)),
            current: Mutex::new(None),
            calls: AtomicU64::new(0),
            doomed: AtomicBool::new(false),
            killed: Notify::new(),
            gone: watch::Sender::new(false),
        }
    }

    /// The process id, once there is a process.
    pub fn process(&self) -> Option<u32> {
        Some(self.process.load(Ordering::Relaxed)).filter(|&process| process != 0)
    }

    /// Has the process killed. Nothing in it can object, as on AWS.
    pub fn kill(&self) {
        self.doomed.store(true, Ordering::Relaxed);
        self.killed.notify_one();
    }

    /// Whether it is being killed. What it still calls is not heard.
    pub fn is_doomed(&self) -> bool {
        self.doomed.load(Ordering::Relaxed)
    }

    /// The number of the call that it makes now, from 0.
    pub fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }

    /// Waits until the process is gone and the pool has forgotten it.
    pub async fn gone(&self) {
        // The sender cannot be gone: `self` holds it.
        let _ = self.gone.subscribe().wait_for(|gone| *gone).await;
    }

    /// Waits until it has asked for its next event, or is gone.
    pub async fn settled(&self) {
        let mut phases = self.phase.subscribe();
        tokio::select! {
            _ = phases.wait_for(|phase| matches!(phase, Phase::Idle(_))) => {}
            () = self.gone() => {}
        }
    }

    /// Whether it waits for an event.
    pub fn is_idle(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Idle(_))
    }

    /// There is no event for it now.
    pub fn rests(&self, now: Instant) {
        self.phase.send_replace(Phase::Idle(now + LONGEST_IDLE));
    }

    /// The environment is given an event, which it may work on until `deadline`.
    pub fn begins(&self, event: &Event, answer: Answer, deadline: Instant) {
        *self.current() = Some(Current { request_id: event.request_id.clone(), answer: Some(answer) });
        self.phase.send_replace(Phase::Busy(deadline));
    }

    /// The function's answer. False if that invocation is not the current one, or has been answered.
    pub fn answers(&self, request_id: &str, result: Result<Bytes, InvocationError>) -> bool {
        let mut current = self.current();
        let Some(current) = current.as_mut().filter(|current| current.request_id == request_id) else { return false };
        let Some(answer) = current.answer.take() else { return false };
        // The gateway may have stopped waiting; the function need not know.
        let _ = answer.send(result);
        true
    }

    /// Ends the current invocation. True if it had no answer, and has this one now.
    pub fn ends(&self, error: &InvocationError) -> bool {
        match self.current().take().and_then(|current| current.answer) {
            // A caller who no longer waits needs no answer.
            Some(answer) => answer.send(Err(error.clone())).is_ok(),
            None => false,
        }
    }

    /// No code panics while it holds this lock, so a poisoned state is a whole one.
    fn current(&self) -> MutexGuard<'_, Option<Current>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs an environment to its end: starts the process, serves its Runtime API, watches its time.
pub(super) async fn run(pool: Arc<Pool>, environment: Arc<Environment>) {
    let error = match start(&pool, &environment).await {
        Ok(mut child) => {
            let error = watch_over(&pool, &environment, &mut child).await;
            // The process may have ended by itself.
            let _ = child.kill().await;
            error
        }
        Err(error) => {
            Some(InvocationError::Exited(format!("{} did not start: {error}", pool.settings.binary.display())))
        }
    };
    if let Some(error) = &error {
        pool.console.say(error);
    }
    let error = error.unwrap_or_else(|| InvocationError::Exited("killed".to_owned()));
    environment.ends(&error);
    pool.remove(&environment, &error);
    environment.gone.send_replace(true);
}

async fn start(pool: &Arc<Pool>, environment: &Arc<Environment>) -> std::io::Result<Child> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let mut command = Command::new(&pool.settings.binary);
    let address = address.to_string();
    command.env_clear().envs(variables(pool, environment.id, &address)).env("AWS_LAMBDA_RUNTIME_API", address);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Its own process group: Ctrl-C reaches the stack alone, which then ends its functions.
    command.kill_on_drop(true).process_group(0);
    let mut child = command.spawn()?;
    environment.process.store(child.id().unwrap_or(0), Ordering::Relaxed);
    if let Some(output) = child.stdout.take() {
        tokio::spawn(log(output, pool.console.clone()));
    }
    if let Some(output) = child.stderr.take() {
        tokio::spawn(log(output, pool.console.clone()));
    }
    tokio::spawn(runtime_api::serve(listener, pool.clone(), environment.clone()));
    Ok(child)
}

/// Waits for the end of an environment and says why it came; `None` if nobody needs to be told.
async fn watch_over(pool: &Pool, environment: &Environment, child: &mut Child) -> Option<InvocationError> {
    let mut phases = environment.phase.subscribe();
    loop {
        let phase = *phases.borrow_and_update();
        let (Phase::Init(ends) | Phase::Busy(ends) | Phase::Idle(ends)) = phase;
        tokio::select! {
            status = child.wait() => {
                let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                return Some(InvocationError::Exited(status));
            }
            () = environment.killed.notified() => return None,
            changed = phases.changed() => if changed.is_err() { return None },
            () = pool.clock.sleep_until(ends) => match phase {
                Phase::Init(_) => return Some(InvocationError::Exited(format!("init took longer than {} s", LONGEST_INIT.as_secs()))),
                Phase::Busy(_) => return Some(InvocationError::TimedOut(pool.settings.function.timeout)),
                // Otherwise it has just become busy.
                Phase::Idle(_) => if pool.retire(environment) { return None },
            },
        }
    }
}

/// The variables of a process: those that Lambda sets, the function's own, and nothing of the stack's.
fn variables(pool: &Pool, id: u64, address: &str) -> impl Iterator<Item = (String, String)> {
    let settings = &pool.settings;
    let (name, memory) = (&settings.function.name, settings.function.memory);
    let directory = settings.binary.parent().unwrap_or(Path::new(".")).display().to_string();
    let lambda = [
        ("_HANDLER", settings.function.handler.clone()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_SESSION_TOKEN", "local".to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory.to_string()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
        ("AWS_LAMBDA_LOG_STREAM_NAME", format!("local/[$LATEST]{id:032x}")),
        ("LAMBDA_TASK_ROOT", directory.clone()),
        ("LAMBDA_RUNTIME_DIR", directory),
        ("LANG", "en_US.UTF-8".to_owned()),
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin".to_owned()),
        ("TZ", ":UTC".to_owned()),
    ];
    let own = settings.variables.iter().map(|(name, value)| (name.clone(), settings.outside.seen_from(address, value)));
    lambda.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(own)
}

async fn log(output: impl AsyncRead + Unpin, console: Console) {
    let mut lines = BufReader::new(output).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        console.say(String::from_utf8_lossy(&line));
    }
}
