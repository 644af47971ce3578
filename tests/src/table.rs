//! The table as it is stored, read behind the functions' backs.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::natter::Natter;

/// All that is stored of conversations.
#[derive(Debug, Default)]
pub struct Table {
    /// Questions and replies, in no order.
    pub messages: Vec<StoredMessage>,
    /// Pieces of texts whose message has not come yet.
    pub text_parts: usize,
    /// Turns that users have begun, as their allowances have it.
    pub counted: u64,
    /// Those of them that are not settled.
    pub unsettled: usize,
    // The message at the head of each conversation, by user and conversation.
    heads: HashMap<(String, String), String>,
}

/// A message as it is stored.
#[derive(Debug, Clone)]
pub struct StoredMessage {
    /// Its id.
    pub id: String,
    /// The id that the client gave it.
    pub client_id: Option<String>,
    /// Whose it is.
    pub user: String,
    /// The conversation.
    pub conversation: String,
    /// `user` or `assistant`.
    pub role: String,
    /// The message before it.
    pub parent: Option<String>,
    /// `streaming`, or how it ended.
    pub status: String,
    /// The whole text, its early pieces included.
    pub text: String,
    /// How often its turn was begun; 0 for a question.
    pub attempt: u64,
    /// Its end was not told yet.
    pub is_due: bool,
}

impl Table {
    /// Reads everything.
    pub async fn read(natter: &Natter) -> Self {
        let items = scan(natter).await;
        let mut table = Self::default();
        for item in &items {
            let key = item["sk"]["S"].as_str().unwrap_or_default();
            if key.starts_with("MSG#") && key.ends_with("#~") {
                table.messages.push(message(item, &items));
            } else if key.starts_with("TEXT#") {
                table.text_parts += 1;
            } else if key == "ALLOWANCE" {
                table.counted += number(item, "messages");
                table.unsettled += item["unsettled"]["M"].as_object().map_or(0, serde_json::Map::len);
            } else if key.starts_with("CONV#") {
                table.heads.insert((text(item, "user_id"), text(item, "id")), text(item, "head_message_id"));
            }
        }
        table
    }

    /// How many items a partition holds.
    pub async fn items_of(natter: &Natter, partition: &str) -> usize {
        scan(natter).await.iter().filter(|item| item["pk"]["S"] == partition).count()
    }

    /// The questions that a client has named so.
    pub fn questions(&self, client_id: &str) -> Vec<&StoredMessage> {
        self.messages.iter().filter(|message| message.client_id.as_deref() == Some(client_id)).collect()
    }

    /// The replies to a question, the oldest first.
    pub fn replies(&self, question: &StoredMessage) -> Vec<&StoredMessage> {
        let answers = |message: &&StoredMessage| {
            message.role == "assistant"
                && message.user == question.user
                && message.parent.as_ref() == Some(&question.id)
        };
        let mut replies: Vec<_> = self.messages.iter().filter(answers).collect();
        replies.sort_by(|one, other| one.id.cmp(&other.id));
        replies
    }

    /// The messages of the branch at a conversation's head, oldest first.
    pub fn branch(&self, user: &str, conversation: &str) -> Vec<&StoredMessage> {
        let find = |id: &String| {
            let mut own = self.messages.iter().filter(|other| other.user == user && other.conversation == conversation);
            own.find(|other| other.id == *id)
        };
        let head = self.heads.get(&(user.to_owned(), conversation.to_owned()));
        let back = std::iter::successors(head.and_then(find), |message| message.parent.as_ref().and_then(find));
        let mut branch: Vec<_> = back.collect();
        branch.reverse();
        branch
    }

    /// Whether a person who opens the message's conversation finds it there: it comes before the head, or is the head.
    pub fn is_found(&self, message: &StoredMessage) -> bool {
        let mut next = self.heads.get(&(message.user.clone(), message.conversation.clone()));
        while let Some(id) = next {
            if *id == message.id {
                return true;
            }
            next = self.messages.iter().find(|other| other.id == *id).and_then(|other| other.parent.as_ref());
        }
        false
    }

    /// The replies that have not ended.
    pub fn streaming(&self) -> Vec<&StoredMessage> {
        self.messages.iter().filter(|message| message.status == "streaming").collect()
    }

    /// How many replies have an end that nobody was told of yet.
    pub fn due(&self) -> usize {
        self.messages.iter().filter(|message| message.is_due).count()
    }
}

fn message(item: &Value, all: &[Value]) -> StoredMessage {
    let id = text(item, "id");
    let attempt = number(&item["lease"]["M"], "attempt");
    // What an earlier attempt has stored is kept until a later one stores content.
    let content_attempt = if item.get("content_attempt").is_some() { number(item, "content_attempt") } else { attempt };
    let of_this_message = format!("MSG#{id}#");
    // Few messages have any.
    let all = if number(item, "segment_count") > 0 { all } else { &[] };
    let mut segments: Vec<_> = all
        .iter()
        .filter(|other| other["pk"] == item["pk"] && text(other, "sk").starts_with(&of_this_message))
        .filter(|other| other.get("number").is_some() && number(other, "attempt") == content_attempt)
        .filter(|other| number(other, "number") < number(item, "segment_count"))
        .collect();
    segments.sort_by_key(|segment| number(segment, "number"));
    let early: String = segments.into_iter().map(|segment| text(segment, "content")).collect();
    StoredMessage {
        client_id: item.get("client_id").map(|_| text(item, "client_id")),
        user: text(item, "user_id"),
        conversation: text(item, "conversation_id"),
        role: text(item, "role"),
        parent: item.get("parent_id").map(|_| text(item, "parent_id")),
        status: text(item, "status"),
        text: early + &text(item, "content"),
        attempt,
        is_due: item.get("due").is_some(),
        id,
    }
}

fn text(item: &Value, name: &str) -> String {
    item[name]["S"].as_str().unwrap_or_default().to_owned()
}

fn number(item: &Value, name: &str) -> u64 {
    item[name]["N"].as_str().and_then(|number| number.parse().ok()).unwrap_or_default()
}

async fn scan(natter: &Natter) -> Vec<Value> {
    let mut items = Vec::new();
    let mut request = json!({"TableName": "Table", "ConsistentRead": true});
    loop {
        let mut page = natter.database("Scan", &request).await;
        items.extend(page["Items"].as_array_mut().map(std::mem::take).unwrap_or_else(|| panic!("no items: {page}")));
        match page["LastEvaluatedKey"].take() {
            Value::Null => return items,
            last => request["ExclusiveStartKey"] = last,
        }
    }
}
