//! Every frame on the wire: one fixture each.

use natter::conversation::{ClientMetadata, MessageId, Timings, Usage};
use natter::error::{ChatError, ErrorCode};
use natter::protocol::{
    Chunk, ClientFrame, DeleteConversation, Done, ExportConversation, ExportFormat, GetConversation, GetOutput,
    GiveFeedback, ListConversations, Notice, Operation, OperationFrame, OperationResult, PartKind, Rating,
    RenameConversation, ReplyMetadata, ResumeFrame, SearchConversations, SendFrame, ServerFrame, TextPartFrame,
};
use natter::turn::{FinishReason, Intent, Opening, Parent};
use serde_json::{Map, Value, json};

use crate::support::Results;

#[test]
fn each_frame_of_a_client_is_read() {
    let opening = |intent| Opening {
        client_id: id("m2"),
        text: "And now?".to_owned(),
        metadata: None,
        intent,
        shown_before: Vec::new(),
    };
    let sent = |opening: Opening| {
        ClientFrame::Send(SendFrame {
            request_id: "r1".parse().unwrap(),
            conversation_id: "c1".parse().unwrap(),
            opening,
            model: None,
            agent: None,
            text_parts: 0,
        })
    };
    let submit = || opening(Intent::Submit { parent: None, edited: None });
    let operation = |operation| ClientFrame::Operation(OperationFrame { request_id: "r1".parse().unwrap(), operation });
    for (fixture, expected) in [
        (
            include_str!("../fixtures/frames/client/send.json"),
            sent(Opening { shown_before: vec![id("m1"), id("m0")], ..submit() }),
        ),
        (
            include_str!("../fixtures/frames/client/send-edit.json"),
            sent(Opening {
                metadata: ClientMetadata::new(Map::from_iter([("mood".to_owned(), "cheerful".into())])),
                ..opening(Intent::Submit { parent: None, edited: Some(id("m2")) })
            }),
        ),
        (
            include_str!("../fixtures/frames/client/send-branch.json"),
            sent(opening(Intent::Submit { parent: Some(Parent::Message(id("m0"))), edited: None })),
        ),
        (
            include_str!("../fixtures/frames/client/send-regenerate.json"),
            sent(opening(Intent::Regenerate { reply: Some(id("m3")) })),
        ),
        (
            include_str!("../fixtures/frames/client/resume.json"),
            ClientFrame::Resume(ResumeFrame {
                request_id: "r1".parse().unwrap(),
                conversation_id: "c1".parse().unwrap(),
            }),
        ),
        (
            include_str!("../fixtures/frames/client/abort.json"),
            ClientFrame::Abort { request_id: "r1".parse().unwrap() },
        ),
        (
            include_str!("../fixtures/frames/client/conversations-list.json"),
            operation(Operation::List(ListConversations {
                limit: 10,
                cursor: Some("0123456789abcdef#1767225600000#c1".to_owned()),
            })),
        ),
        (
            include_str!("../fixtures/frames/client/conversations-get.json"),
            operation(Operation::Get(GetConversation {
                id: "c1".parse().unwrap(),
                limit: 50,
                cursor: Some("0123456789abcdef#=m5#older#0#=m3##".to_owned()),
                branch: Some(id("m2")),
                at: Some(id("m3")),
            })),
        ),
        (
            include_str!("../fixtures/frames/client/conversations-rename.json"),
            operation(Operation::Rename(RenameConversation {
                id: "c1".parse().unwrap(),
                title: "Greetings".to_owned(),
            })),
        ),
        (
            include_str!("../fixtures/frames/client/conversations-delete.json"),
            operation(Operation::Delete(DeleteConversation { id: "c1".parse().unwrap() })),
        ),
        (include_str!("../fixtures/frames/client/server-describe.json"), operation(Operation::Describe)),
        (
            include_str!("../fixtures/frames/client/conversations-search.json"),
            operation(Operation::Search(SearchConversations {
                query: "hello".to_owned(),
                limit: 5,
                cursor: Some("0123456789abcdef#1767225600000#c1###".to_owned()),
            })),
        ),
        (
            include_str!("../fixtures/frames/client/conversations-export.json"),
            operation(Operation::Export(ExportConversation {
                id: "c1".parse().unwrap(),
                format: ExportFormat::Markdown,
                cursor: Some("0123456789abcdef#=m5#0#<m3##512#t#m3".to_owned()),
            })),
        ),
        (
            include_str!("../fixtures/frames/client/messages-output.json"),
            operation(Operation::Output(GetOutput {
                id: "c1".parse().unwrap(),
                message_id: id("m4"),
                tool_call_id: "m4-1".to_owned(),
                cursor: Some("3".to_owned()),
            })),
        ),
        (
            include_str!("../fixtures/frames/client/messages-feedback.json"),
            operation(Operation::Feedback(GiveFeedback {
                id: "c1".parse().unwrap(),
                message_id: id("m3"),
                rating: Rating::Down,
                comment: Some("Too short.".to_owned()),
            })),
        ),
        (include_str!("../fixtures/frames/client/send-choice.json"), {
            let ClientFrame::Send(sent) = sent(submit()) else { panic!("a send") };
            let (model, agent) = (Some("gpt-4o-mini".to_owned()), Some("poet".to_owned()));
            ClientFrame::Send(SendFrame { model, agent, ..sent })
        }),
        (include_str!("../fixtures/frames/client/send-long.json"), {
            let ClientFrame::Send(sent) = sent(submit()) else { panic!("a send") };
            ClientFrame::Send(SendFrame { text_parts: 2, ..sent })
        }),
        (
            include_str!("../fixtures/frames/client/text-part.json"),
            ClientFrame::TextPart(TextPartFrame {
                request_id: "r1".parse().unwrap(),
                index: 1,
                text: "A piece of a long text. ".to_owned(),
            }),
        ),
        (include_str!("../fixtures/frames/client/ping.json"), ClientFrame::Ping { request_id: "r1".parse().unwrap() }),
    ] {
        assert_eq!(ClientFrame::decode(fixture).unwrap(), expected);
        assert_eq!(expected.request_id().as_str(), "r1");
    }
}

