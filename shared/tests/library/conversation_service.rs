//! Operations on conversations, through the service, on the real store.

use std::collections::BTreeSet;

use natter::conversation::MessageId;
use natter::error::ErrorCode;
use natter::llm::ModelError;
use natter::protocol::{
    ExportConversation, ExportFormat, GetConversation, GiveFeedback, ListConversations, Operation, Rating,
    RenameConversation, SearchConversations, SendFrame,
};
use natter::turn::{Intent, Opening, Parent};
use serde_json::Value;

use crate::support::Step::{Fail, Finish, Hang, Say, Think};
use crate::support::{Chat, conversation_id, edit, send};

#[tokio::test]
async fn a_search_finds_words_in_titles_questions_and_replies_ignoring_case() {
    let chat = Chat::with_model([Think("ghost"), Say("Die Größe zählt."), Finish]).await;
    chat.says(send("r1", "trees", "m1", "How tall are TREES?")).await.unwrap();
    chat.says(send("r2", "sea", "m2", "How deep is the sea?")).await.unwrap();
    rename(&chat, "sea", "Die GRÖSSE der See").await;
    let hit = |hit: &Value| (text(&hit["conversationId"]), hit["messageId"].is_string(), text(&hit["snippet"]));
    let hits = search_all(&chat, "trees", 20).await;
    let found: Vec<_> = hits.iter().map(hit).collect();
    // The title is the first words, until there is another.
    let both = [("trees", false, "How tall are TREES?"), ("trees", true, "How tall are TREES?")];
    assert_eq!(found, both.map(|(id, message, snippet)| (id.to_owned(), message, snippet.to_owned())));
    assert_eq!(search_all(&chat, "größe", 20).await.len(), 3, "each reply, and the title: ß is ss");
    assert_eq!(search_all(&chat, "GRÖSSE DER", 20).await.len(), 1, "the title");
    assert_eq!(search_all(&chat, "ghost", 20).await.len(), 0, "thoughts are not searched");
    assert_eq!(search_all(&chat.as_user("bob"), "trees", 20).await.len(), 0);
}

#[tokio::test]
async fn a_search_covers_everything_page_by_page() {
    let chat = Chat::with_model([Say("pebble"), Finish]).await;
    for number in 0..30 {
        let (request, conversation) = (format!("r{number}"), format!("c{}", number % 6));
        chat.says(send(&request, &conversation, &format!("m{number}"), &format!("stone {number}"))).await.unwrap();
    }
    for limit in [1, 2, 7, 50] {
        let hits = search_all(&chat, "pebble", limit).await;
        let messages: BTreeSet<String> = hits.iter().map(|hit| text(&hit["messageId"])).collect();
        assert_eq!((hits.len(), messages.len()), (30, 30), "pages of {limit}");
    }
}

#[tokio::test]
async fn long_messages_are_exported_completely_in_both_formats() {
    let long = "A \"long\" line\nof this é 👋 reply. ".repeat(12_000);
    let long: &'static str = Box::leak(long.into_boxed_str());
    let chat = Chat::with_models([
        vec![Think("Hm.\n"), Say("First."), Finish],
        vec![Think("Well."), Say(long), Finish],
        vec![Say("Other."), Finish],
        vec![Say("Third."), Finish],
    ])
    .await;
    for frame in [send("r1", "c", "m1", "one"), send("r2", "c", "m2", "two"), edit("r3", "c", "m2", "two, edited")] {
        chat.says(frame).await.unwrap();
    }
    let edited = export(&chat, ExportFormat::Markdown).await;
    let expected = "# one\n\n## You\n\none\n\n## Reply\n\nFirst.\n\n## You\n\ntwo, edited\n\n## Reply\n\nOther.\n";
    assert_eq!(edited.0, expected);

    let answer = chat.stored().await[3].message.id.clone();
    chat.says(branching("r4", "m4", "three", &answer)).await.unwrap();
    let (markdown, pages) = export(&chat, ExportFormat::Markdown).await;
    assert_eq!(
        markdown,
        format!(
            "# one\n\n## You\n\none\n\n## Reply\n\nFirst.\n\n## You\n\ntwo\n\n## Reply\n\n{long}\n\n## You\n\nthree\n\n## Reply\n\nThird.\n"
        )
    );
    assert!(pages > 3, "{pages} pages");
    let (json, _) = export(&chat, ExportFormat::Json).await;
    let file: Value = serde_json::from_str(&json).unwrap();
    let parts: Vec<&Value> = file["messages"].as_array().unwrap().iter().map(|message| &message["parts"]).collect();
    assert_eq!(parts.len(), 6);
    assert_eq!(
        parts[1],
        &serde_json::json!([{"type": "reasoning", "text": "Hm.\n"}, {"type": "text", "text": "First."}])
    );
    assert_eq!((parts[3][0]["text"].as_str(), parts[3][1]["text"].as_str()), (Some("Well."), Some(long)));
    assert_eq!(file["conversation"]["title"], "one");
}

