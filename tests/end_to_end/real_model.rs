//! A real model behind the real functions: `make test-model`.

use natter_tests::NatterBuilder;

#[tokio::test]
#[ignore = "needs a model: OPENAI_BASE_URL, and OPENAI_MODEL and OPENAI_API_KEY where the server wants them"]
#[allow(clippy::disallowed_methods, reason = "the model is the caller's choice")]
async fn a_real_model_answers() {
    let variable = |name| std::env::var(name).unwrap_or_default();
    assert!(
        !variable("OPENAI_BASE_URL").is_empty(),
        "set OPENAI_BASE_URL to the address of a model, such as http://127.0.0.1:11434/v1"
    );
    let natter = ["OPENAI_BASE_URL", "OPENAI_MODEL", "OPENAI_API_KEY"]
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
