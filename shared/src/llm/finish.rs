//! Maps the finish reasons of the known servers.

use super::ModelError;
use crate::turn::FinishReason;

/// Maps a server's finish reason, ignoring case; `None` if it is none yet.
///
/// # Errors
/// It is a failure and no end of a reply.
pub fn finish_reason(reason: &str) -> Result<Option<FinishReason>, ModelError> {
    Ok(Some(match reason.to_ascii_lowercase().as_str() {
        "" | "null" => return Ok(None),
        "stop" | "stop_sequence" | "end_turn" | "eos" | "eos_token" | "complete" | "completed" => FinishReason::Stop,
        "length"
        | "max_tokens"
        | "max_output_tokens"
        | "max_length"
        | "model_length"
        | "model_context_window_exceeded" => FinishReason::Length,
        "content_filter"
        | "content_filtered"
        | "guardrail_intervened"
        | "refusal"
        | "safety"
        | "recitation"
        | "blocklist"
        | "prohibited_content"
        | "spii"
        | "sensitive" => FinishReason::ContentFilter,
        "tool_calls" | "tool_use" | "function_call" => FinishReason::ToolCalls,
        "error" | "failed" | "server_error" => return Err(ModelError::Fault),
        "insufficient_system_resource"
        | "network_error"
        | "abort"
        | "aborted"
        | "cancelled"
        | "canceled"
        | "interrupted"
        | "incomplete"
        | "timeout" => {
            return Err(ModelError::BrokenOff("the server gave up".to_owned()));
        }
        _ => FinishReason::Other,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_means_the_same_in_any_case() {
        for reason in ["max_tokens", "MAX_TOKENS"] {
            assert_eq!(finish_reason(reason).unwrap(), Some(FinishReason::Length));
        }
    }

    #[test]
    fn what_is_no_end_of_a_reply_is_a_failure() {
        assert!(matches!(finish_reason("error"), Err(ModelError::Fault)));
        assert!(matches!(finish_reason("insufficient_system_resource"), Err(ModelError::BrokenOff(_))));
    }
}
