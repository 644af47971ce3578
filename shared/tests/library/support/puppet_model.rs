use std::sync::Mutex;

use futures::channel::mpsc::{UnboundedSender, unbounded};
use natter::llm::{Delta, DeltaStream, LanguageModel, ModelError, Prompt};

/// A model that says what the test has it say, while it is being listened to.
#[derive(Default)]
pub struct PuppetModel {
    calls: Mutex<Vec<UnboundedSender<Result<Delta, ModelError>>>>,
}

impl PuppetModel {
    /// Has the running calls say something. Calls that were dropped hear nothing.
    pub fn say(&self, make: impl Fn() -> Result<Delta, ModelError>) {
        self.calls.lock().unwrap().retain(|call| call.unbounded_send(make()).is_ok());
    }
}

impl LanguageModel for PuppetModel {
    fn name(&self) -> &str {
        "puppet"
    }

    fn stream(&self, _: Prompt) -> DeltaStream {
        let (call, deltas) = unbounded();
        self.calls.lock().unwrap().push(call);
        DeltaStream::new(deltas)
    }
}
