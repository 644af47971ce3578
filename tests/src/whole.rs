//! Everything of something, read page by page and put together as a client does it.

use serde_json::{Value, json};

use crate::client::Client;
use crate::table::Table;

/// The largest answer, with its frame: what the gateway posts.
const POST_BYTES: usize = 128 * 1024;

impl Client {
    /// All messages of a branch of a conversation, oldest first. `request` is that of `conversations.get`.
    pub async fn whole_history(&mut self, request: Value) -> Vec<Value> {
        let mut messages = Vec::new();
        for mut page in self.pages("conversations.get", request.clone(), "nextCursor").await {
            let older = take(&mut page["messages"]);
            assert!(older.len() as u64 <= request["limit"].as_u64().unwrap_or(30), "{} messages", older.len());
            messages = joined(older, messages);
        }
        messages
    }

    /// A conversation's file, as it is written page by page.
    pub async fn whole_export(&mut self, conversation: &str, format: &str) -> String {
        let request = json!({"id": conversation, "format": format});
        let pages = self.pages("conversations.export", request, "nextCursor").await;
        pages.iter().map(|page| page["text"].as_str().unwrap()).collect()
    }

    /// The messages of a conversation's file of JSON, oldest first.
    pub async fn whole_file(&mut self, conversation: &str) -> Vec<Value> {
        let text = self.whole_export(conversation, "json").await;
        let mut file: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
        take(&mut file["messages"])
    }

    /// All that a search finds.
    pub async fn all_hits(&mut self, query: &str) -> Vec<Value> {
        let pages = self.pages("conversations.search", json!({"query": query}), "nextCursor").await;
        pages.into_iter().flat_map(|mut page| take(&mut page["hits"])).collect()
    }

    /// All pages of an operation, as one cursor leads to the next.
    pub async fn pages(&mut self, operation: &str, request: Value, cursor: &str) -> Vec<Value> {
        let (mut request, mut pages) = (request, Vec::new());
        loop {
            let mut page = self.result(operation, request.clone()).await;
            assert!(page.to_string().len() < POST_BYTES, "a page of {} bytes", page.to_string().len());
            let next = page[cursor].take();
            pages.push(page);
            if next.is_null() {
                return pages;
            }
            assert_ne!(request["cursor"], next, "a page leads to itself");
            request["cursor"] = next;
        }
    }

    /// Checks that the caller's conversation is read back and exported as it is stored, and returns its messages. Nothing may
    /// change meanwhile.
    pub async fn check_whole(&mut self, table: &Table, user: &str, conversation: &str) -> Vec<Value> {
        let stored: Vec<(&str, &str)> =
            table.branch(user, conversation).iter().map(|message| (&*message.id, &*message.text)).collect();
        let messages = self.whole_history(json!({"id": conversation})).await;
        let texts: Vec<(&str, String)> =
            messages.iter().map(|message| (message["id"].as_str().unwrap(), answer_of(message))).collect();
        let shown: Vec<(&str, &str)> = texts.iter().map(|(id, text)| (*id, text.as_str())).collect();
        assert_eq!(shown, stored, "the history of {conversation}");
        assert_eq!(self.whole_file(conversation).await, messages, "the file of {conversation}");
        let markdown = self.whole_export(conversation, "markdown").await;
        let mut rest = markdown.as_str();
        for (id, text) in &texts {
            let found = rest.find(text.as_str()).unwrap_or_else(|| panic!("{id} is not in the file to read"));
            rest = &rest[found + text.len()..];
        }
        messages
    }
}

/// Two neighbouring pages: a message that was cut is whole again.
pub fn joined(mut older: Vec<Value>, mut newer: Vec<Value>) -> Vec<Value> {
    if let (Some(beginning), Some(rest)) = (older.last_mut(), newer.first_mut())
        && beginning["id"] == rest["id"]
    {
        let parts = beginning["parts"].as_array_mut().unwrap();
        for part in take(&mut rest["parts"]) {
            match parts.last_mut().filter(|last| last["type"] == part["type"]) {
                Some(last) => {
                    last["text"] = json!([&last["text"], &part["text"]].map(|text| text.as_str().unwrap()).concat())
                }
                None => parts.push(part),
            }
        }
        newer.remove(0);
    }
    older.append(&mut newer);
    older
}

// What a message says, without thoughts.
fn answer_of(message: &Value) -> String {
    let parts = message["parts"].as_array().unwrap().iter().filter(|part| part["type"] == "text");
    parts.map(|part| part["text"].as_str().unwrap()).collect()
}

fn take(list: &mut Value) -> Vec<Value> {
    list.as_array_mut().map(std::mem::take).unwrap()
}
