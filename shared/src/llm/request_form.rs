//! Optional features of a request, and which of them a server accepts.

use std::borrow::Cow;

use super::alternating_prompt::AlternatingPrompt;
use super::model_error::Objection;
use super::tools::ToolChoice;

/// A token limit that every model accepts.
const SMALL_BOUND: u32 = 4096;

/// The smallest number in an error that may be a token limit. Smaller ones are something else: a model's name, a date,
/// a place.
const LEAST_BOUND: u32 = 256;

/// Features of a request that a server may reject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a feature of its own")]
pub struct RequestForm {
    /// Usage is requested.
    pub asks_for_usage: bool,
    /// Instructions have a role of their own.
    pub has_system_role: bool,
    /// The token limit of the reply.
    pub max_tokens: Option<u32>,
    /// The limit is called `max_completion_tokens`, as OpenAI's newer models require.
    pub has_newer_name: bool,
    /// The limit is required.
    pub needs_bound: bool,
    /// Tools are offered.
    pub has_tools: bool,
    /// The model may be told whether to call tools.
    pub has_tool_choice: bool,
    /// Schemas may be strict.
    pub has_strict_schemas: bool,
    /// The request has cache points.
    pub has_cache_points: bool,
    /// Reasoning is returned.
    pub returns_reasoning: bool,
    /// Results have pictures.
    pub has_pictures: bool,
    /// The server is told not to store the reply.
    pub forbids_storage: bool,
    /// Reasoning is requested in encrypted form, to be returned.
    pub asks_for_encrypted_reasoning: bool,
    /// Summaries of the reasoning are requested.
    pub asks_for_summaries: bool,
    /// How the model is told how long to reason.
    pub effort: EffortForm,
    /// There is a second way to tell it: a budget of tokens.
    pub has_budgets: bool,
}

/// How a model is told how long to reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffortForm {
    /// By the name of a level.
    Level,
    /// By a budget of tokens.
    Budget,
    /// Not at all.
    None,
}

impl RequestForm {
    /// The form of the first request to a server.
    pub fn new(max_tokens: Option<u32>) -> Self {
        Self {
            asks_for_usage: true,
            has_system_role: true,
            max_tokens,
            has_newer_name: false,
            needs_bound: false,
            has_tools: true,
            has_tool_choice: true,
            has_strict_schemas: true,
            has_cache_points: true,
            returns_reasoning: true,
            has_pictures: true,
            forbids_storage: false,
            asks_for_encrypted_reasoning: false,
            asks_for_summaries: false,
            effort: EffortForm::Level,
            has_budgets: false,
        }
    }

