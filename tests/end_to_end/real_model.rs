//! A real model behind the real functions: `make test-model`.

use natter_tests::NatterBuilder;

/// What connects a model, as in `make dev`.
const VARIABLES: [&str; 7] = [
    "MODEL_PROVIDER",
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
    "OPENAI_API_KEY",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_MODEL",
    "ANTHROPIC_API_KEY",
];

#[tokio::test]
#[ignore = "needs a model: OPENAI_BASE_URL or MODEL_PROVIDER, and the name and key where the server wants them"]
#[allow(clippy::disallowed_methods, reason = "the model is the caller's choice")]
async fn a_real_model_answers() {
    let variable = |name| std::env::var(name).unwrap_or_default();
    assert!(
        !(variable("OPENAI_BASE_URL").is_empty() && variable("MODEL_PROVIDER").is_empty()),
        "set OPENAI_BASE_URL to the address of a model, such as http://127.0.0.1:11434/v1, or MODEL_PROVIDER=anthropic"
    );
    let natter = VARIABLES
        .into_iter()
        .filter(|name| !variable(name).is_empty())
        .fold(NatterBuilder::default(), |builder, name| builder.environment(name, variable(name)))
        .start()
        .await;

    let mut ada = natter.connect("ada").await;
    for text in ["My name is Ada. Say hello to me.", "Tell me in one sentence what a lighthouse is for."] {
        let request = ada.say("c", text).await;
        let answer = ada.answer(&request).await;
        println!("> {text}\n{}\n  {}\n", answer.text, answer.metadata);
        assert_eq!(answer.last["type"], "end", "{}", answer.last);
        assert!(!answer.text.trim().is_empty());
        assert!(answer.metadata["usage"]["outputTokens"].as_u64().is_some_and(|tokens| tokens > 0));
    }
}
