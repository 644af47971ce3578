//! The process group of a stack's functions, which ends with the stack, however that ends.
//!
//! A process that is killed ends nothing: its functions would go on until they ask for their next invocation, a minute or more.
//! So a shell leads their group. It waits for the end of its standard input, which comes with the end of the stack, and then kills
//! the group. It needs no `unsafe`, as the system call would that Linux has for this, and is the same on every Unix.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Reads until there is nothing more, and kills its own process group.
const SCRIPT: &str = "read -r _; kill -KILL 0";

/// A process group.
#[derive(Debug)]
pub struct ProcessGroup {
    id: i32,
    leader: Mutex<Child>,
}

impl ProcessGroup {
    /// A new group with no function in it.
    pub fn start() -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT]).env_clear().process_group(0);
        let leader = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let id = i32::try_from(leader.id()).map_err(io::Error::other)?;
        Ok(Self { id, leader: Mutex::new(leader) })
    }

    /// Its id, for processes that are to belong to it.
    pub fn id(&self) -> i32 {
        self.id
    }

    /// Kills its leader. Its functions have ended already, or are ended by the code that started them.
    pub fn end(&self) {
        let mut leader = self.leader.lock().unwrap_or_else(PoisonError::into_inner);
        // It may already have exited.
        let _ = leader.kill();
        let _ = leader.wait();
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.end();
    }
}
