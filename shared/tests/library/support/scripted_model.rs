use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use natter::conversation::{Source, Usage};
use natter::llm::{Delta, DeltaStream, LanguageModel, ModelError, Prompt};
use natter::turn::FinishReason;

/// What a model does next.
#[derive(Clone)]
pub enum Step {
    AnswerAs(&'static str),
    Say(&'static str),
    Think(&'static str),
    /// Cites the page at this address.
    Cite(&'static str),
    /// Asks for a call of a tool with these arguments.
    Call(&'static str, &'static str),
    Wait(Duration),
    /// The arguments of the call before it.
    Input(&'static str),
    Finish,
    /// The end because the reply is too long.
    Cut,
    /// The end, with the tokens that the model counted.
    FinishWith(Usage),
    Fail(fn() -> ModelError),
    /// Silence until the call is dropped.
    Hang,
    /// A fault of ours.
    Panic,
}

/// A model that follows a script and keeps what it was asked.
pub struct ScriptedModel {
    name: String,
    // One for each call; the last is followed again and again.
    scripts: Mutex<VecDeque<Vec<Step>>>,
    prompts: Mutex<Vec<Prompt>>,
    dropped: Arc<AtomicUsize>,
}

impl ScriptedModel {
    pub fn new(script: impl IntoIterator<Item = Step>) -> Self {
        Self::in_turn([script.into_iter().collect()])
    }

    /// A model that follows another script each time it is called, and the last one from then on.
    pub fn in_turn(scripts: impl IntoIterator<Item = Vec<Step>>) -> Self {
        let scripts = Mutex::new(scripts.into_iter().collect());
        Self { name: "scripted".to_owned(), scripts, prompts: Mutex::default(), dropped: Arc::default() }
    }

    pub fn named(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// What it was asked, one text a call: the contents of the prompt's messages, joined by `|`.
    pub fn prompts(&self) -> Vec<String> {
        let prompts = self.prompts.lock().unwrap();
        let text =
            |prompt: &Prompt| prompt.messages.iter().map(|message| message.content()).collect::<Vec<_>>().join("|");
        prompts.iter().map(text).collect()
    }

    /// What it was asked last.
    pub fn last_prompt(&self) -> Prompt {
        self.prompts.lock().unwrap().last().cloned().expect("it was asked")
    }

    /// How many calls were dropped.
    pub fn dropped(&self) -> usize {
        self.dropped.load(Ordering::SeqCst)
    }
}

fn with_input(step: Step) -> Vec<Step> {
    match step {
        Step::Call(_, input) => vec![step, Step::Input(input)],
        other => vec![other],
    }
}

struct CountedDrop(Arc<AtomicUsize>);

impl Drop for CountedDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl LanguageModel for ScriptedModel {
    fn name(&self) -> &str {
        &self.name
    }

    fn stream(&self, prompt: Prompt) -> DeltaStream {
        self.prompts.lock().unwrap().push(prompt);
        let call = CountedDrop(Arc::clone(&self.dropped));
        let script = {
            let mut scripts = self.scripts.lock().unwrap();
            let next = if scripts.len() > 1 { scripts.pop_front() } else { scripts.front().cloned() };
            next.unwrap()
        };
        let selected_model = script.iter().find_map(|step| match step {
            Step::AnswerAs(name) => Some((*name).to_owned()),
            _ => None,
        });
        let calls = script.iter().any(|step| matches!(step, Step::Call(..)));
        let reason = if calls { FinishReason::ToolCalls } else { FinishReason::Stop };
        let deltas = futures::stream::iter(script.into_iter().flat_map(with_input)).filter_map(move |step| {
            let _ = &call;
            async move {
                match step {
                    Step::AnswerAs(_) => None,
                    Step::Say(text) => Some(Ok(Delta::Text(text.to_owned()))),
                    Step::Think(text) => Some(Ok(Delta::Reasoning(text.to_owned()))),
                    Step::Cite(url) => Some(Ok(Delta::Source(Source::new(url, None).unwrap()))),
                    Step::Call(tool, _) => Some(Ok(Delta::ToolStart { tool: tool.to_owned() })),
                    Step::Input(input) => Some(Ok(Delta::ToolInput(input.to_owned()))),
                    Step::Cut => Some(Ok(Delta::Finish { reason: FinishReason::Length, usage: None })),
                    Step::Finish => Some(Ok(Delta::Finish { reason, usage: None })),
                    Step::FinishWith(usage) => Some(Ok(Delta::Finish { reason, usage: Some(usage) })),
                    Step::Fail(error) => Some(Err(error())),
                    Step::Hang => std::future::pending().await,
                    Step::Panic => panic!("a test panics on purpose"),
                    Step::Wait(duration) => {
                        tokio::time::sleep(duration).await;
                        None
                    }
                }
            }
        });
        DeltaStream::new(deltas).of_model(selected_model)
    }
}
