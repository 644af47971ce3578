use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::BoxFuture;
use natter::llm::ToolDefinition;
use natter::tools::{Invocation, Output, Runs, Tool, ToolError, ToolRunner};
use serde_json::json;
use tokio::sync::Notify;

type Answer = Box<dyn Fn() -> BoxFuture<'static, Result<Output, ToolError>> + Send + Sync>;

/// A tool that counts what it is asked: its effects.
#[derive(Clone)]
pub struct CountingTool {
    answer: Arc<Answer>,
    calls: Arc<Mutex<Vec<Invocation>>>,
    dropped: Arc<AtomicUsize>,
}

impl CountingTool {
    /// A tool that answers at once.
    pub fn answering(text: &'static str) -> Self {
        Self::with(Box::new(move || async move { Ok(Output::Text(text.to_owned())) }.boxed()))
    }

    /// A tool that answers each time when it is told to.
    pub fn answering_when(told: &Arc<Notify>, text: &'static str) -> Self {
        let told = Arc::clone(told);
        Self::with(Box::new(move || {
            let told = Arc::clone(&told);
            async move {
                told.notified().await;
                Ok(Output::Text(text.to_owned()))
            }
            .boxed()
        }))
    }

    /// A tool that never answers.
    pub fn silent() -> Self {
        Self::with(Box::new(|| futures::future::pending().boxed()))
    }

    pub fn with(answer: Answer) -> Self {
        Self { answer: Arc::new(answer), calls: Arc::default(), dropped: Arc::default() }
    }

    /// The tool of this name: `n`, a whole number, is its only argument.
    pub fn named(&self, name: &str) -> Tool {
        tool(name, Runs::Server(Arc::new(self.clone())))
    }

    /// How often it was called.
    pub fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    /// The idempotency keys of its calls.
    pub fn keys(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|call| call.key.clone()).collect()
    }

    /// How many of its calls were given up.
    pub fn dropped(&self) -> usize {
        self.dropped.load(Ordering::SeqCst)
    }
}

impl ToolRunner for CountingTool {
    fn run(&self, call: Invocation) -> BoxFuture<'static, Result<Output, ToolError>> {
        let tool = self.clone();
        async move {
            tool.calls.lock().unwrap().push(call);
            let mut until_answered = GivenUp(Some(Arc::clone(&tool.dropped)));
            let answer = (tool.answer)().await;
            until_answered.0 = None;
            answer
        }
        .boxed()
    }
}

struct GivenUp(Option<Arc<AtomicUsize>>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        if let Some(dropped) = &self.0 {
            dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// A tool that the client executes.
pub fn client_tool(name: &str) -> Tool {
    tool(name, Runs::Client)
}

/// A tool of this name: `n`, a whole number, is its only argument.
pub fn tool(name: &str, runs: Runs) -> Tool {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    Tool::new(ToolDefinition { name: name.to_owned(), description: "Does it.".to_owned(), schema, strict: false }, runs)
}
