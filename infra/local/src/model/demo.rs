//! The demo reply while no real model is connected.

use super::script::Script;

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

/// The script of the demo: its text at the speed of a quick reader.
pub fn script() -> Script {
    Script { text: Some(TEXT.to_owned()), rate: Some(40.0), first_token_ms: 250, ..Script::default() }
}
