//! How tools, calls and results are sent.

use futures::StreamExt;
use natter::llm::PromptRole::{Assistant, System, User};
use natter::llm::{
    LanguageModel, Prompt, PromptMessage, PromptPart, PromptRole, ToolChoice, ToolDefinition, ToolResultContent,
    ToolResultPart,
};
use serde_json::{Value, json};

use super::model_server::ModelServer;
use super::wire::Wire;
use super::{LIMITS, anthropic_client, bedrock_client, openai_client};

#[tokio::test]
async fn openai_requests_have_functions_tool_calls_and_tool_messages() {
    let body = asked::<openai_client::ThisWire>(whole_prompt()).await;
    let function = |name: &str, arguments: &str| json!({"name": name, "arguments": arguments});
    let calls = json!([
        {"id": "call00001", "type": "function", "function": function("weather", r#"{"city":"Rome"}"#)},
        {"id": "call00002", "type": "function", "function": function("map", "{}")},
    ]);
    let picture = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}});
    let messages = json!([
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "How is Rome?"},
        {"role": "assistant", "content": "I look.", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "call00001", "content": r#"{"degrees":22.5}"#},
        {"role": "tool", "tool_call_id": "call00002", "content": "Here.\n\n(a picture, image/png)"},
        {"role": "user", "content": [{"type": "text", "text": "A picture that the tool map returned:"}, picture]},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "call00003", "type": "function", "function": function("weather", "{}")},
        ]},
        {"role": "tool", "tool_call_id": "call00003", "content": "Error: The city is missing."},
        {"role": "user", "content": "And?"},
    ]);
    assert_eq!(body["messages"], messages);
    let strict =
        json!({"name": "weather", "description": "How the weather is.", "parameters": schema(), "strict": true});
    let lax = json!({"name": "map", "description": "", "parameters": {"type": "object"}});
    assert_eq!(body["tools"], json!([{"type": "function", "function": strict}, {"type": "function", "function": lax}]));
    for (choice, expected) in
        [(ToolChoice::Auto, json!(null)), (ToolChoice::None, json!("none")), (ToolChoice::Required, json!("required"))]
    {
        let body = asked::<openai_client::ThisWire>(Prompt { tool_choice: choice, ..whole_prompt() }).await;
        assert_eq!(body["tool_choice"], expected);
    }
}

#[tokio::test]
async fn anthropic_requests_have_tool_blocks_and_cache_points() {
    let body = asked::<anthropic_client::ThisWire>(whole_prompt()).await;
    let mark = json!({"type": "ephemeral"});
    let picture =
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}});
    let messages = json!([
        {"role": "user", "content": [{"type": "text", "text": "How is Rome?"}]},
        {"role": "assistant", "content": [
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "call00001", "name": "weather", "input": {"city": "Rome"}},
            {"type": "tool_use", "id": "call00002", "name": "map", "input": {}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "call00001", "content": r#"{"degrees":22.5}"#},
            {"type": "tool_result", "tool_use_id": "call00002", "content": [{"type": "text", "text": "Here."}, picture]},
        ]},
        {"role": "assistant", "content": [
            {"type": "tool_use", "id": "call00003", "name": "weather", "input": {}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "call00003", "content": "The city is missing.", "is_error": true},
            {"type": "text", "text": "And?", "cache_control": mark},
        ]},
    ]);
    assert_eq!(body["messages"], messages);
    assert_eq!(body["system"], json!([{"type": "text", "text": "Be kind.", "cache_control": mark}]));
    let strict =
        json!({"name": "weather", "description": "How the weather is.", "input_schema": schema(), "strict": true});
    let lax = json!({"name": "map", "description": "", "input_schema": {"type": "object"}});
    assert_eq!(body["tools"], json!([strict, lax]));
    for (choice, expected) in [
        (ToolChoice::Auto, json!(null)),
        (ToolChoice::None, json!({"type": "none"})),
        (ToolChoice::Required, json!({"type": "any"})),
    ] {
        let body = asked::<anthropic_client::ThisWire>(Prompt { tool_choice: choice, ..whole_prompt() }).await;
        assert_eq!(body["tool_choice"], expected);
    }

    let messages = vec![PromptMessage::text(User, "How is Rome?")];
    let body = asked::<anthropic_client::ThisWire>(Prompt { messages, ..whole_prompt() }).await;
    assert_eq!(body["tools"][1]["cache_control"], mark, "without instructions the tools are marked: {body}");
}

