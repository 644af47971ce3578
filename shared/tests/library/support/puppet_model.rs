use std::sync::{Mutex, OnceLock};

use futures::channel::mpsc::{UnboundedSender, unbounded};
use natter::llm::{Delta, DeltaStream, LanguageModel, ModelError, Prompt};

/// A model that says what the test has it say, while it is being listened to.
#[derive(Default)]
pub struct PuppetModel {
    calls: Mutex<Vec<UnboundedSender<Result<Delta, ModelError>>>>,
    observer: OnceLock<Observer>,
}

type Observer = Box<dyn Fn(&Prompt) + Send + Sync>;

impl PuppetModel {
    /// Shows each prompt to `observer`.
    pub fn observe(&self, observer: impl Fn(&Prompt) + Send + Sync + 'static) {
        assert!(self.observer.set(Box::new(observer)).is_ok(), "one observer is enough");
    }

    /// Has the running calls say something. Calls that were dropped hear nothing.
    pub fn say(&self, make: impl Fn() -> Result<Delta, ModelError>) {
        self.calls.lock().unwrap().retain(|call| call.unbounded_send(make()).is_ok());
    }
}

impl LanguageModel for PuppetModel {
    fn name(&self) -> &str {
        "puppet"
    }

    fn stream(&self, prompt: Prompt) -> DeltaStream {
        if let Some(observe) = self.observer.get() {
            observe(&prompt);
        }
        let (call, deltas) = unbounded();
        self.calls.lock().unwrap().push(call);
        DeltaStream::new(deltas)
    }
}
