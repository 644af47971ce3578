use super::super::provider::KeyConfig;
use super::*;

#[test]
fn an_openai_compatible_server_is_the_default_provider() {
    let config = read(&[("OPENAI_MODEL", "gpt"), ("OPENAI_API_KEY", "sk-1")]).unwrap();
    assert_eq!(config.models, [named(Provider::OpenAi, "gpt")]);
    assert_eq!(config.openai.base_url, "https://api.openai.com/v1");
    assert_eq!(config.openai.key, KeyConfig::Given("sk-1".to_owned()));
}

#[test]
fn each_provider_has_a_variable_for_its_models() {
    for (name, variable, provider) in [
        ("openai", "OPENAI_MODEL", Provider::OpenAi),
        ("responses", "OPENAI_MODEL", Provider::Responses),
        ("anthropic", "ANTHROPIC_MODEL", Provider::Anthropic),
        ("bedrock", "BEDROCK_MODEL", Provider::Bedrock),
    ] {
        assert_eq!(
            read(&[("MODEL_PROVIDER", name), (variable, "one,two")]).unwrap().models,
            [named(provider, "one"), named(provider, "two")]
        );
        assert_eq!(
            read(&[("MODEL_PROVIDER", name)]).unwrap_err().to_string(),
            format!("the environment variable {variable} is missing")
        );
    }
}

#[test]
fn fallbacks_are_read_in_their_order_and_may_be_of_any_provider() {
    let fallbacks =
        "anthropic/claude-haiku-4-5, bedrock/amazon.nova-lite-v1:0,openai/meta-llama/llama-3:free,responses/gpt-5,";
    let config = read(&[("OPENAI_MODEL", "gpt"), ("MODEL_FALLBACKS", fallbacks)]).unwrap();
    assert_eq!(
        config.fallbacks,
        [
            named(Provider::Anthropic, "claude-haiku-4-5"),
            named(Provider::Bedrock, "amazon.nova-lite-v1:0"),
            named(Provider::OpenAi, "meta-llama/llama-3:free"),
            named(Provider::Responses, "gpt-5"),
        ]
    );
}

#[test]
fn a_malformed_variable_is_named() {
    for (variable, value) in [
        ("MODEL_PROVIDER", "gemini"),
        ("MODEL_FALLBACKS", "gpt-4o-mini"),
        ("MODEL_FALLBACKS", "gemini/flash"),
        ("MODEL_FALLBACKS", "openai/"),
        ("MODEL_MAX_TOKENS", "-1"),
        ("MAX_REPLY_BYTES", "0"),
        ("MAX_REPLY_PARTS", "-1"),
    ] {
        let error = read(&[("OPENAI_MODEL", "gpt"), (variable, value)]).unwrap_err();
        assert_eq!(error.variable, variable, "{value}");
    }
}

#[test]
fn no_key_shows_in_debug_output() {
    let key = format!("{:?}", KeyConfig::Given("sk-secret".to_owned()));
    assert!(!key.contains("sk-secret"), "{key}");
}

fn read(variables: &[(&str, &str)]) -> Result<ModelConfig, ConfigError> {
    ModelConfig::read(&Environment::of(variables))
}

fn named(provider: Provider, name: &str) -> NamedModel {
    NamedModel { provider, name: name.to_owned() }
}
