//! The built-in tool `ask_user`: a question that the user answers.

use serde_json::json;

use crate::llm::ToolDefinition;

/// Its name.
pub const ASK_USER: &str = "ask_user";

/// What a model is told of it.
pub fn ask_user() -> ToolDefinition {
    ToolDefinition {
        name: ASK_USER.to_owned(),
        description:
            "Asks the user a question and waits for the answer. Use it only if the answer changes what you do next, \
                      and neither the conversation nor another tool has it."
                .to_owned(),
        schema: json!({
            "type": "object",
            "properties": {
                "question": { "type": "string", "minLength": 1, "maxLength": 2000, "description": "The question." },
                "choices": {
                    "type": "array",
                    "items": { "type": "string", "minLength": 1, "maxLength": 200 },
                    "minItems": 2,
                    "maxItems": 10,
                    "uniqueItems": true,
                    "description": "Answers to choose from. The user may also answer in other words.",
                },
            },
            "required": ["question"],
            "additionalProperties": false,
        }),
        strict: false,
    }
}
