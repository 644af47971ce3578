//! How the models of Bedrock are told how long to reason: in fields of their own beside the service's, which knows no
//! such setting.

use serde_json::{Value, json};

use crate::conversation::ReasoningEffort;
use crate::llm::alternating_prompt::AlternatingPrompt;
use crate::llm::claude_effort::thinking_fields;
use crate::llm::request_form::{EffortForm, RequestForm};

/// Whether a model may be told a budget of tokens, too.
pub fn has_budgets(model: &str) -> bool {
    model.contains("claude")
}

/// The fields for `model`; `None` for models without such a setting, and where it is left to the model.
pub fn effort_fields(prompt: &AlternatingPrompt, form: RequestForm, model: &str) -> Option<Value> {
    if model.contains("claude") {
        return thinking_fields(prompt, form);
    }
    let effort = prompt.reasoning_effort.filter(|_| form.effort != EffortForm::None)?;
    let level = match effort {
        ReasoningEffort::None => return None,
        ReasoningEffort::Minimal | ReasoningEffort::Low => "low",
        ReasoningEffort::Medium => "medium",
        ReasoningEffort::High | ReasoningEffort::Xhigh => "high",
    };
    if model.contains("gpt-oss") {
        Some(json!({ "reasoning_effort": level }))
    } else if model.contains("nova-2") {
        Some(json!({ "reasoningConfig": { "type": "enabled", "maxReasoningEffort": level } }))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_of_models_has_a_field_of_its_own() {
        let form = RequestForm::new(None);
        let fields = |reasoning_effort, model| {
            let prompt = AlternatingPrompt { reasoning_effort: Some(reasoning_effort), ..AlternatingPrompt::default() };
            effort_fields(&prompt, form, model).unwrap_or_default()
        };
        let claude = fields(ReasoningEffort::Low, "eu.anthropic.claude-opus-4-6-v1");
        assert_eq!(claude["output_config"]["effort"], "low");
        let gpt = fields(ReasoningEffort::Minimal, "openai.gpt-oss-120b-1:0");
        assert_eq!(gpt, json!({"reasoning_effort": "low"}));
        let nova = fields(ReasoningEffort::Xhigh, "us.amazon.nova-2-lite-v1:0");
        assert_eq!(nova["reasoningConfig"]["maxReasoningEffort"], "high");
        assert_eq!(fields(ReasoningEffort::High, "amazon.nova-lite-v1:0"), Value::Null);
        assert_eq!(fields(ReasoningEffort::None, "openai.gpt-oss-120b-1:0"), Value::Null);
    }
}
