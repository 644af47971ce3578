//! The form of a request that a server accepts.

use std::sync::{Arc, Mutex, PoisonError};

use super::ModelError;
use super::alternating_prompt::AlternatingPrompt;
use super::model_error::Objection;
use super::request_form::RequestForm;

/// How many other forms of a request are tried at most.
const MAX_FORMS: usize = 4;

/// The form that a server accepts, remembered for the lifetime of its client.
#[derive(Debug, Clone)]
pub struct KnownForm(Arc<Mutex<RequestForm>>);

impl KnownForm {
    /// Starts with this form.
    pub fn new(form: RequestForm) -> Self {
        Self(Arc::new(Mutex::new(form)))
    }

    /// Makes a call for `prompt` in the known form, and again without what the server rejects.
    ///
    /// # Errors
    /// Those of the call.
    pub async fn call<T, Answer: Future<Output = Result<T, ModelError>>>(
        &self,
        prompt: &AlternatingPrompt,
        call: impl Fn(RequestForm) -> Answer,
    ) -> Result<T, ModelError> {
        let mut form = self.get();
        let mut is_conclusive = true;
        let mut more = 1..MAX_FORMS;
        loop {
            let answer = call(form).await;
            let other = match &answer {
                Err(ModelError::Refused { status, objection }) => {
                    let objection = objection.as_ref().filter(|objection| form.has(objection, prompt));
                    let is_to_tools = objection.is_some_and(Objection::is_to_tools);
                    let may_be_met = is_to_tools || matches!(status, 400 | 422);
                    if may_be_met { more.next().and_then(|_| form.meeting(objection)) } else { None }
                }
                _ => None,
            };
            let (Some(other), Err(error)) = (other, &answer) else {
                // A rejection without an objection may have had another reason.
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
