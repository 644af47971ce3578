//! The life of an environment's process: start, supervision and end.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::environment::{Environment, Phase, memory};
use super::error::InvocationError;
use super::pool::Pool;
use super::{runtime_api, variables};

/// How long a process may take until its first poll.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the memory of a busy process is measured.
const MEMORY_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Runs an environment to its end.
pub(super) async fn run(pool: Arc<Pool>, environment: Arc<Environment>) {
    let error = live(&pool, &environment).await;
    if let Some(error) = &error {
        environment.log.problem(error);
    }
    pool.remove(&environment, &error.unwrap_or_else(InvocationError::killed));
    environment.mark_gone();
}

/// Serves an environment's Runtime API to its process until that ends. Returns the error if it failed.
async fn live(pool: &Arc<Pool>, environment: &Arc<Environment>) -> Option<InvocationError> {
    let unserved = |error| Some(InvocationError::Exited(format!("its Runtime API cannot be served: {error}")));
    let listener = match TcpListener::bind(("127.0.0.1", 0)).await {
        Ok(listener) => listener,
        Err(error) => return unserved(error),
    };
    let address = match listener.local_addr() {
        Ok(address) => address.to_string(),
        Err(error) => return unserved(error),
    };
    tokio::select! {
        () = tokio::time::sleep(pool.start_delay()) => {}
        () = environment.wait_for_kill() => return None,
    }
    tokio::spawn(runtime_api::serve(listener, pool.clone(), environment.clone()));

    environment.start(pool.clock.now(), INIT_TIMEOUT, false);
    let error = run_process(pool, environment, &address).await?;
    if !environment.is_in_init() {
        return Some(error);
    }
    // Lambda repeats a failed init once, within the invocation and its timeout.
    environment.log.problem(format_args!("init failed, and is tried once more: {error}"));
    environment.start(pool.clock.now(), pool.settings.function.timeout, true);
    run_process(pool, environment, &address).await
}

/// Runs one process to its end.
async fn run_process(pool: &Pool, environment: &Arc<Environment>, address: &str) -> Option<InvocationError> {
    let mut child = match start(pool, environment, address) {
        Ok(child) => child,
        Err(error) => {
            let message =
                format!("{} does not start: {error}; is it built for this machine?", pool.settings.binary.display());
            return Some(InvocationError::Function { kind: "Runtime.InvalidEntrypoint".to_owned(), message });
        }
    };
    let error = watch_over(pool, environment, &mut child).await;
    let memory_used = environment.process().and_then(memory::peak);
    // SIGKILL and nothing before it: Lambda promises no warning. The process may also have ended by itself.
    let _ = child.kill().await;
    pool.end(environment, Some(&error.clone().unwrap_or_else(InvocationError::killed)), memory_used);
    error
}

fn start(pool: &Pool, environment: &Arc<Environment>, address: &str) -> std::io::Result<Child> {
    let settings = &pool.settings;
    let mut command = Command::new(&settings.binary);
    let own = settings.variables.iter().map(|(name, value)| (name, settings.upstreams.seen_from(address, value)));
    command.env_clear().envs(own);
    command.envs(variables::of_lambda(settings, environment.id, address));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // In another process group: Ctrl-C reaches the stack alone, which then ends its functions.
    command.kill_on_drop(true).process_group(settings.group.as_ref().map_or(0, |group| group.id()));
    let mut child = command.spawn()?;
    environment.set_process(child.id());
    if let Some(output) = child.stdout.take() {
        tokio::spawn(environment.log.clone().follow(output));
    }
    if let Some(output) = child.stderr.take() {
        tokio::spawn(environment.log.clone().follow(output));
    }
    Ok(child)
}

/// Waits for the end of a process. Returns the error if it failed.
async fn watch_over(pool: &Pool, environment: &Environment, child: &mut Child) -> Option<InvocationError> {
    let mut phases = environment.phases();
    let mut memory_poll = tokio::time::interval(MEMORY_POLL_INTERVAL);
    memory_poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let phase = *phases.borrow_and_update();
        let deadline = phase.deadline();
        tokio::select! {
            status = child.wait() => {
                let exited = || status.map_or_else(|error| InvocationError::Exited(error.to_string()), InvocationError::exited);
                return Some(environment.take_init_error().unwrap_or_else(exited));
            }
            error = environment.wait_for_init_error() => return Some(error),
            () = environment.wait_for_kill() => return None,
            changed = phases.changed() => if changed.is_err() { return None },
            _ = memory_poll.tick(), if pool.settings.enforces_memory && !matches!(phase, Phase::Idle(_)) => {
                let limit = pool.settings.function.memory;
                if let Some(held) = environment.process().and_then(memory::held).filter(|held| *held > limit) {
                    return Some(InvocationError::OutOfMemory { held, limit });
                }
            }
            () = pool.clock.sleep_until(deadline.unwrap_or_else(|| pool.clock.now())), if deadline.is_some() => match phase {
                Phase::Init(_) => return Some(init_timeout_error(pool, environment)),
                Phase::Busy(_) => return Some(InvocationError::TimedOut(pool.settings.function.timeout)),
                // Otherwise it has just become busy.
                Phase::Idle(_) => if pool.retire(environment) { return None },
            },
        }
    }
}

/// The error of a process that did not get through its init in time.
fn init_timeout_error(pool: &Pool, environment: &Environment) -> InvocationError {
    if environment.is_repeated() {
        return InvocationError::TimedOut(pool.settings.function.timeout);
    }
    InvocationError::Exited(format!(
        "it did not ask for an invocation within {} s; a function has to poll the Runtime API, as lambda_runtime does",
        INIT_TIMEOUT.as_secs()
    ))
}
