//! What became of every message: the counts, and each promise that was broken.

use std::fmt;

use natter_tests::{End, StoredMessage, Table};

use crate::tools::ToolReport;

/// A message that a page has sent, and what the page shows of its reply.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The client's id of the message.
    pub message: String,
    /// What the model says when nothing goes wrong.
    pub whole: String,
    /// What the page shows.
    pub text: String,
    /// Of which reply.
    pub message_id: String,
    /// The end that was delivered to the page.
    pub end: Option<End>,
    /// Whether the page has seen any of a reply.
    pub acknowledged: bool,
    /// What came meanwhile.
    pub heard: Vec<String>,
}

/// The counts of a soak.
#[derive(Debug, Default)]
pub struct Report {
    accepted: usize,
    refused: usize,
    complete: usize,
    stopped: usize,
    failed: usize,
    interrupted: usize,
    // How many replies needed another attempt.
    taken_over: usize,
    // Calls of tools, and those without an output.
    calls: usize,
    failed_calls: usize,
    lost: Vec<String>,
    doubled: Vec<String>,
    stranded: Vec<String>,
}

impl Report {
    /// Holds what pages show against what is stored.
    pub fn new(asked: &[Asked], stored: &Table) -> Self {
        let mut report = Self::default();
        for asked in asked {
            report.look_at(asked, stored);
        }
        report.stranded.extend(stored.streaming().iter().map(|reply| format!("{}: it has not ended", reply.id)));
        report
    }

    /// Adds what became of turns with tools.
    pub fn add(&mut self, tools: ToolReport) {
        (self.calls, self.failed_calls) = (tools.calls, tools.failed);
        self.lost.extend(tools.lost);
        self.doubled.extend(tools.doubled);
        self.stranded.extend(tools.stranded);
    }

    /// Whether every promise was kept.
    pub fn is_sound(&self) -> bool {
        self.accepted > 0
            && self.calls > 0
            && self.lost.is_empty()
            && self.doubled.is_empty()
            && self.stranded.is_empty()
    }

    fn look_at(&mut self, asked: &Asked, stored: &Table) {
        let name = &asked.message;
        let questions = stored.questions(name);
        if questions.is_empty() && !asked.acknowledged {
            match &asked.end {
                Some(_) => self.refused += 1,
                None => self.lost.push(format!("{name}: it was not answered, and it is not stored")),
            }
            return;
        }
        self.accepted += 1;
        let [question] = questions[..] else {
            match questions.len() {
                0 => self.lost.push(format!("{name}: it was acknowledged ({:?}) and is not stored", asked.end)),
                times => self.doubled.push(format!("{name}: it is stored {times} times: {questions:?}")),
            }
            return;
        };
        if !stored.is_found(question) {
            self.lost.push(format!("{name}: its conversation goes on without it"));
        }
        let replies = stored.replies(question);
        let Some(last) = replies.last() else {
            self.lost.push(format!("{name}: it has no reply"));
            return;
        };
        self.taken_over += replies.iter().filter(|reply| reply.attempt > 1).count();
        match last.status.as_str() {
            "complete" => self.complete += 1,
            "stopped" => self.stopped += 1,
            "failed" => self.failed += 1,
            "interrupted" => self.interrupted += 1,
            _ => {}
        }
        // A reply that failed may be asked for again; one that is complete is shown again instead.
        if replies.iter().filter(|reply| reply.status == "complete").count() > 1 {
            self.doubled.push(format!("{name}: it has several complete replies"));
        }
        self.compare(asked, &replies);
    }

    // Every reply is the beginning of what the model says, and the page shows what is stored.
    fn compare(&mut self, asked: &Asked, replies: &[&StoredMessage]) {
        let name = &asked.message;
        for reply in replies {
            let sound = match reply.status.as_str() {
                "complete" => reply.text == asked.whole,
                _ => asked.whole.starts_with(&reply.text),
            };
            if !sound {
                self.doubled.push(format!("{name}: a {} reply is {:?}", reply.status, reply.text));
            }
        }
        let shown = replies.iter().find(|reply| reply.id == asked.message_id);
        match (&asked.end, shown) {
            (None, _) => {
                self.stranded.push(format!("{name}: no end was delivered to the client: {:#?}", asked.heard));
            }
            // The model failed before there was anything to show.
            (Some(End::Failed(_)), None) if asked.message_id.is_empty() => {}
            (Some(_), None) => {
                let problem = format!("{name}: the client shows a reply that is not stored: {}", asked.message_id);
                self.lost.push(format!("{problem} {:#?}", asked.heard));
            }
            (Some(end), Some(reply)) if reply.text != asked.text => self.lost.push(format!(
                "{name}: the client shows {:?} ({end:?}), and {:?} is stored ({}, attempt {})",
                asked.text, reply.text, reply.status, reply.attempt
            )),
            (Some(end), Some(reply)) if state(end) != reply.status => {
                self.lost.push(format!("{name}: the client was told {end:?}, and {} is stored", reply.status));
            }
            _ => {}
        }
    }
}

/// The status of a reply whose end was delivered like this.
fn state(end: &End) -> &str {
    match end {
        End::Finished => "complete",
        End::Aborted(reason) => reason,
        End::Failed(_) => "failed",
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (promise, broken) in [("lost", &self.lost), ("doubled", &self.doubled), ("stranded", &self.stranded)] {
            for case in broken {
                writeln!(formatter, "{promise}: {case}")?;
            }
        }
        write!(
            formatter,
            "soak: {} turns accepted ({} taken over, {} messages refused): {} complete, {} stopped, {} failed, {} interrupted; {} calls of tools, {} without an output; {} lost, {} doubled, {} stranded",
            self.accepted,
            self.taken_over,
            self.refused,
            self.complete,
            self.stopped,
            self.failed,
            self.interrupted,
            self.calls,
            self.failed_calls,
            self.lost.len(),
            self.doubled.len(),
            self.stranded.len()
        )
    }
}
