//! What a request may hold that not every server takes, and what was found out about one.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use super::ModelError;
use super::alternating_prompt::Dialogue;
use super::model_error::Objection;

/// How often a request is made in other forms, whatever a server objects to.
const MAX_FORMS: usize = 4;

/// A bound of tokens that every model takes.
const SMALL_BOUND: u32 = 4096;

/// The least bound that a server may mean by a number. Smaller ones are of something else: a model's name, a date, a place.
const LEAST_BOUND: u32 = 256;

/// What a request holds that a server may not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestForm {
    /// Usage is asked for.
    pub asks_for_usage: bool,
    /// Instructions have a role of their own.
    pub has_system_role: bool,
    /// The most tokens of the reply.
    pub max_tokens: Option<u32>,
    /// The bound is called `max_completion_tokens`, as OpenAI's newer models want it.
    pub has_newer_name: bool,
    /// Without a bound there is no request.
    pub needs_bound: bool,
}

impl RequestForm {
    /// The form in which a server is asked first.
    pub fn new(max_tokens: Option<u32>) -> Self {
        Self { asks_for_usage: true, has_system_role: true, max_tokens, has_newer_name: false, needs_bound: false }
    }

    /// The prompt in this form.
    pub fn dialogue<'a>(&self, dialogue: &'a Dialogue) -> Cow<'a, Dialogue> {
        match self.has_system_role {
            true => Cow::Borrowed(dialogue),
            false => Cow::Owned(dialogue.without_instructions()),
        }
    }

    // The form that meets an objection; without any that is named, one that asks for nothing special. `None` where there is no other.
    fn meeting(self, objection: Option<&Objection>) -> Option<Self> {
        let other = match objection {
            Some(Objection::StreamOptions) => Self { asks_for_usage: false, ..self },
            Some(Objection::SystemRole) => Self { has_system_role: false, ..self },
            Some(Objection::TokenLimit { numbers, other_name }) => self.with_other_bound(numbers, *other_name),
            None => Self { asks_for_usage: false, has_system_role: false, ..self.with_other_bound(&[], false) },
        };
        (other != self).then_some(other)
    }

    fn with_other_bound(self, numbers: &[u32], newer_name: bool) -> Self {
        let Some(bound) = self.max_tokens else { return self };
        // Where the name is wrong, numbers are no bounds.
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

/// The form that a server takes, remembered for as long as its client lives.
#[derive(Debug, Clone)]
pub struct KnownForm(Arc<Mutex<RequestForm>>);

impl KnownForm {
    /// The form that is tried first.
    pub fn new(form: RequestForm) -> Self {
        Self(Arc::new(Mutex::new(form)))
    }

    /// Makes a call in the form that is known, and again without what the server objects to.
    ///
    /// # Errors
    /// Those of the call.
    pub async fn call<T, Answer: Future<Output = Result<T, ModelError>>>(
        &self,
        call: impl Fn(RequestForm) -> Answer,
    ) -> Result<T, ModelError> {
        let mut form = self.get();
        let mut is_conclusive = true;
        let mut more = 1..MAX_FORMS;
        loop {
            let answer = call(form).await;
            let other = match &answer {
                Err(ModelError::Refused { status: 400 | 422, objection }) => {
                    more.next().and_then(|_| form.meeting(objection.as_ref()))
                }
                _ => None,
            };
            let (Some(other), Err(error)) = (other, &answer) else {
                // What the server does not say may have had another reason.
                if answer.is_ok() && is_conclusive {
                    self.set(form);
                }
                return answer;
            };
            is_conclusive = is_conclusive && matches!(error, ModelError::Refused { objection: Some(_), .. });
            tracing::warn!(%error, "the model's server rejected a parameter; retrying without it");
            form = other;
        }
    }

    fn get(&self) -> RequestForm {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, form: RequestForm) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = form;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: RequestForm = RequestForm {
        asks_for_usage: true,
        has_system_role: true,
        max_tokens: Some(8192),
        has_newer_name: false,
        needs_bound: false,
    };

    #[test]
    fn only_what_is_objected_to_is_left_out() {
        assert_eq!(FORM.meeting(Some(&Objection::StreamOptions)), Some(RequestForm { asks_for_usage: false, ..FORM }));
        assert_eq!(FORM.meeting(Some(&Objection::SystemRole)), Some(RequestForm { has_system_role: false, ..FORM }));
        let plain = RequestForm { asks_for_usage: false, has_system_role: false, max_tokens: None, ..FORM };
        assert_eq!(FORM.meeting(None), Some(plain));
        assert_eq!(plain.meeting(None), None);
    }

    #[test]
    fn a_bound_is_lowered_to_what_the_server_names_renamed_or_left_out() {
        let bound = |form: RequestForm, numbers: &[u32], other_name| {
            let objection = Objection::TokenLimit { numbers: numbers.to_vec(), other_name };
            form.meeting(Some(&objection)).map(|form| (form.max_tokens, form.has_newer_name))
        };
        assert_eq!(bound(FORM, &[8192, 4096, 3, 20_240_307], false), Some((Some(4096), false)));
        assert_eq!(bound(FORM, &[], true), Some((Some(8192), true)));
        assert_eq!(bound(FORM, &[4096], true), Some((Some(8192), true)));
        assert_eq!(bound(RequestForm { has_newer_name: true, ..FORM }, &[4096], true), Some((Some(4096), true)));
        assert_eq!(bound(FORM, &[128, 5], false), Some((None, false)));
        assert_eq!(bound(FORM, &[], false), Some((None, false)));
        let needs_bound = RequestForm { needs_bound: true, ..FORM };
        assert_eq!(bound(needs_bound, &[], false), Some((Some(4096), false)));
        assert_eq!(bound(RequestForm { max_tokens: Some(4096), ..needs_bound }, &[], false), None);
    }
}