#[tokio::test]
async fn bedrock_requests_have_tool_blocks_and_always_the_tools() {
    let body = asked::<bedrock_client::ThisWire>(whole_prompt()).await;
    let used = |id: &str, name: &str, input: Value| json!({"toolUse": {"toolUseId": id, "name": name, "input": input}});
    let result = |id: &str, content: Value| json!({"toolResult": {"toolUseId": id, "content": content}});
    let picture = json!({"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}});
    let messages = json!([
        {"role": "user", "content": [{"text": "How is Rome?"}]},
        {"role": "assistant", "content": [
            {"text": "I look."},
            used("call00001", "weather", json!({"city": "Rome"})),
            used("call00002", "map", json!({})),
        ]},
        {"role": "user", "content": [
            result("call00001", json!([{"json": {"degrees": 22.5}}])),
            result("call00002", json!([{"text": "Here."}, picture])),
        ]},
        {"role": "assistant", "content": [used("call00003", "weather", json!({}))]},
        {"role": "user", "content": [
            result("call00003", json!([{"text": "Error: The city is missing."}])),
            {"text": "And?"},
        ]},
    ]);
    assert_eq!(body["messages"], messages);
    // Its name does not say that the model has a cache.
    assert_eq!(body["system"], json!([{"text": "Be kind."}]));
    let strict = json!({"name": "weather", "description": "How the weather is.", "inputSchema": {"json": schema()}, "strict": true});
    let lax = json!({"name": "map", "inputSchema": {"json": {"type": "object"}}});
    let tools = json!([{"toolSpec": strict}, {"toolSpec": lax}]);
    for (choice, expected) in [
        (ToolChoice::Auto, json!({"tools": tools})),
        (ToolChoice::None, json!({"tools": tools})),
        (ToolChoice::Required, json!({"tools": tools, "toolChoice": {"any": {}}})),
    ] {
        let body = asked::<bedrock_client::ThisWire>(Prompt { tool_choice: choice, ..whole_prompt() }).await;
        assert_eq!(body["toolConfig"], expected);
    }
}

#[tokio::test]
async fn bedrock_requests_have_cache_points_for_claude_with_tools() {
    let point = json!({"cachePoint": {"type": "default"}});
    let server = ModelServer::saying(bedrock_client::ThisWire::CONTENT_TYPE, bedrock_client::ThisWire::end()).await;
    let model = bedrock_client::claude(server.url());
    model.stream(whole_prompt()).collect::<Vec<_>>().await;
    let body = server.request().body;
    assert_eq!(body["system"], json!([{"text": "Be kind."}, point]));
    assert_eq!(body["messages"][4]["content"][2], point, "{body}");
    model.stream(Prompt { tools: Vec::new(), ..whole_prompt() }).collect::<Vec<_>>().await;
    assert!(!server.request().body.to_string().contains("cachePoint"));
}

#[tokio::test]
async fn without_tools_earlier_calls_are_sent_as_text() {
    for body in [
        asked::<openai_client::ThisWire>(Prompt { tools: Vec::new(), ..whole_prompt() }).await,
        asked::<anthropic_client::ThisWire>(Prompt { tools: Vec::new(), ..whole_prompt() }).await,
        asked::<bedrock_client::ThisWire>(Prompt { tools: Vec::new(), ..whole_prompt() }).await,
    ] {
        let told = body.to_string();
        for absent in ["tool_calls", "tool_use", "toolUse", "\"tools\"", "toolConfig", "cache", "iVBORw0KGgo"] {
            assert!(!told.contains(absent), "{absent}: {told}");
        }
        let words = r#"The tool weather, called with {\"city\":\"Rome\"}, returned:\n{\"degrees\":22.5}"#;
        assert!(told.contains(words) && told.contains("failed:"), "{told}");
    }
}

#[tokio::test]
async fn tool_results_that_bedrock_rejects_are_sent_as_text() {
    let picture = |media_type: &str, data: &str| {
        let (media_type, data) = (media_type.to_owned(), data.to_owned());
        ToolResultContent::Parts(vec![ToolResultPart::Image { media_type, data }])
    };
    for (output, expected) in [
        (ToolResultContent::Json(json!([1])), json!([{"text": "[1]"}])),
        (ToolResultContent::Json(json!("22")), json!([{"text": "\"22\""}])),
        (ToolResultContent::Json(json!({"a": [null, true, -1, 1.5]})), json!([{"json": {"a": [null, true, -1, 1.5]}}])),
        (picture("image/svg+xml", "PHN2Zy8+"), json!([{"text": "(a picture, image/svg+xml)"}])),
        (picture("image/png", "no base64!"), json!([{"text": "(a picture, image/png)"}])),
        (ToolResultContent::Text(" ".to_owned()), json!([{"text": "The tool returned nothing."}])),
    ] {
        let messages = vec![
            PromptMessage::text(User, "How is Rome?"),
            message(Assistant, vec![call("a", "weather", json!({}))]),
            message(User, vec![result("a", "weather", output)]),
        ];
        let body = asked::<bedrock_client::ThisWire>(Prompt { messages, ..whole_prompt() }).await;
        assert_eq!(body["messages"][2]["content"][0]["toolResult"]["content"], expected);
    }
}

/// A prompt with everything that a turn with tools may have.
pub fn whole_prompt() -> Prompt {
    let (media_type, data) = ("image/png".to_owned(), "iVBORw0KGgo=".to_owned());
    let parts = vec![ToolResultPart::Text("Here.".to_owned()), ToolResultPart::Image { media_type, data }];
    let failed = PromptPart::ToolResult {
        call: "c".to_owned(),
        tool: "weather".to_owned(),
        output: ToolResultContent::Text("The city is missing.".to_owned()),
        is_error: true,
    };
    let messages = vec![
        PromptMessage::text(System, "Be kind."),
        PromptMessage::text(User, "How is Rome?"),
        message(
            Assistant,
            vec![
                PromptPart::Text("I look.".to_owned()),
                call("a", "weather", json!({"city": "Rome"})),
                call("b", "map", json!(null)),
            ],
        ),
        message(
            User,
            vec![
                result("b", "map", ToolResultContent::Parts(parts)),
                result("a", "weather", ToolResultContent::Json(json!({"degrees": 22.5}))),
            ],
        ),
        message(Assistant, vec![call("c", "weather", json!({}))]),
        message(User, vec![failed, PromptPart::Text("And?".to_owned())]),
    ];
    Prompt { messages, tools: tools(), ..Prompt::default() }
}

pub fn tools() -> Vec<ToolDefinition> {
    let weather = ToolDefinition {
        name: "weather".to_owned(),
        description: "How the weather is.".to_owned(),
        schema: schema(),
        strict: true,
    };
    let schema = json!({"type": "object"});
    vec![weather, ToolDefinition { name: "map".to_owned(), description: String::new(), schema, strict: false }]
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": false,
    })
}

pub fn message(role: PromptRole, parts: Vec<PromptPart>) -> PromptMessage {
    PromptMessage { role, parts }
}

pub fn call(call: &str, tool: &str, input: Value) -> PromptPart {
    PromptPart::ToolCall { call: call.to_owned(), tool: tool.to_owned(), input }
}

pub fn result(call: &str, tool: &str, output: ToolResultContent) -> PromptPart {
    PromptPart::ToolResult { call: call.to_owned(), tool: tool.to_owned(), output, is_error: false }
}

/// What a client of this wire asks with such a prompt.
pub async fn asked<ThisWire: Wire>(prompt: Prompt) -> Value {
    let server = ModelServer::saying(ThisWire::CONTENT_TYPE, ThisWire::end()).await;
    let model = ThisWire::client(server.url(), LIMITS);
    model.stream(prompt).collect::<Vec<_>>().await;
    server.request().body
}