#[test]
fn each_server_frame_serializes_to_its_fixture() {
    let metadata = ReplyMetadata {
        model: Some("gpt-4o-mini".to_owned()),
        usage: Some(Usage { input_tokens: 11, output_tokens: 3, ..Usage::default() }),
        cost: Some(0.000_003_45),
        timings: Some(Timings { first_token_ms: 312, total_ms: 1204 }),
    };
    let busy = ChatError::new(ErrorCode::ConversationBusy).with_detail("messageId", "m3");
    let busy = busy.with_retry_after(std::time::Duration::from_millis(1500)).caused_by("not for the client");
    let chunk = |chunk| ServerFrame::Chunk { request_id: "r1", sequence: 7, chunk };
    let results = Results::example();
    let result = |data| ServerFrame::Result { request_id: "r1", data };
    let frames = [
        ("start", ServerFrame::Start { request_id: "r1" }),
        ("chunk-start", chunk(Chunk::Start { message_id: "m3" })),
        ("chunk-start-step", chunk(Chunk::StartStep)),
        ("chunk-finish-step", chunk(Chunk::FinishStep)),
        ("chunk-text-start", chunk(Chunk::part_start(PartKind::Text, "0"))),
        ("chunk-text-delta", chunk(Chunk::part_delta(PartKind::Text, "0", "Hello \"you\" 👋\n"))),
        ("chunk-text-end", chunk(Chunk::part_end(PartKind::Text, "0"))),
        ("chunk-reasoning-start", chunk(Chunk::part_start(PartKind::Reasoning, "0"))),
        ("chunk-reasoning-delta", chunk(Chunk::part_delta(PartKind::Reasoning, "0", "Hm."))),
        ("chunk-reasoning-end", chunk(Chunk::part_end(PartKind::Reasoning, "0"))),
        (
            "chunk-source-url",
            chunk(Chunk::SourceUrl {
                source_id: "https://example.com/lighthouses",
                url: "https://example.com/lighthouses",
                title: Some("Lighthouses"),
            }),
        ),
        (
            "chunk-finish",
            chunk(Chunk::Finish { finish_reason: FinishReason::ContentFilter, message_metadata: &metadata }),
        ),
        ("chunk-abort", chunk(Chunk::Abort { reason: "stopped" })),
        ("end", ServerFrame::End { request_id: "r1" }),
        ("error", ServerFrame::error(Some("r1"), &busy)),
        ("no-active", ServerFrame::NoActive { request_id: "r1" }),
        ("pong", ServerFrame::Pong { request_id: "r1" }),
        ("result-list", result(&results.list)),
        ("result-get", result(&results.get)),
        ("result-rename", result(&results.rename)),
        ("result-describe", result(&results.describe)),
        ("result-search", result(&results.search)),
        ("result-export", result(&results.export)),
        ("result-output", result(&results.output)),
        ("result-done", result(&OperationResult::Done(Done {}))),
        ("notice-turn-started", ServerFrame::notice(Notice::TurnStarted { id: "c1", message_id: "m5" })),
        ("notice-turn-waiting", ServerFrame::notice(Notice::TurnWaiting { id: "c1", message_id: "m5" })),
        ("notice-title-changed", ServerFrame::notice(Notice::TitleChanged { id: "c1", title: "Greetings" })),
        ("notice-conversation-deleted", ServerFrame::notice(Notice::ConversationDeleted { id: "c1" })),
        ("notice-reconnect", ServerFrame::notice(Notice::Reconnect)),
    ];
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/frames/server");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), frames.len(), "one fixture for each frame");
    for (name, frame) in frames {
        let fixture = std::fs::read(format!("{folder}/{name}.json")).unwrap();
        let expected: Value = serde_json::from_slice(&fixture).unwrap();
        let written: Value = serde_json::from_slice(&frame.encode()).unwrap();
        assert_eq!(written, expected, "{name}");
    }
}

#[test]
fn an_error_that_answers_no_request_is_addressed_to_none() {
    let error = ChatError::invalid_frame("it is not valid JSON");
    let frame: Value = serde_json::from_slice(&ServerFrame::error(None, &error).encode()).unwrap();
    assert_eq!(
        frame,
        json!({"type": "error", "requestId": "-", "code": "invalid_frame",
               "errorText": "The request could not be understood: it is not valid JSON."})
    );
}

fn id(name: &str) -> MessageId {
    name.parse().unwrap()
}
