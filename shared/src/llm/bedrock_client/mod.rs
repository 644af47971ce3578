//! The adapter for Amazon Bedrock's ConverseStream, which is the same for all its models.

mod document;
mod effort;
mod errors;
mod event;
mod request;

use aws_config::SdkConfig;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::timeout::TimeoutConfig;
use aws_sdk_bedrockruntime::config::{Builder, StalledStreamProtectionConfig};
use aws_sdk_bedrockruntime::error::BuildError;
use aws_sdk_bedrockruntime::types::InferenceConfiguration;
use futures::stream::{self, StreamExt};

use self::effort::has_budgets;
use self::errors::{fault, refusal};
use self::event::OutputReader;
use self::request::{Request, request};
use super::alternating_prompt::AlternatingPrompt;
use super::event_deltas::listen;
use super::known_form::KnownForm;
use super::request_form::RequestForm;
use super::stream_event::StreamEvents;
use super::{CallLimits, DeltaStream, LanguageModel, ModelError, Prompt};

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
        let has_budgets = has_budgets(&model);
        let form = KnownForm::new(RequestForm { has_budgets, ..RequestForm::new(max_tokens) });
        Self { client: Client::from_conf(config), model, form, limits }
    }

    async fn open(self, prompt: Prompt) -> Result<StreamEvents, ModelError> {
        let prompt = AlternatingPrompt::of(prompt);
        self.form.call(&prompt, |form| self.open_as(form, request(&form.prompt(&prompt), form, &self.model))).await
    }

    async fn open_as(
        &self,
        form: RequestForm,
        request: Result<Request, BuildError>,
    ) -> Result<StreamEvents, ModelError> {
        let Request { system, messages, tools, additional } =
            request.map_err(|_| ModelError::Malformed("a message cannot be made".to_owned()))?;
        let bound = form.max_tokens.map(|tokens| {
            InferenceConfiguration::builder().max_tokens(i32::try_from(tokens).unwrap_or(i32::MAX)).build()
        });
        let answer = self
            .client
            .converse_stream()
            .model_id(&self.model)
            .set_system(system)
            .set_messages(Some(messages))
            .set_tool_config(tools)
            .set_inference_config(bound)
            .set_additional_model_request_fields(additional)
            .send()
            .await
            .map_err(|error| refusal(&error, self.limits))?;
        let events =
            stream::try_unfold((answer.stream, OutputReader::default()), async |(mut receiver, mut reader)| {
                let event = receiver.recv().await.map_err(|error| fault(&error))?;
                Ok(event.map(|event| (reader.read(event), (receiver, reader))))
            });
        Ok(events.boxed())
    }
}

impl LanguageModel for BedrockClient {
    fn name(&self) -> &str {
        &self.model
    }

    fn stream(&self, prompt: Prompt) -> DeltaStream {
        listen(self.limits, !prompt.tools.is_empty(), self.clone().open(prompt))
    }
}
