//! What is stored of a conversation is read back, exported and found: whole and once, whatever it consists of and however
//! large the pages are.

mod cases;

use std::collections::BTreeSet;

use natter::conversation::{Entry, Message, join_entries};
use natter::db::{Save, TurnStore};
use natter::protocol::{ExportConversation, ExportFormat, Operation, RenameConversation, fold};
use natter::turn::{Ending, FinishReason, TurnKey};
use serde_json::{Value, json};

use self::cases::{for_conversations, text};
use crate::support::Step::Finish;
use crate::support::{
    Chat, Follows, PastTurn, conversation_id, export, history, newer, put_past, saving, search, texts, user,
};

#[test]
fn history_export_and_search_agree_on_what_is_stored_at_every_page_size() {
    for_conversations(async |chat, case| {
        let messages = case.store(chat).await;
        let whole = history(chat, "c", 100).await;
        let expected: Vec<Value> = messages.iter().map(shown).collect();
        assert_eq!(whole.iter().map(id_and_parts).collect::<Vec<_>>(), expected);
        let markdown = export(chat, "c", ExportFormat::Markdown).await;
        for message in &messages {
            assert!(markdown.contains(&message.content()), "{} in {markdown}", message.content());
        }

        let small = chat.with_page_bytes(case.page_bytes);
        assert_eq!(history(&small, "c", case.limit).await, whole);
        assert_eq!(file(&export(&small, "c", ExportFormat::Json).await), whole);
        assert_eq!(export(&small, "c", ExportFormat::Markdown).await, markdown);
        let at = case.at.index(whole.len());
        let [on, before] = newer(&small, "c", case.limit, &ids(&whole)[at]).await;
        assert_eq!((&on[..], &before[..]), (&whole[at..], &whole[..at]));
        for message in &messages {
            let content = message.content();
            // Some replies are empty.
            if let Some(needle) =
                content.split_whitespace().find(|word| word.starts_with("needle") && word.ends_with(['q', 'r']))
            {
                assert_eq!(found(&small, needle, case.limit).await, [message.id.to_string()], "{content}");
            }
        }
    });
}

#[test]
fn a_damaged_conversation_is_read_once_and_consistently() {
    for_conversations(async |chat, case| {
        let messages = case.store(chat).await;
        let items = chat.database.messages(&chat.caller.user, "c").await;
        for (item, damage) in &case.damages {
            chat.database.damage(&items[item.index(items.len())], *damage).await;
        }
        let items = chat.database.messages(&chat.caller.user, "c").await;
        let is_left = |id: &String| items.iter().any(|item| item["sk"].as_s() == Ok(&format!("MSG#{id}#~")));
        let left: Vec<String> = messages.iter().map(|message| message.id.to_string()).filter(is_left).collect();

        let whole = history(chat, "c", 100).await;
        assert_eq!(ids(&whole), left);
        let small = chat.with_page_bytes(case.page_bytes);
        assert_eq!(history(&small, "c", case.limit).await, whole);
        assert_eq!(file(&export(&small, "c", ExportFormat::Json).await), whole);
        let markdown = export(chat, "c", ExportFormat::Markdown).await;
        assert_eq!(export(&small, "c", ExportFormat::Markdown).await, markdown);
        if let Some(at) = left.get(case.at.index(left.len().max(1))) {
            let [on, before] = newer(&small, "c", case.limit, at).await;
            let (earlier, later): (Vec<_>, Vec<_>) =
                whole.into_iter().partition(|message| message["id"].as_str() < Some(at));
            assert_eq!((on, before), (later, earlier));
        }
        let hits = found(&small, "needle", case.limit).await;
        assert_eq!(BTreeSet::from_iter(&hits).len(), hits.len(), "each message once");
    });
}

#[tokio::test]
async fn a_reply_regenerated_many_times_does_not_hide_its_context() {
    let chat = Chat::with_model([Finish]).await;
    let mut turns = vec![turn(Follows::Newest, "early", "early reply"), turn(Follows::Newest, "question", "reply 0")];
    turns.extend((1..60).map(|number| turn(Follows::Regenerated(0), "", &format!("reply {number}"))));
    put_past(&chat.store(), &user("alice"), &conversation_id("c"), &turns).await;
    let small = chat.with_page_bytes(1_000);
    let messages = history(&small, "c", 30).await;
    assert_eq!(texts(&messages), ["early", "early reply", "question", "reply 59"]);
    assert_eq!(file(&export(&small, "c", ExportFormat::Json).await), messages);
    let reply = &messages[3]["metadata"];
    assert_eq!((&reply["siblingIndex"], &reply["siblingCount"]), (&json!(59), &json!(60)));
    let siblings = reply["siblings"].as_array().unwrap();
    assert_eq!((siblings.len(), siblings.last()), (11, Some(&messages[3]["id"])));

    let [shown, _] = newer(&small, "c", 30, siblings[0].as_str().unwrap()).await;
    assert_eq!(texts(&shown), ["reply 49"]);
    let earlier = &shown[0]["metadata"];
    assert_eq!((&earlier["siblingIndex"], earlier["siblings"].as_array().unwrap().len()), (&json!(49), 21));
}

