use natter::conversation::{ConversationId, Feedback, MessageId, Role, Status, Timestamp, Timings, Usage};
use natter::error::ErrorCode;
use natter::protocol::{
    Choice, ConversationList, ConversationPage, ConversationSummary, ExportPage, HistoryMessage, Limits,
    MessageMetadata, OperationResult, OutputPage, Part, RenamedConversation, ReplyMetadata, SearchHit, SearchPage,
    ServerDescription, WrittenPart,
};
use natter::turn::FinishReason;
use serde_json::Map;

/// One result of each operation, as the fixtures have it.
pub struct Results {
    pub list: OperationResult,
    pub get: OperationResult,
    pub rename: OperationResult,
    pub describe: OperationResult,
    pub search: OperationResult,
    pub export: OperationResult,
    pub output: OperationResult,
}

const NEW_YEAR: Timestamp = Timestamp(1_767_225_600_000);
const A_MINUTE_LATER: Timestamp = Timestamp(1_767_225_660_000);
const EARLIER: Timestamp = Timestamp(1_767_225_500_000);

impl Results {
    pub fn example() -> Self {
        let choice = |id: &str, name: &str| Choice { id: id.to_owned(), name: name.to_owned(), description: None };
        let description = Some("Answers questions.".to_owned());
        let other = ConversationSummary {
            title: None,
            created_at: EARLIER,
            updated_at: EARLIER,
            running_message_id: None,
            waiting: false,
            ..summary("c2")
        };
        Self {
            list: OperationResult::List(ConversationList {
                conversations: vec![summary("c1"), other],
                next_cursor: Some("0123456789abcdef#1767225500000#c2".to_owned()),
            }),
            get: OperationResult::Page(ConversationPage {
                conversation: summary("c1"),
                messages: vec![question(), reply(), failure()],
                is_cut: true,
                next_cursor: Some("0123456789abcdef#=m5#older#0#=m1##".to_owned()),
                newer_cursor: Some("0123456789abcdef#=m7#newer#0#/m5#~#0".to_owned()),
            }),
            search: OperationResult::Search(SearchPage {
                hits: vec![hit(None, "Greetings", A_MINUTE_LATER), hit(Some(message("m3")), "…Hello!", NEW_YEAR)],
                next_cursor: Some("0123456789abcdef#1767225600000#c1#=m2#~#".to_owned()),
            }),
            export: OperationResult::Export(ExportPage {
                text: "# Greetings\n\n## You\n\nHel".to_owned(),
                media_type: "text/markdown",
                file_name: "Greetings.md".to_owned(),
                next_cursor: Some("0123456789abcdef#=m5#0#<m3##512#t#m3".to_owned()),
            }),
            output: OperationResult::Output(OutputPage {
                output: r#"{"orders":["#.to_owned(),
                next_cursor: Some("4".to_owned()),
            }),
            rename: OperationResult::Renamed(RenamedConversation { conversation: summary("c1") }),
            describe: OperationResult::Description(ServerDescription {
                models: vec![choice("gpt-4o-mini", "gpt-4o-mini")],
                agents: vec![Choice { description, ..choice("assistant", "Assistant") }],
                limits: Limits { text_bytes: 262_144, text_parts: 20, frame_bytes: 32_768 },
            }),
        }
    }
}

fn summary(name: &str) -> ConversationSummary {
    let id: ConversationId = name.parse().unwrap();
    ConversationSummary {
        id,
        title: Some("Greetings".to_owned()),
        created_at: NEW_YEAR,
        updated_at: A_MINUTE_LATER,
        running_message_id: Some(message("m5")),
        waiting: false,
    }
}

fn hit(message_id: Option<MessageId>, snippet: &str, created_at: Timestamp) -> SearchHit {
    SearchHit {
        conversation_id: "c1".parse().unwrap(),
        title: Some("Greetings".to_owned()),
        message_id,
        snippet: snippet.to_owned(),
        created_at,
    }
}

fn question() -> HistoryMessage {
    let metadata = MessageMetadata {
        siblings: vec![message("m2"), message("m4")],
        sibling_index: Some(0),
        sibling_count: Some(2),
        client_id: Some(message("k2")),
        client: Map::from_iter([("mood".to_owned(), "cheerful".into())]),
        ..metadata(NEW_YEAR, Status::Complete)
    };
    HistoryMessage { id: message("m2"), role: Role::User, parts: vec![text("Hello")], metadata }
}

fn reply() -> HistoryMessage {
    let metadata = MessageMetadata {
        parent_id: Some(message("m2")),
        reply: ReplyMetadata {
            model: Some("gpt-4o-mini".to_owned()),
            usage: Some(Usage { input_tokens: 11, output_tokens: 3, ..Usage::default() }),
            cost: Some(0.000_003_45),
            timings: Some(Timings { first_token_ms: 312, total_ms: 1204 }),
        },
        finish_reason: Some(FinishReason::Stop),
        feedback: Some(Feedback::Up),
        ..metadata(NEW_YEAR, Status::Complete)
    };
    let parts = vec![Part::Written(WrittenPart::Reasoning { text: "Hm.".to_owned() }), text("Hello!")];
    HistoryMessage { id: message("m3"), role: Role::Assistant, parts, metadata }
}

fn failure() -> HistoryMessage {
    let metadata = MessageMetadata {
        parent_id: Some(message("m2")),
        error: Some(ErrorCode::ModelUnavailable),
        ..metadata(A_MINUTE_LATER, Status::Failed)
    };
    HistoryMessage { id: message("m5"), role: Role::Assistant, parts: Vec::new(), metadata }
}

fn metadata(created_at: Timestamp, status: Status) -> MessageMetadata {
    MessageMetadata {
        client: Map::new(),
        created_at,
        status,
        parent_id: None,
        siblings: Vec::new(),
        sibling_index: None,
        sibling_count: None,
        client_id: None,
        reply: ReplyMetadata::default(),
        finish_reason: None,
        error: None,
        feedback: None,
    }
}

fn text(text: &str) -> Part {
    Part::Written(WrittenPart::Text { text: text.to_owned() })
}

fn message(name: &str) -> MessageId {
    name.parse().unwrap()
}
