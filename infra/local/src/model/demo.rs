//! The demo reply while no real model is connected.

use serde_json::{Value, json};

use super::request::CompletionRequest;
use super::script::{Script, ScriptedCall};

const TEXT: &str = r#"**This is a demo.** No language model is connected, so this text is the same for every message. It takes the way that a real reply takes: through the functions, the database and the socket, word by word.

To connect a real model, stop the stack and name it, for example for [Ollama](https://ollama.com) on this machine:

```sh
OPENAI_BASE_URL=http://127.0.0.1:11434/v1 OPENAI_MODEL=qwen3:0.6b make dev
```

or for OpenAI:

```sh
OPENAI_API_KEY=sk-… OPENAI_MODEL=gpt-4o-mini make dev
```

Any server with an *OpenAI-compatible* API will do:

- vLLM, llama.cpp and LM Studio on your own machine,
- OpenRouter, Groq, Mistral and others elsewhere.
"#;

/// What the text says where there are the tools of the run.
const INVITATION: &str =
    "\nSend *Show me tools* to see one look up the time, one ask you, and one ask for your approval.\n";

/// The message that starts the run.
const WISH: &str = "show me tools";

const CURRENT_TIME: &str = "current_time";
const ASK_USER: &str = "ask_user";
/// The tool that needs approval.
const PLACE_ORDER: &str = "place_order";

/// The script of the demo, at the speed of a quick reader: its text; or a run with tools, if the user wants to see them.
pub fn script(request: &CompletionRequest) -> Script {
    let has_tools = [CURRENT_TIME, ASK_USER, PLACE_ORDER].iter().all(|tool| request.offers(tool));
    let script = match request.said() {
        Some(said) if has_tools && is_wish(&said) => run(request),
        _ => text(if has_tools { format!("{TEXT}{INVITATION}") } else { TEXT.to_owned() }),
    };
    Script { rate: Some(40.0), first_token_ms: 250, ..script }
}

fn is_wish(said: &str) -> bool {
    said.trim().trim_end_matches(['.', '!']).eq_ignore_ascii_case(WISH)
}

/// The step of the run that is due. Each has what the tools before it returned.
fn run(request: &CompletionRequest) -> Script {
    let results: Vec<String> = request.results().collect();
    match results.as_slice() {
        [] => call("First I look at the clock.", CURRENT_TIME, json!({})),
        [_] => call(
            "Now I ask you.",
            ASK_USER,
            json!({"question": "What may I order?", "choices": ["Tea", "Coffee", "Cake"]}),
        ),
        [_, choice] => call("An order needs your approval.", PLACE_ORDER, json!({"item": choice, "count": 1})),
        [time, choice, order, ..] => text(format!(
            "That was a run of a demo, in which no language model took part. This is what I was told:\n\n\
             | tool | outcome |\n|---|---|\n{}{}{}",
            row(CURRENT_TIME, time),
            row(ASK_USER, choice),
            row(PLACE_ORDER, order)
        )),
    }
}

fn text(text: String) -> Script {
    Script { text: Some(text), ..Script::default() }
}

fn call(said: &str, tool: &str, arguments: Value) -> Script {
    let call = ScriptedCall { name: tool.to_owned(), arguments };
    Script { calls: vec![call], ..text(said.to_owned()) }
}

fn row(tool: &str, outcome: &str) -> String {
    let cell = outcome.replace(['`', '|'], "'").split_whitespace().collect::<Vec<_>>().join(" ");
    format!("| `{tool}` | `{cell}` |\n")
}
