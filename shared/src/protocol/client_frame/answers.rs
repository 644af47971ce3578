//! `send` with a message of the model's: how a client answers a reply that waits.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::object::{objects, parse_at};
use crate::conversation::{CallId, ConversationId, MAX_ID_BYTES, MessageId, Outcome, OutcomeKind, RequestId};
use crate::error::{ChatError, ErrorCode};
use crate::turn::{Answer, AnswerContent};

/// The most answers in one frame.
const MAX_ANSWERS: usize = 64;

/// The longest output of one call, in bytes. All of a step are one item of the table, with what else they add.
const MAX_ANSWER_BYTES: usize = 20 * 1024;

/// Answers to the open calls of a reply: approvals, and outputs of tools that the client executes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerFrame {
    /// Repeated in every frame of the answer.
    pub request_id: RequestId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The reply.
    pub message_id: MessageId,
    /// What is answered. A client sends its whole message, with what was answered before and what the server has executed:
    /// none of that counts.
    pub answers: Vec<Answer>,
    /// Calls whose tools are allowed in the whole conversation.
    pub always_allowed: Vec<CallId>,
}

/// A message that a client sends back.
#[derive(Deserialize)]
struct Answered {
    role: String,
    #[serde(deserialize_with = "objects")]
    parts: Vec<ToolPart>,
}

/// A part of a message; only those of tools are of interest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolPart {
    #[serde(default)]
    tool_call_id: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    approval: Option<Approval>,
    #[serde(default)]
    output: Option<Value>,
    #[serde(default)]
    error_text: Option<String>,
}

#[derive(Deserialize)]
struct Approval {
    #[serde(default)]
    approved: Option<bool>,
    #[serde(default)]
    reason: Option<String>,
}

/// The answers in the message at this place, if it is the model's and has any.
///
/// # Errors
/// The message is malformed, or an answer is too long.
pub(super) fn answers_in(place: &str, message: &RawValue) -> Result<Option<Vec<Answer>>, ChatError> {
    let Answered { role, parts } = parse_at(place, message.get())?;
    let answers: Vec<Answer> = parts.into_iter().filter_map(ToolPart::answer).collect();
    let too_long = answers.iter().find_map(|answer| match &answer.content {
        AnswerContent::Output(outcome) if outcome.text.len() > MAX_ANSWER_BYTES => Some(outcome.text.len()),
        _ => None,
    });
    match too_long {
        _ if role != "assistant" || answers.is_empty() => Ok(None),
        Some(bytes) => Err(ChatError::new(ErrorCode::MessageTooLarge)
            .with_detail("field", format!("{place}.parts"))
            .with_detail("limit", MAX_ANSWER_BYTES)
            .with_detail("bytes", bytes)),
        // The open ones are the newest.
        None => Ok(Some(answers.into_iter().rev().take(MAX_ANSWERS).rev().collect())),
    }
}

impl ToolPart {
    fn answer(self) -> Option<Answer> {
        let call = self.tool_call_id.filter(|call| call.len() <= MAX_ID_BYTES)?;
        let content = match self.state?.as_str() {
            "approval-responded" => {
                let Approval { approved, reason } = self.approval?;
                AnswerContent::Approval {
                    approved: approved?,
                    reason: reason.filter(|reason| !reason.trim().is_empty()),
                }
            }
            // A tool may return nothing.
            "output-available" => AnswerContent::Output(match self.output.unwrap_or(Value::Null) {
                Value::String(text) => Outcome::new(OutcomeKind::Text, text),
                value => Outcome::new(OutcomeKind::Json, value.to_string()),
            }),
            "output-error" => AnswerContent::Output(Outcome::error(self.error_text.unwrap_or_default())),
            _ => return None,
        };
        Some(Answer { call: CallId::named(&call), content })
    }
}
