//! The messages and tools of a request, as the SDK has them.

use aws_sdk_bedrockruntime::error::BuildError;
use aws_sdk_bedrockruntime::types::{
    AnyToolChoice, CachePointBlock, CachePointType, ContentBlock, ConversationRole, ImageBlock, ImageFormat,
    ImageSource, Message, ReasoningContentBlock, ReasoningTextBlock, SystemContentBlock, Tool, ToolChoice,
    ToolConfiguration, ToolInputSchema, ToolResultBlock, ToolResultContentBlock, ToolSpecification, ToolUseBlock,
};
use aws_smithy_types::{Blob, Document};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::document::document;
use super::effort::effort_fields;
use crate::llm::alternating_prompt::AlternatingPrompt;
use crate::llm::request_form::RequestForm;
use crate::llm::{self, PromptMessage, PromptPart, PromptRole, ToolDefinition, ToolResultContent, ToolResultPart};

/// What of a request depends on the prompt.
pub struct Request {
    pub system: Option<Vec<SystemContentBlock>>,
    pub messages: Vec<Message>,
    pub tools: Option<ToolConfiguration>,
    pub additional: Option<Document>,
}

/// The request in this form. A turn with tools may take several steps, so the service is asked to cache the
/// instructions, with the tools before them, and the messages so far. Models other than Anthropic's reject that.
pub fn request(prompt: &AlternatingPrompt, form: RequestForm, model: &str) -> Result<Request, BuildError> {
    let is_cached = !prompt.tools.is_empty() && form.has_cache_points && model.contains("claude");
    let mut system = prompt.instructions.clone().map(|instructions| vec![SystemContentBlock::Text(instructions)]);
    if let Some(system) = system.as_mut().filter(|_| is_cached) {
        system.push(SystemContentBlock::CachePoint(cache_point()?));
    }
    let last = prompt.messages.len().saturating_sub(1);
    let messages = prompt.messages.iter().enumerate().map(|(place, each)| {
        let mut content = blocks(each, form)?;
        if is_cached && place == last {
            content.push(ContentBlock::CachePoint(cache_point()?));
        }
        let role =
            if each.role == PromptRole::Assistant { ConversationRole::Assistant } else { ConversationRole::User };
        Message::builder().role(role).set_content(Some(content)).build()
    });
    let messages = messages.collect::<Result<_, _>>()?;
    let tools = if prompt.tools.is_empty() { None } else { Some(tools(prompt, form)?) };
    let additional = effort_fields(prompt, form, model).as_ref().map(document);
    Ok(Request { system, messages, tools, additional })
}

fn cache_point() -> Result<CachePointBlock, BuildError> {
    CachePointBlock::builder().r#type(CachePointType::Default).build()
}

// The service has no way to say that none may be called, and demands the tools wherever there were calls.
fn tools(prompt: &AlternatingPrompt, form: RequestForm) -> Result<ToolConfiguration, BuildError> {
    let is_required = prompt.tool_choice == llm::ToolChoice::Required && form.has_tool_choice;
    let choice = is_required.then(|| ToolChoice::Any(AnyToolChoice::builder().build()));
    let tools = prompt.tools.iter().map(|definition| Ok(Tool::ToolSpec(tool(definition, form)?)));
    let tools = tools.collect::<Result<_, BuildError>>()?;
    ToolConfiguration::builder().set_tools(Some(tools)).set_tool_choice(choice).build()
}

fn tool(definition: &ToolDefinition, form: RequestForm) -> Result<ToolSpecification, BuildError> {
    let ToolDefinition { name, description, schema, strict } = definition;
    ToolSpecification::builder()
        .name(name)
        .set_description(Some(description.clone()).filter(|description| !description.is_empty()))
        .input_schema(ToolInputSchema::Json(document(schema)))
        .set_strict((*strict && form.has_strict_schemas).then_some(true))
        .build()
}

fn blocks(message: &PromptMessage, form: RequestForm) -> Result<Vec<ContentBlock>, BuildError> {
    if !message.has_more_than_text() {
        return Ok(vec![ContentBlock::Text(message.content().into_owned())]);
    }
    let mut blocks = Vec::new();
    for part in &message.parts {
        match part {
            PromptPart::Text(text) => blocks.push(ContentBlock::Text(text.clone())),
            PromptPart::Reasoning { text, data: Some(data) } if form.returns_reasoning => {
                blocks.extend(reasoning(text, data)?.map(ContentBlock::ReasoningContent));
            }
            PromptPart::Reasoning { .. } => {}
            PromptPart::ToolCall { call, tool, input } => {
                let block = ToolUseBlock::builder().tool_use_id(call).name(tool).input(document(input)).build()?;
                blocks.push(ContentBlock::ToolUse(block));
            }
            PromptPart::ToolResult { call, output, is_error, .. } => {
                let content = if *is_error { vec![error(output)] } else { content(output)? };
                let block = ToolResultBlock::builder().tool_use_id(call).set_content(Some(content)).build()?;
                blocks.push(ContentBlock::ToolResult(block));
            }
        }
    }
    Ok(blocks)
}

// The data may be another provider's.
fn reasoning(text: &str, data: &Value) -> Result<Option<ReasoningContentBlock>, BuildError> {
    if let Some(hidden) = data["redacted"].as_str().and_then(|hidden| BASE64_STANDARD.decode(hidden).ok()) {
        return Ok(Some(ReasoningContentBlock::RedactedContent(Blob::new(hidden))));
    }
    let Some(signature) = data["signature"].as_str() else { return Ok(None) };
    let signature = Some(signature.to_owned()).filter(|signature| !signature.is_empty());
    let block = ReasoningTextBlock::builder().text(text).set_signature(signature).build()?;
    Ok(Some(ReasoningContentBlock::ReasoningText(block)))
}

// Only some models know the status of a result.
fn error(output: &ToolResultContent) -> ToolResultContentBlock {
    ToolResultContentBlock::Text(format!("Error: {}", output.to_text()))
}

fn content(output: &ToolResultContent) -> Result<Vec<ToolResultContentBlock>, BuildError> {
    Ok(match output {
        // Other JSON is refused.
        ToolResultContent::Json(json @ Value::Object(_)) => vec![ToolResultContentBlock::Json(document(json))],
        ToolResultContent::Parts(parts) => parts.iter().map(part).collect::<Result<_, _>>()?,
        other => vec![ToolResultContentBlock::Text(other.to_text())],
    })
}

fn part(part: &ToolResultPart) -> Result<ToolResultContentBlock, BuildError> {
    let (media_type, data) = match part {
        ToolResultPart::Text(text) => return Ok(ToolResultContentBlock::Text(text.clone())),
        ToolResultPart::Image { media_type, data } => (media_type, data),
    };
    let format = ["png", "jpeg", "gif", "webp"].into_iter().find(|format| media_type.ends_with(format));
    Ok(match (format, BASE64_STANDARD.decode(data)) {
        (Some(format), Ok(bytes)) => {
            let source = ImageSource::Bytes(Blob::new(bytes));
            ToolResultContentBlock::Image(
                ImageBlock::builder().format(ImageFormat::from(format)).source(source).build()?,
            )
        }
        _ => ToolResultContentBlock::Text(format!("(a picture, {media_type})")),
    })
}