    /// The prompt in this form.
    pub fn prompt<'a>(&self, prompt: &'a AlternatingPrompt) -> Cow<'a, AlternatingPrompt> {
        let mut prompt = Cow::Borrowed(prompt);
        if !self.has_tools && !prompt.tools.is_empty() {
            prompt = Cow::Owned(prompt.without_tools());
        }
        if !self.has_pictures && prompt.has_pictures() {
            prompt = Cow::Owned(prompt.without_pictures());
        }
        if !self.has_system_role {
            prompt = Cow::Owned(prompt.without_instructions());
        }
        prompt
    }

    /// Whether a model shall call tools, in the words of OpenAI's protocols; `None` where that is left to it.
    pub fn openai_tool_choice(&self, choice: ToolChoice) -> Option<&'static str> {
        match choice {
            ToolChoice::None if self.has_tool_choice => Some("none"),
            ToolChoice::Required if self.has_tool_choice => Some("required"),
            _ => None,
        }
    }

    /// The form that satisfies an objection; without a specific one, a form without optional features. `None` if there
    /// is no other.
    pub(super) fn meeting(self, objection: Option<&Objection>) -> Option<Self> {
        let other = match objection {
            Some(Objection::StreamOptions) => Self { asks_for_usage: false, ..self },
            Some(Objection::SystemRole) => Self { has_system_role: false, ..self },
            Some(Objection::TokenLimit { numbers, other_name }) => self.with_other_bound(numbers, *other_name),
            Some(Objection::Tools) => Self { has_tools: false, ..self },
            Some(Objection::ToolChoice) => Self { has_tool_choice: false, ..self },
            Some(Objection::StrictSchemas) => Self { has_strict_schemas: false, ..self },
            Some(Objection::CachePoints) => Self { has_cache_points: false, ..self },
            Some(Objection::Reasoning) => Self { returns_reasoning: false, ..self },
            Some(Objection::Pictures) => Self { has_pictures: false, ..self },
            Some(Objection::Storage) => Self { forbids_storage: false, ..self },
            Some(Objection::EncryptedReasoning) => Self { asks_for_encrypted_reasoning: false, ..self },
            Some(Objection::Summaries) => Self { asks_for_summaries: false, ..self },
            Some(Objection::Effort) if self.effort == EffortForm::Level && self.has_budgets => {
                Self { effort: EffortForm::Budget, ..self }
            }
            Some(Objection::Effort) => Self { effort: EffortForm::None, ..self },
            Some(Objection::ReasoningSettings) => Self { asks_for_summaries: false, effort: EffortForm::None, ..self },
            // Tools and pictures stay: without them it would be another answer.
            None => Self {
                asks_for_usage: false,
                has_system_role: false,
                has_tool_choice: false,
                has_strict_schemas: false,
                has_cache_points: false,
                returns_reasoning: false,
                forbids_storage: false,
                asks_for_encrypted_reasoning: false,
                asks_for_summaries: false,
                effort: EffortForm::None,
                ..self.with_other_bound(&[], false)
            },
        };
        (other != self).then_some(other)
    }

    /// Whether a request for `prompt` has what the objection is to. Otherwise the error means something else.
    pub(super) fn has(self, objection: &Objection, prompt: &AlternatingPrompt) -> bool {
        let has_effort = self.effort != EffortForm::None && prompt.reasoning_effort.is_some();
        match objection {
            Objection::Storage => self.forbids_storage,
            Objection::EncryptedReasoning => self.asks_for_encrypted_reasoning && !prompt.tools.is_empty(),
            Objection::Summaries => self.asks_for_summaries,
            Objection::Effort => has_effort,
            Objection::ReasoningSettings => self.asks_for_summaries || has_effort,
            objection => !prompt.tools.is_empty() || !objection.is_to_tools(),
        }
    }

    fn with_other_bound(self, numbers: &[u32], newer_name: bool) -> Self {
        let Some(bound) = self.max_tokens else { return self };
        // If the name is wrong, numbers are no limits.
        if newer_name && !self.has_newer_name {
            return Self { has_newer_name: true, ..self };
        }
        match numbers.iter().copied().filter(|number| (LEAST_BOUND..bound).contains(number)).max() {
            Some(lower) => Self { max_tokens: Some(lower), ..self },
            None if self.needs_bound => Self { max_tokens: Some(bound.min(SMALL_BOUND)), ..self },
            None => Self { max_tokens: None, ..self },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::ReasoningEffort;

    fn form() -> RequestForm {
        RequestForm::new(Some(8192))
    }

    #[test]
    fn only_what_is_objected_to_is_left_out() {
        let form = RequestForm {
            forbids_storage: true,
            asks_for_encrypted_reasoning: true,
            asks_for_summaries: true,
            ..form()
        };
        for (objection, other) in [
            (Objection::StreamOptions, RequestForm { asks_for_usage: false, ..form }),
            (Objection::SystemRole, RequestForm { has_system_role: false, ..form }),
            (Objection::Tools, RequestForm { has_tools: false, ..form }),
            (Objection::ToolChoice, RequestForm { has_tool_choice: false, ..form }),
            (Objection::StrictSchemas, RequestForm { has_strict_schemas: false, ..form }),
            (Objection::CachePoints, RequestForm { has_cache_points: false, ..form }),
            (Objection::Reasoning, RequestForm { returns_reasoning: false, ..form }),
            (Objection::Pictures, RequestForm { has_pictures: false, ..form }),
            (Objection::Storage, RequestForm { forbids_storage: false, ..form }),
            (Objection::EncryptedReasoning, RequestForm { asks_for_encrypted_reasoning: false, ..form }),
            (Objection::Summaries, RequestForm { asks_for_summaries: false, ..form }),
            (Objection::Effort, RequestForm { effort: EffortForm::None, ..form }),
            (Objection::ReasoningSettings, RequestForm { asks_for_summaries: false, effort: EffortForm::None, ..form }),
        ] {
            assert_eq!(form.meeting(Some(&objection)), Some(other), "{objection:?}");
            assert_eq!(other.meeting(Some(&objection)), None, "{objection:?}");
        }
        let plain = form.meeting(None).unwrap();
        assert!(plain.has_tools && !plain.asks_for_usage && !plain.has_system_role && plain.max_tokens.is_none());
        assert!(!plain.has_tool_choice && !plain.has_strict_schemas && !plain.has_cache_points);
        assert!(!plain.forbids_storage && !plain.asks_for_encrypted_reasoning && !plain.asks_for_summaries);
        assert_eq!(plain.meeting(None), None);
    }

    #[test]
    fn a_budget_is_tried_where_a_level_is_rejected() {
        let with_budgets = RequestForm { has_budgets: true, ..form() };
        let budget = with_budgets.meeting(Some(&Objection::Effort)).unwrap();
        assert_eq!(budget, RequestForm { effort: EffortForm::Budget, ..with_budgets });
        let none = budget.meeting(Some(&Objection::Effort)).unwrap();
        assert_eq!(none, RequestForm { effort: EffortForm::None, ..with_budgets });
    }

    #[test]
    fn an_objection_to_what_a_request_does_not_have_is_none() {
        let form = form();
        let prompt = AlternatingPrompt::default();
        for objection in [Objection::Storage, Objection::Summaries, Objection::Effort, Objection::Tools] {
            assert!(!form.has(&objection, &prompt), "{objection:?}");
        }
        assert!(form.has(&Objection::SystemRole, &prompt));
        let asked = AlternatingPrompt { reasoning_effort: Some(ReasoningEffort::Low), ..prompt };
        assert!(form.has(&Objection::Effort, &asked));
        assert!(!RequestForm { effort: EffortForm::None, ..form }.has(&Objection::Effort, &asked));
    }

    #[test]
    fn a_bound_is_lowered_to_what_the_server_names_renamed_or_left_out() {
        let bound = |form: RequestForm, numbers: &[u32], other_name| {
            let objection = Objection::TokenLimit { numbers: numbers.to_vec(), other_name };
            form.meeting(Some(&objection)).map(|form| (form.max_tokens, form.has_newer_name))
        };
        assert_eq!(bound(form(), &[8192, 4096, 3, 20_240_307], false), Some((Some(4096), false)));
        assert_eq!(bound(form(), &[], true), Some((Some(8192), true)));
        assert_eq!(bound(form(), &[4096], true), Some((Some(8192), true)));
        assert_eq!(bound(RequestForm { has_newer_name: true, ..form() }, &[4096], true), Some((Some(4096), true)));
        assert_eq!(bound(form(), &[128, 5], false), Some((None, false)));
        assert_eq!(bound(form(), &[], false), Some((None, false)));
        let needs_bound = RequestForm { needs_bound: true, ..form() };
        assert_eq!(bound(needs_bound, &[], false), Some((Some(4096), false)));
        assert_eq!(bound(RequestForm { max_tokens: Some(4096), ..needs_bound }, &[], false), None);
    }
}
