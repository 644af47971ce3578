//! All pages of something, put together as a client does it.

use natter::protocol::{ExportConversation, ExportFormat, GetConversation, Operation, SearchConversations};
use serde_json::{Value, json};

use super::{Chat, conversation_id};

/// More pages than any test has: what is followed further goes round.
const MAX_PAGES: usize = 100_000;

/// All messages of the branch at the conversation's head, oldest first.
pub async fn history(chat: &Chat, conversation: &str, limit: usize) -> Vec<Value> {
    let mut messages = Vec::new();
    for mut page in pages(chat, |cursor| get(conversation, limit, cursor, None), "nextCursor").await {
        messages = joined(take(&mut page["messages"]), messages);
    }
    messages
}

/// The messages of a branch from one of them on, and those before it.
pub async fn newer(chat: &Chat, conversation: &str, limit: usize, at: &str) -> [Vec<Value>; 2] {
    let first = chat.asks(get(conversation, limit, None, Some(at))).await.unwrap();
    let older = first["nextCursor"].as_str().map(str::to_owned);
    let mut messages = Vec::new();
    for mut page in pages(chat, |cursor| get(conversation, limit, cursor, Some(at)), "newerCursor").await {
        messages = joined(messages, take(&mut page["messages"]));
    }
    let mut before = Vec::new();
    if let Some(older) = older {
        let back = |cursor: Option<String>| get(conversation, limit, cursor.or_else(|| Some(older.clone())), None);
        for mut page in pages(chat, back, "nextCursor").await {
            before = joined(take(&mut page["messages"]), before);
        }
    }
    [messages, before]
}

/// A conversation's file.
pub async fn export(chat: &Chat, conversation: &str, format: ExportFormat) -> String {
    let export = |cursor| Operation::Export(ExportConversation { id: conversation_id(conversation), format, cursor });
    let pages = pages(chat, export, "nextCursor").await;
    pages.iter().map(|page| page["text"].as_str().unwrap()).collect()
}

/// All hits of a search.
pub async fn search(chat: &Chat, query: &str, limit: usize) -> Vec<Value> {
    let search = |cursor| Operation::Search(SearchConversations { query: query.to_owned(), limit, cursor });
    let mut hits = Vec::new();
    for mut page in pages(chat, search, "nextCursor").await {
        let mut found = take(&mut page["hits"]);
        assert!(found.len() <= limit);
        hits.append(&mut found);
    }
    hits
}

/// What messages say, each in one text.
pub fn texts(messages: &[Value]) -> Vec<String> {
    let text = |message: &Value| {
        message["parts"].as_array().unwrap().iter().map(|part| part["text"].as_str().unwrap()).collect()
    };
    messages.iter().map(text).collect()
}

fn get(conversation: &str, limit: usize, cursor: Option<String>, at: Option<&str>) -> Operation {
    let at = at.map(|at| at.parse().unwrap());
    Operation::Get(GetConversation { id: conversation_id(conversation), limit, cursor, branch: None, at })
}

// Every cursor leads to a page that has not been there yet.
async fn pages(chat: &Chat, operation: impl Fn(Option<String>) -> Operation, cursor: &str) -> Vec<Value> {
    let mut pages = Vec::new();
    let mut next = None;
    loop {
        let page = chat.asks(operation(next.clone())).await.unwrap();
        let before = std::mem::replace(&mut next, page[cursor].as_str().map(str::to_owned));
        assert!(next.is_none() || next != before, "a page leads to itself: {next:?}");
        pages.push(page);
        if next.is_none() {
            return pages;
        }
        assert!(pages.len() < MAX_PAGES, "the pages do not end: {next:?}");
    }
}

// Two neighbouring pages: where a message was cut, it is whole again.
fn joined(mut older: Vec<Value>, mut newer: Vec<Value>) -> Vec<Value> {
    if let (Some(beginning), Some(rest)) = (older.last_mut(), newer.first_mut())
        && beginning["id"] == rest["id"]
    {
        for part in take(&mut rest["parts"]) {
            let parts = beginning["parts"].as_array_mut().unwrap();
            match parts.last_mut().filter(|last| last["type"] == part["type"] && part["text"].is_string()) {
                Some(last) => {
                    last["text"] = json!(last["text"].as_str().unwrap().to_owned() + part["text"].as_str().unwrap());
                }
                None => parts.push(part),
            }
        }
        newer.remove(0);
    }
    older.append(&mut newer);
    older
}

fn take(list: &mut Value) -> Vec<Value> {
    list.as_array_mut().map(std::mem::take).unwrap()
}
