use std::sync::Arc;

use serde_json::{Value, json};

use super::super::page::history_message;
use super::*;
use crate::conversation::{Branches, CallId, Execution, Message, Outcome, OutcomeKind, Source, Timestamp};
use crate::db::{PieceName, StoredMessage};
use crate::turn::{Ending, FinishReason};

#[test]
fn a_file_is_the_same_wherever_its_pages_end() {
    for format in [ExportFormat::Json, ExportFormat::Markdown] {
        let whole = file(format, usize::MAX);
        assert_eq!(whole.len(), 1, "one page");
        for bytes in 1..600 {
            let pages = file(format, bytes);
            assert_eq!(pages.concat(), whole[0], "pages of {bytes} bytes");
        }
    }
}

#[test]
fn a_file_of_json_has_each_message_as_it_is() {
    let whole: Value = serde_json::from_str(&file(ExportFormat::Json, 100).concat()).unwrap();
    let said = |message: &Value| (message["metadata"]["status"].clone(), message["parts"].clone());
    let messages: Vec<_> = whole["messages"].as_array().unwrap().iter().map(said).collect();
    let text = |text: &str| json!({"type": "text", "text": text});
    let reasoning = |text: &str| json!({"type": "reasoning", "text": text});
    let step = json!({"type": "step-start"});
    let url = "https://example.com/?a=\"b\"";
    let source = json!({"type": "source-url", "sourceId": url, "url": url, "title": "A \"page\""});
    let call = |call: &str| {
        json!({"type": "tool-look", "toolCallId": call, "state": "output-available", "input": {}, "providerExecuted": true,
            "output": format!("the output of {call}")})
    };
    let expected = [
        ("complete", json!([text("A \"question\"\\\n\u{1}👋🏽")])),
        ("complete", json!([reasoning("Hm\n, \"so\"."), text("An ansWER"), reasoning("Or?"), text("!"), source])),
        ("stopped", json!([step, reasoning("…"), text("Half"), step, text("way")])),
        ("failed", json!([])),
        ("interrupted", json!([reasoning("…")])),
        // The end of this one is gone.
        ("streaming", json!([text("Gone")])),
        ("streaming", json!([text("So far")])),
        ("complete", json!([step, call("one"), call("two"), step, text("Done")])),
    ];
    assert_eq!(messages, expected.map(|(status, parts)| (json!(status), parts)));
    assert_eq!(whole["conversation"]["title"], "Trees");
}

#[test]
fn a_file_to_read_says_how_each_reply_ended() {
    let expected = "# Trees\n\n## You\n\nA \"question\"\\\n\u{1}👋🏽\n\n## Reply\n\nAn ansWER!\n\nSource: <https://example.com/?a=\"b\">\n\
        \n## Reply\n\nHalf\n\nway\n\n*(stopped)*\n\n## Reply\n\n\n\n*(failed)*\n\
        \n## Reply\n\n\n\n*(interrupted)*\n\n## Reply\n\nGone\n\
        \n## Reply\n\nSo far\n\n*(being written)*\n\n## Reply\n\n*(used look)*\n\n*(used look)*\n\nDone\n";
    assert_eq!(file(ExportFormat::Markdown, 100).concat(), expected);
}

/// The pages of a file, of about so many bytes each.
fn file(format: ExportFormat, bytes: usize) -> Vec<String> {
    let conversation = ConversationSummary {
        id: "c".parse().unwrap(),
        title: Some("Trees".to_owned()),
        created_at: Timestamp(1),
        updated_at: Timestamp(2),
        running_message_id: None,
        waiting: false,
    };
    let mut pages = Vec::new();
    let mut page = ExportWriter::begin(format, bytes, &conversation);
    let mut turn = |page: &mut ExportWriter| {
        let (text, open) = std::mem::replace(page, ExportWriter::go_on(format, bytes, Open::File)).into_page();
        pages.push(text);
        page.open = open;
    };
    for piece in pieces() {
        if page.is_full() {
            turn(&mut page);
        }
        if page.message() != Some(&piece.of.message.id) {
            page.begin_message(&history_message(&piece.of, &Branches::default()));
        }
        let mut written = 0;
        let calls = ExportedCalls::of(whole(&piece.of.message.id));
        while let Err(more) = page.write(&piece, &calls, written) {
            written = more;
            turn(&mut page);
        }
        if piece.is_tail() {
            page.end_message(Some(piece.of.message.status));
        }
    }
    page.end();
    turn(&mut page);
    pages
}