#[tokio::test]
async fn every_answer_fits_a_post_whatever_is_in_it() {
    let chat = Chat::with_model([Finish]).await;
    // Six bytes of JSON each, and four of a title.
    let (control, wide) = ("\u{1}".repeat(2_000), "𝕿".repeat(200));
    let names: Vec<String> = (0..3).map(|number| format!("{number}{}", "\"".repeat(254))).collect();
    for name in &names {
        let turns: Vec<_> = (0..13).map(|_| turn(Follows::Newest, &control, &control)).collect();
        put_past(&chat.store(), &user("alice"), &conversation_id(name), &turns).await;
        let rename = RenameConversation { id: conversation_id(name), title: wide.clone() };
        chat.asks(Operation::Rename(rename)).await.unwrap();
    }
    let hits = search(&chat, &"\u{1}".repeat(200), 50).await;
    assert_eq!(hits.len(), 3 * 26);
    let messages = history(&chat, &names[0], 100).await;
    assert_eq!(texts(&messages), vec![control; 26]);
    assert_eq!(file(&export(&chat, &names[0], ExportFormat::Json).await), messages);
}

#[tokio::test]
async fn an_export_is_exact_although_segments_are_sealed_between_pages() {
    let chat = Chat::with_model([Finish]).await.with_page_bytes(300);
    let (first, rest) = ("0123456789".repeat(20), "abcdefghij".repeat(20));
    let running = PastTurn { ending: None, ..turn(Follows::Newest, "q", &format!("{first}{rest}")) };
    let messages = put_past(&chat.store(), &user("alice"), &conversation_id("c"), &[running]).await;
    let key =
        TurnKey { user_id: user("alice"), conversation_id: conversation_id("c"), message_id: messages[1].id.clone() };
    let lease = chat.store().reply(&key).await.unwrap().unwrap().lease.unwrap();
    let seal = async || {
        let tail = [text(&rest), text(" and on")];
        let ending = Some(Ending::Complete(FinishReason::Stop));
        chat.store().save_segment(&key, &lease, 0, &[text(&first)]).await.unwrap();
        let lease = lease.renewed(lease.expires_at);
        let save = Save { ending, ..saving(&key, &lease, 1, &tail) };
        chat.store().save_turn(save).await.unwrap();
    };
    let mut file = String::new();
    let mut cursor = None;
    loop {
        let (id, format) = (conversation_id("c"), ExportFormat::Markdown);
        let page = chat.asks(Operation::Export(ExportConversation { id, format, cursor })).await.unwrap();
        file.push_str(page["text"].as_str().unwrap());
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
        if file.contains("abc") && !file.contains(&rest) && chat.segments().await == 0 {
            seal().await;
        }
    }
    assert_eq!(chat.segments().await, 1, "it was sealed in the midst of the export");
    assert!(file.ends_with(&format!("## Reply\n\n{first}{rest} and on\n")), "{file}");
}

#[tokio::test]
async fn a_match_is_found_across_any_segment_boundary() {
    let chat = Chat::with_model([Finish]).await;
    let piece = |number: usize| vec![text(&format!("dle{number}x {} nee", "pebble ".repeat(600)))];
    let long = PastTurn { segments: (0..260).map(piece).collect(), ..turn(Follows::Newest, "q", "!") };
    let turns = [turn(Follows::Newest, "p", "r"), long];
    put_past(&chat.store(), &user("alice"), &conversation_id("c"), &turns).await;
    for number in [1, 59, 60, 61, 62, 63, 259] {
        assert_eq!(found(&chat, &format!("NEEDLE{number}X"), 20).await.len(), 1, "{number}");
    }
    assert_eq!(found(&chat, "pebble", 20).await.len(), 1);
}

#[tokio::test]
async fn a_match_is_found_despite_reasoning_at_a_segment_boundary() {
    let chat = Chat::with_model([Finish]).await;
    let piece = |number: usize| match number % 2 {
        0 => vec![text(&format!("dle{number}x {} nee", "pebble ".repeat(20)))],
        _ => vec![Entry::Reasoning { text: "Hm. ".repeat(100) }],
    };
    let long = PastTurn { segments: (0..260).map(piece).collect(), ..turn(Follows::Newest, "q", "!") };
    put_past(&chat.store(), &user("alice"), &conversation_id("c"), &[long]).await;
    for number in (56..70).step_by(2) {
        assert_eq!(found(&chat, &format!("NEEDLE{number}X"), 20).await.len(), 1, "{number}");
    }
}

fn turn(follows: Follows, question: &str, reply: &str) -> PastTurn {
    PastTurn {
        follows,
        question: question.to_owned(),
        segments: Vec::new(),
        tail: vec![text(reply)],
        ending: Some(Ending::Complete(FinishReason::Stop)),
    }
}

/// A message as clients are shown it, of what is compared.
fn shown(message: &Message) -> Value {
    let said = message.entries.iter().filter(|entry| entry.size() > 0).cloned();
    json!({"id": message.id, "parts": fold(join_entries(said), true)})
}

fn id_and_parts(message: &Value) -> Value {
    json!({"id": message["id"], "parts": message["parts"]})
}

fn ids(messages: &[Value]) -> Vec<String> {
    messages.iter().map(|message| message["id"].as_str().unwrap().to_owned()).collect()
}

/// The messages of an exported file.
fn file(text: &str) -> Vec<Value> {
    let mut file: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    file["messages"].as_array_mut().map(std::mem::take).unwrap()
}

/// The messages in which a text is found.
async fn found(chat: &Chat, query: &str, limit: usize) -> Vec<String> {
    let hits = search(chat, query, limit).await;
    hits.iter().filter_map(|hit| hit["messageId"].as_str()).map(str::to_owned).collect()
}
