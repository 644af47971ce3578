//! What an adapter makes of an event of its protocol.

use futures::stream::BoxStream;

use super::ModelError;
use crate::turn::FinishReason;

/// What one event of a model's stream says. Most say one thing, keep-alives nothing.
#[derive(Default)]
pub struct StreamEvent {
    /// What is added to the thoughts.
    pub reasoning: String,
    /// What is added to the answer.
    pub text: String,
    /// Thoughts and answer are not added but are those of the whole message.
    pub is_whole: bool,
    /// Why the model stopped.
    pub finish_reason: Option<FinishReason>,
    /// Tokens of the prompt. Of several reports, the last counts.
    pub input_tokens: Option<u64>,
    /// Tokens of the reply. Of several reports, the last counts.
    pub output_tokens: Option<u64>,
    /// What follows, if anything, is not of this reply.
    pub is_last: bool,
    /// It is not of the protocol. It may have been meant to be a report of an error.
    pub is_foreign: bool,
    /// Behind what it says, the reply has failed.
    pub failure: Option<ModelError>,
}

/// The events of a model's stream.
pub type StreamEvents = BoxStream<'static, Result<StreamEvent, ModelError>>;