// A message with its whole log.
fn whole(id: &MessageId) -> Message {
    let pieces = pieces().into_iter().filter(|piece| piece.of.message.id == *id).collect::<Vec<_>>();
    let entries = pieces.iter().flat_map(|piece| piece.entries.clone()).collect();
    Message { entries, ..pieces[0].of.message.clone() }
}

fn pieces() -> Vec<Piece> {
    let text = |text: &str| Entry::Text { text: text.to_owned() };
    let reasoning = |text: &str| Entry::Reasoning { text: text.to_owned() };
    let step_end = || Entry::StepEnd { model: None, usage: None };
    let started = |call| Entry::ToolStart { call: CallId::named(call), tool: "look".to_owned() };
    let asked = |call| {
        let (call, tool, input) = (CallId::named(call), "look".to_owned(), "{}".to_owned());
        Entry::ToolCall { call, tool, input, execution: Execution::Server }
    };
    let output = |call| {
        let outcome = Outcome::new(OutcomeKind::Text, format!("the output of {call}"));
        Entry::ToolOutput { call: CallId::named(call), tool: "look".to_owned(), outcome }
    };
    let source = || Entry::Source { source: Source::new("https://example.com/?a=\"b\"", Some("A \"page\"")).unwrap() };
    let complete = Some(Ending::Complete(FinishReason::Stop));
    [
        ("m1", "~", vec![text("A \"question\"\\\n\u{1}👋🏽")], complete),
        ("m2", "01#0", vec![reasoning("Hm\n, ")], complete),
        ("m2", "01#1", vec![reasoning("\"so\"."), text("An ")], complete),
        ("m2", "01#2", vec![text("ans")], complete),
        ("m2", "~", vec![text("WER"), text(""), reasoning("Or?"), text("!"), source()], complete),
        ("m3", "01#0", vec![Entry::StepStart, reasoning("…"), text("Half")], Some(Ending::Stopped)),
        ("m3", "~", vec![step_end(), Entry::StepStart, text("way")], Some(Ending::Stopped)),
        ("m4", "~", vec![text("")], Some(Ending::Failed(crate::error::ErrorCode::Internal))),
        ("m5", "~", vec![reasoning("…")], Some(Ending::Interrupted)),
        ("m6", "01#0", vec![text("Gone")], None),
        ("m7", "~", vec![text("So far")], None),
        ("m8", "01#0", vec![Entry::StepStart, started("one"), asked("one"), asked("two")], complete),
        ("m8", "~", vec![step_end(), output("two"), output("one"), Entry::StepStart, text("Done")], complete),
    ]
    .map(|(id, name, entries, ending)| piece(id, name, entries, ending))
    .into()
}

fn piece(id: &str, name: &str, entries: Vec<Entry>, ending: Option<Ending>) -> Piece {
    let role = if id == "m1" { Role::User } else { Role::Assistant };
    let (user, conversation) = ("alice".parse().unwrap(), "c".parse().unwrap());
    let message = Message {
        status: ending.map_or(Status::Streaming, Ending::status),
        role,
        ..Message::question(id.parse().unwrap(), user, conversation, None, "", Timestamp(1))
    };
    let of = StoredMessage {
        message,
        lease: None,
        ending,
        stop_requested: false,
        subscribers: Vec::new(),
        is_due: false,
        missed: false,
        waits_until: None,
        prompt_tokens: 0,
    };
    let name: PieceName = name.parse().unwrap();
    Piece { of: Arc::new(of), name, entries }
}
