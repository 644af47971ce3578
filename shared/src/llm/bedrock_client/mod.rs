//! The adapter for Amazon Bedrock's ConverseStream, which is the same for all its models.

mod errors;

use aws_config::SdkConfig;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::timeout::TimeoutConfig;
use aws_sdk_bedrockruntime::config::{Builder, StalledStreamProtectionConfig};
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ConversationRole, ConverseStreamOutput, InferenceConfiguration, Message,
    ReasoningContentBlockDelta, SystemContentBlock,
};
use futures::stream::{self, StreamExt};

use self::errors::{fault, refusal};
use super::alternating_prompt::AlternatingPrompt;
use super::event_deltas::listen;
use super::finish::finish_reason;
use super::request_form::{KnownForm, RequestForm};
use super::stream_event::{StreamEvent, StreamEvents};
use super::{CallLimits, DeltaStream, LanguageModel, ModelError, Prompt, PromptMessage, PromptRole};

/// A client of one model.
#[derive(Debug, Clone)]
pub struct BedrockClient {
    client: Client,
    model: String,
    form: KnownForm,
    limits: CallLimits,
}

impl BedrockClient {
    /// A client of `model`, the id of a model or inference profile, with the region and the credentials of `aws`.
    /// `max_tokens` limits replies; `None` leaves the limit to the model.
    ///
    /// The time limits are our own: those of `aws` are made for short answers, and the SDK's read timeouts and
    /// stalled-stream protection do not end a stream that stalls. Retries are up to the caller, too.
    pub fn new(aws: &SdkConfig, model: String, max_tokens: Option<u32>, limits: CallLimits) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(limits.connect)
            .disable_read_timeout()
            .disable_operation_attempt_timeout()
            .disable_operation_timeout()
            .build();
        let config = Builder::from(aws)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        let form = KnownForm::new(RequestForm::new(max_tokens));
        Self { client: Client::from_conf(config), model, form, limits }
    }

    async fn open(self, prompt: Prompt) -> Result<StreamEvents, ModelError> {
        let prompt = AlternatingPrompt::of(prompt);
        self.form.call(|form| self.open_as(form, form.prompt(&prompt).into_owned())).await
    }

    async fn open_as(&self, form: RequestForm, prompt: AlternatingPrompt) -> Result<StreamEvents, ModelError> {
        let messages = prompt.messages.into_iter().map(message).collect::<Result<Vec<_>, _>>()?;
        let bound = form.max_tokens.map(|tokens| {
            InferenceConfiguration::builder().max_tokens(i32::try_from(tokens).unwrap_or(i32::MAX)).build()
        });
        let answer = self
            .client
            .converse_stream()
            .model_id(&self.model)
            .set_system(prompt.instructions.map(|instructions| vec![SystemContentBlock::Text(instructions)]))
            .set_messages(Some(messages))
            .set_inference_config(bound)
            .send()
            .await
            .map_err(|error| refusal(&error, self.limits))?;
        let events = stream::try_unfold(answer.stream, |mut receiver| async {
            let event = receiver.recv().await.map_err(|error| fault(&error))?;
            Ok(event.map(|event| (said(event), receiver)))
        });
        Ok(events.boxed())
    }
}

impl LanguageModel for BedrockClient {
    fn name(&self) -> &str {
        &self.model
    }

    fn stream(&self, prompt: Prompt) -> DeltaStream {
        listen(self.limits, self.clone().open(prompt))
    }
}

fn message(message: PromptMessage) -> Result<Message, ModelError> {
    let role = if message.role == PromptRole::Assistant { ConversationRole::Assistant } else { ConversationRole::User };
    let built = Message::builder().role(role).content(ContentBlock::Text(message.content().into_owned())).build();
    built.map_err(|_| ModelError::Malformed("a message cannot be made".to_owned()))
}

fn said(event: ConverseStreamOutput) -> StreamEvent {
    let nothing = StreamEvent::default();
    match event {
        ConverseStreamOutput::ContentBlockDelta(event) => match event.delta {
            Some(ContentBlockDelta::Text(text)) => StreamEvent { text, ..nothing },
            Some(ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::Text(reasoning))) => {
                StreamEvent { reasoning, ..nothing }
            }
            // Tool calls, signatures, citations, images, and future kinds.
            _ => nothing,
        },
        ConverseStreamOutput::MessageStop(event) => match finish_reason(event.stop_reason.as_str()) {
            Ok(finish_reason) => StreamEvent { finish_reason, ..nothing },
            Err(failure) => StreamEvent { failure: Some(failure), ..nothing },
        },
        ConverseStreamOutput::Metadata(event) => match event.usage {
            Some(usage) => StreamEvent {
                // Cached tokens are not included in the input.
                input_tokens: sum([
                    Some(usage.input_tokens),
                    usage.cache_read_input_tokens,
                    usage.cache_write_input_tokens,
                ]),
                output_tokens: sum([Some(usage.output_tokens)]),
                ..nothing
            },
            None => nothing,
        },
        _ => nothing,
    }
}

// An invalid count is unknown.
fn sum<const N: usize>(counts: [Option<i32>; N]) -> Option<u64> {
    let counts = counts.into_iter().flatten().map(|count| u64::try_from(count).ok());
    counts.collect::<Option<Vec<u64>>>()?.into_iter().reduce(u64::saturating_add)
}
