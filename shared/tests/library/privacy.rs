//! Text of users and models shows in no `Debug` output, wherever it is held: such output ends up in logs.

use natter::conversation::{Entry, Message};
use natter::llm::{Delta, Prompt, PromptMessage, PromptPart, PromptRole, ToolResultContent, ToolResultPart};
use natter::protocol::{Chunk, ClientFrame, Notice, PartKind, ServerFrame};
use serde_json::json;

use crate::support::Step::{Finish, Say, Think};
use crate::support::{Chat, send};

const SECRET: &str = "my-secret-words";

#[test]
fn debug_output_of_a_clients_frames_has_no_content() {
    let message = json!({"id": "m", "role": "user", "parts": [{"type": "text", "text": SECRET}]});
    for frame in [
        json!({"type": "send", "id": "c", "trigger": "submit-message", "messages": [message], "headers": {}, "body": {}}),
        json!({"type": "text-part", "index": 0, "text": SECRET}),
        json!({"type": "conversations.rename", "id": "c", "title": SECRET}),
        json!({"type": "conversations.search", "query": SECRET}),
        json!({"type": "messages.feedback", "id": "c", "messageId": "m", "rating": "up", "comment": SECRET}),
    ] {
        let mut frame = frame;
        frame["requestId"] = "r".into();
        let decoded = ClientFrame::decode(&frame.to_string()).unwrap_or_else(|invalid| panic!("{}", invalid.error));
        says_nothing(&decoded);
    }
}

#[tokio::test]
async fn debug_output_of_a_stored_conversation_has_no_content() {
    let chat = Chat::with_model([Think(SECRET), Say(SECRET), Finish]).await;
    chat.says(send("r", "c", "m", SECRET)).await.unwrap();
    let stored = chat.stored().await;
    assert_eq!(stored[1].message.content(), SECRET);
    says_nothing(&stored);
    let messages: Vec<Message> = stored.into_iter().map(|written| written.message).collect();
    says_nothing(&messages);
}

#[test]
fn debug_output_of_prompts_deltas_and_frames_has_no_content() {
    says_nothing(&Entry::Reasoning { text: SECRET.to_owned() });
    says_nothing(&Prompt { messages: vec![PromptMessage::text(PromptRole::User, SECRET)], ..Prompt::default() });
    says_nothing(&[Delta::Text(SECRET.to_owned()), Delta::Reasoning(SECRET.to_owned())]);
    says_nothing(&[Delta::ToolInput(SECRET.to_owned()), Delta::ProviderData(json!(SECRET))]);
    let (call, tool) = ("call".to_owned(), "tool".to_owned());
    says_nothing(&PromptPart::Reasoning { text: SECRET.to_owned(), data: Some(json!(SECRET)) });
    says_nothing(&PromptPart::ToolCall { call: call.clone(), tool: tool.clone(), input: json!(SECRET) });
    let picture = ToolResultPart::Image { media_type: "image/png".to_owned(), data: SECRET.to_owned() };
    for output in [
        ToolResultContent::Text(SECRET.to_owned()),
        ToolResultContent::Json(json!(SECRET)),
        ToolResultContent::Parts(vec![ToolResultPart::Text(SECRET.to_owned()), picture]),
    ] {
        says_nothing(&PromptPart::ToolResult { call: call.clone(), tool: tool.clone(), output, is_error: false });
    }
    let chunk = Chunk::part_delta(PartKind::Text, "0", SECRET);
    says_nothing(&ServerFrame::Chunk { request_id: "r", sequence: 0, chunk });
    says_nothing(&ServerFrame::notice(Notice::TitleChanged { id: "c", title: SECRET }));
}

fn says_nothing(value: &impl std::fmt::Debug) {
    let shown = format!("{value:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(shown.contains("bytes"), "it says how long it is: {shown}");
}
