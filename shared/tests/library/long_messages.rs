//! Messages that are longer than a frame: they are sent in parts, are stored once, and are read back like any other.

use std::sync::Arc;
use std::time::Duration;

use natter::caller::Caller;
use natter::conversation::Timestamp;
use natter::db::{TextPartStore, TurnStore};
use natter::error::{ChatError, ErrorCode};
use natter::protocol::{ExportFormat, GetConversation, MAX_TEXT_BYTES, Operation, SendFrame, TextPartFrame};
use natter::services::TextAssembly;
use natter::turn::{Opening, Subscriber};
use serde_json::Value;
use tokio::time::Instant;

use crate::support::Step::{Finish, Say};
use crate::support::{
    Chat, MemoryStore, conversation_id, edit, export, history, new_turn, newer, search, send, texts, user,
};

#[tokio::test]
async fn a_message_of_200_kb_is_sent_in_parts_and_read_back_whole() {
    let chat = Chat::with_model([Say("Read."), Finish]).await;
    let text = long_text("Once upon a time");
    says(&chat, send("r1", "c", "m1", &text)).await.unwrap();
    assert_eq!(chat.model.prompts(), [format!("Be kind.|{text}")]);
    assert_eq!(chat.database.count("TEXT#").await, 0, "its parts are removed");
    is_read_back(&chat, &text, 2).await;

    // Sent once more, as after a connection that was lost: it is known again.
    says(&chat, send("r2", "c", "m1", &text)).await.unwrap();
    assert_eq!((chat.sink.text("tab", "r2").as_str(), chat.stored().await.len()), ("Read.", 2));

    let edited = long_text("Twice upon a time");
    says(&chat, edit("r3", "c", "m1", &edited)).await.unwrap();
    is_read_back(&chat, &edited, 4).await;
    let siblings = &history(&chat, "c", 100).await[0]["metadata"]["siblings"];
    assert_eq!(siblings.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_longest_message_is_read_back_whatever_it_consists_of() {
    // One byte is six of JSON, or three are one character.
    for character in ["\u{1}", "世"] {
        let chat = Chat::with_model([Say("Read."), Finish]).await;
        let text = character.repeat(MAX_TEXT_BYTES / character.len());
        chat.says(send("r1", "c", "m1", &text)).await.unwrap();
        assert!(texts(&history(&chat, "c", 100).await) == [text.as_str(), "Read."], "{character:?}");
        assert!(export(&chat, "c", ExportFormat::Markdown).await.contains(&text), "{character:?}");
        assert!(file(&export(&chat, "c", ExportFormat::Json).await) == text, "{character:?}");
    }
}

#[tokio::test]
async fn a_page_says_that_its_first_message_lacks_its_beginning() {
    let chat = Chat::with_model([Say("Read."), Finish]).await;
    chat.says(send("r1", "c", "m1", "Short.")).await.unwrap();
    chat.says(send("r2", "c", "m2", &long_text("Long"))).await.unwrap();
    let page = async |cursor: Option<String>| {
        let get = GetConversation { id: conversation_id("c"), limit: 30, cursor, branch: None, at: None };
        chat.asks(Operation::Get(get)).await.unwrap()
    };
    let (mut cursor, mut cut) = (None, Vec::new());
    loop {
        let page = page(cursor).await;
        cut.push((page["messages"].as_array().unwrap().len(), page.get("isCut").cloned()));
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(cut, [(2, Some(Value::Bool(true))), (1, Some(Value::Bool(true))), (3, None)]);
}

#[tokio::test(start_paused = true)]
async fn a_message_waits_for_the_parts_that_it_has_overtaken() {
    let (store, texts) = in_memory();
    let (alice, began) = (caller(), Instant::now());
    let late = async {
        for index in [1, 0] {
            tokio::time::sleep(Duration::from_secs(1)).await;
            texts.keep(&alice, part("r1", index, &format!("{index} "))).await.unwrap();
        }
    };
    let (whole, ()) = tokio::join!(texts.complete(&alice, ending("r1", "m1", "end", 2)), late);
    let (frame, leftover) = whole.unwrap().unwrap();
    assert_eq!((frame.opening.text.as_str(), began.elapsed().as_secs()), ("0 1 end", 2));
    leftover.unwrap().remove().await;
    assert_eq!(store.text_parts(&alice.user, &request_of(&alice, "r1"), 1).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_parts_do_not_arrive_is_rejected() {
    let (_, texts) = in_memory();
    let (alice, began) = (caller(), Instant::now());
    texts.keep(&alice, part("r1", 0, "a")).await.unwrap();
    texts.keep(&alice, part("r2", 1, "another request's")).await.unwrap();
    texts.keep(&Caller { user: user("bob"), ..caller() }, part("r1", 1, "another user's")).await.unwrap();
    let refused = texts.complete(&alice, ending("r1", "m1", "end", 2)).await.err().unwrap();
    assert_eq!((refused.code, &refused.details["field"]), (ErrorCode::InvalidFrame, &Value::from("body.textParts")));
    assert_eq!(began.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_redelivered_frame_of_an_accepted_request_has_no_effect() {
    let (store, texts) = in_memory();
    store.begin_turn(&new_turn(&user("alice"), "r1", None)).await.unwrap();
    let alice = Caller { connection: "connection".parse().unwrap(), ..caller() };
    texts.keep(&alice, part("r1", 0, "a")).await.unwrap();
    assert_eq!(store.text_parts(&alice.user, &request_of(&alice, "r1"), 1).await.unwrap(), None);
    assert!(texts.complete(&alice, ending("r1", "m1", "end", 1)).await.unwrap().is_none());
}

/// The newest question is shown with its reply, found by its end, and in both kinds of files; so many messages are stored.
async fn is_read_back(chat: &Chat, text: &str, stored: usize) {
    assert_eq!(chat.stored().await.len(), stored);
    let messages = history(chat, "c", 100).await;
    assert!(texts(&messages) == [text, "Read."], "the history");
    let [from_it, before] = newer(chat, "c", 100, messages[0]["id"].as_str().unwrap()).await;
    assert!(from_it == messages && before.is_empty(), "opened at it");
    let hits = search(chat, "THE VERY END", 20).await;
    assert!(hits.iter().any(|hit| hit["messageId"] == messages[0]["id"]), "{hits:?}");
    assert!(export(chat, "c", ExportFormat::Markdown).await.contains(text), "the file to read");
    assert!(file(&export(chat, "c", ExportFormat::Json).await) == text, "the file to process");
}

/// The text of the first message in a file.
fn file(json: &str) -> String {
    let file: Value = serde_json::from_str(json).unwrap();
    texts(file["messages"].as_array().unwrap()).swap_remove(0)
}

/// Sends a message as clients and the function do: in parts that arrive in any order.
async fn says(chat: &Chat, frame: SendFrame) -> Result<(), ChatError> {
    let assembly = TextAssembly {
        parts: Arc::new(chat.store()),
        requests: Arc::clone(&chat.service.store),
        clock: Timestamp::now,
    };
    let mut parts = Vec::new();
    let (request, mut rest) = (frame.request_id.as_str(), frame.opening.text.as_str());
    while rest.len() > 28_000 {
        let (text, behind) = rest.split_at(rest.floor_char_boundary(28_000));
        parts.push(text);
        rest = behind;
    }
    for (index, text) in parts.iter().enumerate().rev() {
        assembly.keep(&chat.caller, part(request, index, text)).await?;
    }
    let opening = Opening { text: rest.to_owned(), ..frame.opening.clone() };
    let frame = SendFrame { opening, text_parts: parts.len(), ..frame };
    let (frame, leftover) = assembly.complete(&chat.caller, frame).await?.unwrap();
    leftover.unwrap().remove().await;
    chat.says(frame).await
}

/// 200 KB, with a beginning and an end.
fn long_text(beginning: &str) -> String {
    format!("{beginning}, \"äß世\" {}and this is the very end.", "some words and\n".repeat(13_400))
}

fn in_memory() -> (MemoryStore, TextAssembly) {
    let store = MemoryStore::default();
    let texts =
        TextAssembly { parts: Arc::new(store.clone()), requests: Arc::new(store.clone()), clock: Timestamp::now };
    (store, texts)
}

fn caller() -> Caller {
    Caller {
        user: user("alice"),
        connection: "tab".parse().unwrap(),
        connected_at: Timestamp::now(),
        token_expires_at: None,
    }
}

fn request_of(caller: &Caller, request: &str) -> Subscriber {
    Subscriber { connection: caller.connection.clone(), request: request.parse().unwrap() }
}

fn part(request: &str, index: usize, text: &str) -> TextPartFrame {
    TextPartFrame { request_id: request.parse().unwrap(), index, text: text.to_owned() }
}

/// The frame that ends a text of so many parts.
fn ending(request: &str, message: &str, rest: &str, text_parts: usize) -> SendFrame {
    SendFrame { text_parts, ..send(request, "c", message, rest) }
}
