//! A share of a processor, as Lambda gives it by memory: 128 MB are 7 %.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use natter_local::LocalStack;
use natter_tests::MESSAGE_FUNCTION;
use rustix::process::{Pid, Signal, kill_process};

use crate::process;

/// As long as the kernel's own periods for this, so that waits are as long as Lambda's.
const PERIOD: Duration = Duration::from_millis(20);

/// How often is looked.
const LOOK: Duration = Duration::from_micros(250);

/// Keeps the function to its share until it is dropped: in each period it is stopped when it has had what is its own. What it had too
/// much counts for the next.
pub struct CpuShare {
    over: Arc<AtomicBool>,
    keeper: Option<JoinHandle<()>>,
}

impl CpuShare {
    /// Keeps the function of this stack to `share` of one processor.
    pub fn keep(share: f64, stack: &LocalStack) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let processes = stack.watch_environments(MESSAGE_FUNCTION);
        let keeper = std::thread::spawn({
            let over = Arc::clone(&over);
            move || {
                let mut kept: HashMap<u32, Kept> = HashMap::new();
                while !over.load(Ordering::Relaxed) {
                    let running = processes();
                    kept.retain(|process, _| running.contains(process));
                    for process in running {
                        kept.entry(process).or_insert_with(|| Kept::new(process)).look(process, share);
                    }
                    std::thread::sleep(LOOK);
                }
                kept.keys().for_each(|process| signal(*process, Signal::CONT));
            }
        });
        Self { over, keeper: Some(keeper) }
    }
}

impl Drop for CpuShare {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = self.keeper.take().map(JoinHandle::join);
    }
}

/// A process that is kept to its share.
struct Kept {
    period: Instant,
    used_before: Duration,
    allowed: Duration,
    stopped: bool,
}

impl Kept {
    fn new(process: u32) -> Self {
        Self { period: Instant::now(), used_before: process::cpu(process), allowed: PERIOD, stopped: false }
    }

    fn look(&mut self, process: u32, share: f64) {
        let used = process::cpu(process) - self.used_before;
        if self.period.elapsed() >= PERIOD {
            let debt = used.saturating_sub(self.allowed);
            self.period = Instant::now();
            self.used_before += used;
            self.allowed = PERIOD.mul_f64(share).saturating_sub(debt);
            if self.stopped && !self.allowed.is_zero() {
                self.stopped = false;
                signal(process, Signal::CONT);
            }
        } else if !self.stopped && used >= self.allowed {
            self.stopped = true;
            signal(process, Signal::STOP);
        }
    }
}

// The process may have ended; then there is nothing to keep.
fn signal(process: u32, signal: Signal) {
    if let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        let _ = kill_process(process, signal);
    }
}
