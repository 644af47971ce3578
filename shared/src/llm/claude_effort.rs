//! How Claude is told how long to think, on Anthropic's API and on Bedrock: newer models choose themselves how long, within
//! a level of effort; older ones have a budget of tokens.

use serde_json::{Value, json};

use super::alternating_prompt::AlternatingPrompt;
use super::request_form::{EffortForm, RequestForm};
use super::{PromptPart, PromptRole, ToolChoice};
use crate::conversation::ReasoningEffort;

/// The smallest budget that the API accepts.
const LEAST_BUDGET: u32 = 1024;

/// The token limit of a reply of which a budget is a part, if the reply has no limit of its own.
const USUAL_BOUND: u32 = 8192;

/// The fields that a request for `prompt` has in this form; `None` leaves thinking to the model.
pub fn thinking_fields(prompt: &AlternatingPrompt, form: RequestForm) -> Option<Value> {
    let effort = prompt.reasoning_effort?;
    let level = level(effort)?;
    // The API rejects thinking where a tool has to be called.
    if prompt.tool_choice == ToolChoice::Required && form.has_tool_choice {
        return None;
    }
    match form.effort {
        EffortForm::Level => Some(json!({ "thinking": { "type": "adaptive" }, "output_config": { "effort": level } })),
        EffortForm::Budget if may_begin_to_think(prompt, form) => {
            let budget = budget(effort, form.max_tokens.unwrap_or(USUAL_BOUND))?;
            Some(json!({ "thinking": { "type": "enabled", "budget_tokens": budget } }))
        }
        EffortForm::Budget | EffortForm::None => None,
    }
}

fn level(effort: ReasoningEffort) -> Option<&'static str> {
    Some(match effort {
        ReasoningEffort::None => return None,
        ReasoningEffort::Minimal | ReasoningEffort::Low => "low",
        ReasoningEffort::Medium => "medium",
        ReasoningEffort::High => "high",
        // More models know it than "xhigh".
        ReasoningEffort::Xhigh => "max",
    })
}

// A part of the reply's token limit; `None` if that is too small for a budget and an answer.
fn budget(effort: ReasoningEffort, bound: u32) -> Option<u32> {
    let percent = match effort {
        ReasoningEffort::None => return None,
        ReasoningEffort::Minimal => 10,
        ReasoningEffort::Low => 20,
        ReasoningEffort::Medium => 50,
        ReasoningEffort::High => 80,
        ReasoningEffort::Xhigh => 90,
    };
    let budget = (bound / 100).saturating_mul(percent).max(LEAST_BUDGET);
    (budget < bound).then_some(budget)
}

// With a budget, a turn whose calls are answered has to have begun with thoughts.
fn may_begin_to_think(prompt: &AlternatingPrompt, form: RequestForm) -> bool {
    let answers_calls = prompt.messages.last().is_some_and(|message| {
        message.role == PromptRole::User
            && message.parts.iter().any(|part| matches!(part, PromptPart::ToolResult { .. }))
    });
    let replies = prompt.messages.iter().rev().filter(|message| message.role == PromptRole::Assistant);
    let has_thought = replies.take(1).any(|reply| {
        matches!(reply.parts.first(), Some(PromptPart::Reasoning { data: Some(data), .. })
            if data.get("signature").is_some() || data.get("redacted_thinking").is_some() || data.get("redacted").is_some())
    });
    !answers_calls || (has_thought && form.returns_reasoning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{PromptMessage, ToolResultContent};

    fn asked(reasoning_effort: Option<ReasoningEffort>) -> AlternatingPrompt {
        let messages = vec![PromptMessage::text(PromptRole::User, "Hello")];
        AlternatingPrompt { messages, reasoning_effort, ..AlternatingPrompt::default() }
    }

    fn form(effort: EffortForm, max_tokens: u32) -> RequestForm {
        RequestForm { effort, ..RequestForm::new(Some(max_tokens)) }
    }

    #[test]
    fn without_an_effort_nothing_is_said() {
        for effort in [None, Some(ReasoningEffort::None)] {
            assert_eq!(thinking_fields(&asked(effort), form(EffortForm::Level, 8192)), None);
        }
        assert_eq!(thinking_fields(&asked(Some(ReasoningEffort::High)), form(EffortForm::None, 8192)), None);
        let forced = AlternatingPrompt { tool_choice: ToolChoice::Required, ..asked(Some(ReasoningEffort::High)) };
        assert_eq!(thinking_fields(&forced, form(EffortForm::Level, 8192)), None);
    }

    #[test]
    fn an_effort_is_a_level_or_a_part_of_the_limit() {
        let xhigh = asked(Some(ReasoningEffort::Xhigh));
        let level = thinking_fields(&xhigh, form(EffortForm::Level, 8192)).unwrap();
        assert_eq!(level, json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}));
        for (effort, bound, budget) in [
            (ReasoningEffort::Minimal, 8192, json!(1024)),
            (ReasoningEffort::Medium, 8000, json!(4000)),
            (ReasoningEffort::Xhigh, 8000, json!(7200)),
            (ReasoningEffort::High, 1024, json!(null)),
        ] {
            let fields = thinking_fields(&asked(Some(effort)), form(EffortForm::Budget, bound)).unwrap_or_default();
            assert_eq!(fields["thinking"]["budget_tokens"], budget, "{effort:?} of {bound}");
        }
    }

    #[test]
    fn a_step_that_began_without_thoughts_goes_on_without() {
        let (call, tool) = ("a".to_owned(), "look".to_owned());
        let output = ToolResultContent::Text("4".to_owned());
        let result = PromptPart::ToolResult { call: call.clone(), tool: tool.clone(), output, is_error: false };
        let called = PromptPart::ToolCall { call, tool, input: json!({}) };
        let thought = PromptPart::Reasoning { text: "Hm.".to_owned(), data: Some(json!({"signature": "x"})) };
        for (parts, thinks) in [(vec![called.clone()], false), (vec![thought, called], true)] {
            let mut prompt = asked(Some(ReasoningEffort::Low));
            prompt.messages.push(PromptMessage { role: PromptRole::Assistant, parts });
            prompt.messages.push(PromptMessage { role: PromptRole::User, parts: vec![result.clone()] });
            assert_eq!(thinking_fields(&prompt, form(EffortForm::Budget, 8192)).is_some(), thinks);
            assert!(thinking_fields(&prompt, form(EffortForm::Level, 8192)).is_some());
        }
    }
}