#[tokio::test]
async fn feedback_is_stored_with_the_message_until_it_is_withdrawn() {
    let chat = Chat::with_model([Say("Hello."), Finish]).await;
    chat.says(send("r1", "c", "m1", "Hi")).await.unwrap();
    let reply = chat.head().await;
    for (rating, shown) in [(Rating::Up, Some("up")), (Rating::Down, Some("down")), (Rating::None, None)] {
        rate(&chat, &reply, rating).await.unwrap();
        let read = get(&chat).await;
        assert_eq!(read["messages"][1]["metadata"]["feedback"].as_str(), shown);
    }
    let refused = rate(&chat, &"nothing".parse().unwrap(), Rating::Up).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotFound);
    let refused = rate(&chat.as_user("bob"), &reply, Rating::Up).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn the_model_names_a_conversation_once_after_its_first_exchange() {
    let chat = Chat::with_models([
        vec![Say("Oaks."), Finish],
        vec![Say("\"Tall"), Say(" Trees\"\n"), Hang],
        vec![Say("More."), Finish],
    ])
    .await
    .with_titles();
    chat.connects("alice", "tab").await;
    chat.says(send("r1", "c", "m1", "Which trees are tall?")).await.unwrap();
    assert_eq!(title(&chat).await, "Tall Trees");
    let asked = chat.model.prompts().pop().unwrap();
    assert!(asked.contains("Which trees are tall?") && asked.contains("Oaks."), "{asked}");
    chat.sink.wait_for("tab", |frame| frame["notice"] == "title-changed" && frame["title"] == "Tall Trees").await;
    chat.says(send("r2", "c", "m2", "And small?")).await.unwrap();
    assert_eq!(chat.model.prompts().len(), 3, "two replies and a title");
}

#[tokio::test]
async fn a_title_the_model_fails_to_write_is_the_first_words() {
    let fail: fn() -> ModelError = || ModelError::Unreachable("gone".to_owned());
    for answer in [vec![Fail(fail)], vec![Say(" \n"), Finish], vec![Finish]] {
        let chat = Chat::with_models([vec![Say("Oaks."), Finish], answer]).await.with_titles();
        chat.says(send("r1", "c", "m1", "Which trees\nare tall?")).await.unwrap();
        assert_eq!(title(&chat).await, "Which trees are tall?");
    }
    let chat = Chat::with_model([Fail(fail)]).await.with_titles();
    chat.says(send("r1", "c", "m1", "Hello?")).await.unwrap();
    assert_eq!((chat.model.prompts().len(), title(&chat).await.as_str()), (1, "Hello?"), "it is not asked again");
}

#[tokio::test]
async fn a_title_set_by_the_user_stays() {
    let chat = Chat::with_model([Say("Oaks."), Finish]).await.with_titles();
    let running = {
        let turn = chat.service.begin(&chat.caller, send("r1", "c", "m1", "Which trees?")).await.unwrap().unwrap();
        rename(&chat, "c", "Mine").await;
        turn.run(std::time::Duration::from_secs(60))
    };
    running.await;
    assert_eq!(title(&chat).await, "Mine");
}

#[tokio::test]
async fn an_edit_of_an_old_message_has_the_history_before_it() {
    let chat = Chat::with_model([Say("reply"), Finish]).await;
    for number in 0..40 {
        let (request, message) = (format!("r{number}"), format!("m{number}"));
        chat.says(send(&request, "c", &message, &format!("question {number}"))).await.unwrap();
    }
    let all = chat.stored().await;
    let (early, next) = (all[3].message.id.clone(), all[4].message.id.clone());
    chat.says(branching("again", "other", "another question", &early)).await.unwrap();
    let prompt = chat.model.prompts().pop().unwrap();
    assert!(prompt.ends_with("question 0|reply|question 1|reply|another question"), "{prompt}");

    let read = get(&chat).await;
    let messages = read["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 6);
    let siblings: Vec<String> = messages[4]["metadata"]["siblings"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(siblings, [next.to_string(), text(&messages[4]["id"])]);
    chat.says(send("on", "c", "on", "and on")).await.unwrap();
    let prompt = chat.model.prompts().pop().unwrap();
    assert!(prompt.ends_with("question 0|reply|question 1|reply|another question|reply|and on"), "{prompt}");
}

async fn search_all(chat: &Chat, query: &str, limit: usize) -> Vec<Value> {
    let (mut hits, mut cursor) = (Vec::new(), None);
    loop {
        let search = SearchConversations { query: query.to_owned(), limit, cursor };
        let mut page = chat.asks(Operation::Search(search)).await.unwrap();
        let found = page["hits"].as_array_mut().unwrap();
        assert!(found.len() <= limit);
        hits.append(found);
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return hits;
        }
    }
}

/// The file, and how many pages it came in.
async fn export(chat: &Chat, format: ExportFormat) -> (String, usize) {
    let (mut file, mut pages, mut cursor) = (String::new(), 0, None);
    loop {
        let export = ExportConversation { id: conversation_id("c"), format, cursor };
        let page = chat.asks(Operation::Export(export)).await.unwrap();
        assert!(page.to_string().len() < 120_000, "a page of {} bytes", page.to_string().len());
        file.push_str(page["text"].as_str().unwrap());
        pages += 1;
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return (file, pages);
        }
    }
}

async fn get(chat: &Chat) -> Value {
    let get = GetConversation { id: conversation_id("c"), limit: 100, cursor: None, branch: None, at: None };
    chat.asks(Operation::Get(get)).await.unwrap()
}

async fn rate(chat: &Chat, message: &MessageId, rating: Rating) -> Result<Value, natter::error::ChatError> {
    let feedback = GiveFeedback { id: conversation_id("c"), message_id: message.clone(), rating, comment: None };
    chat.asks(Operation::Feedback(feedback)).await
}

async fn rename(chat: &Chat, conversation: &str, title: &str) {
    let rename = RenameConversation { id: conversation_id(conversation), title: title.to_owned() };
    chat.asks(Operation::Rename(rename)).await.unwrap();
}

async fn title(chat: &Chat) -> String {
    let list = chat.asks(Operation::List(ListConversations { limit: 1, cursor: None })).await.unwrap();
    text(&list["conversations"][0]["title"])
}

fn branching(request: &str, message: &str, text: &str, parent: &MessageId) -> SendFrame {
    let sent = send(request, "c", message, text);
    let intent = Intent::Submit { parent: Some(Parent::Message(parent.clone())), edited: None };
    SendFrame { opening: Opening { intent, ..sent.opening }, ..sent }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
