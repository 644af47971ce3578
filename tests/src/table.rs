//! The stored table, read directly from the database.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::natter::Natter;

/// All that is stored of conversations.
#[derive(Debug, Default)]
pub struct Table {
    /// Questions and replies, in no order.
    pub messages: Vec<StoredMessage>,
    /// Parts of texts whose message has not arrived yet.
    pub text_parts: usize,
    /// Turns that users have started, by their allowances.
    pub counted: u64,
    /// Those of them that are not settled.
    pub unsettled: usize,
    // The message at the head of each conversation, by user and conversation.
    heads: HashMap<(String, String), String>,
    // Places of messages, by their id, the client's, and that of the message before them.
    by_id: HashMap<String, usize>,
    by_client_id: HashMap<String, Vec<usize>>,
    by_parent: HashMap<String, Vec<usize>>,
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
    /// The whole text, its parts in earlier frames included.
    pub text: String,
    /// How many attempts its turn had; 0 for a question.
    pub attempt: u64,
    /// Its end is not delivered yet.
    pub is_due: bool,
}

impl Table {
    /// Reads everything.
    pub async fn read(natter: &Natter) -> Self {
        let items = scan(natter).await;
        let mut table = Self::default();
        let mut segments: HashMap<(&str, &str), Vec<&Value>> = HashMap::new();
        for item in items.iter().filter(|item| item.get("number").is_some()) {
            segments.entry(message_of(item)).or_default().push(item);
        }
        for item in &items {
            let key = item["sk"]["S"].as_str().unwrap_or_default();
            if key.starts_with("MSG#") && key.ends_with("#~") {
                table.add(message(item, segments.get(&message_of(item)).map_or(&[], Vec::as_slice)));
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

    fn add(&mut self, message: StoredMessage) {
        let place = self.messages.len();
        self.by_id.insert(message.id.clone(), place);
        for (index, name) in [(&mut self.by_client_id, &message.client_id), (&mut self.by_parent, &message.parent)] {
            if let Some(name) = name {
                index.entry(name.clone()).or_default().push(place);
            }
        }
        self.messages.push(message);
    }

    fn named<'a>(
        &'a self,
        index: &'a HashMap<String, Vec<usize>>,
        name: &str,
    ) -> impl Iterator<Item = &'a StoredMessage> {
        index.get(name).into_iter().flatten().map(|place| &self.messages[*place])
    }

    fn find(&self, id: &String) -> Option<&StoredMessage> {
        self.by_id.get(id).map(|place| &self.messages[*place])
    }

    /// How many items a partition holds.
    pub async fn items_of(natter: &Natter, partition: &str) -> usize {
        scan(natter).await.iter().filter(|item| item["pk"]["S"] == partition).count()
    }

    /// The questions that a client has named so.
    pub fn questions(&self, client_id: &str) -> Vec<&StoredMessage> {
        self.named(&self.by_client_id, client_id).collect()
    }

    /// The replies to a question, the oldest first.
    pub fn replies(&self, question: &StoredMessage) -> Vec<&StoredMessage> {
        let answers = |message: &&StoredMessage| message.role == "assistant" && message.user == question.user;
        let mut replies: Vec<_> = self.named(&self.by_parent, &question.id).filter(answers).collect();
        replies.sort_by(|one, other| one.id.cmp(&other.id));
        replies
    }

    /// The messages of the branch at a conversation's head, oldest first.
    pub fn branch(&self, user: &str, conversation: &str) -> Vec<&StoredMessage> {
        let is_own = |other: &&StoredMessage| other.user == user && other.conversation == conversation;
        let find = |id: &String| self.find(id).filter(is_own);
        let head = self.heads.get(&(user.to_owned(), conversation.to_owned()));
        let back = std::iter::successors(head.and_then(find), |message| message.parent.as_ref().and_then(find));
        let mut branch: Vec<_> = back.collect();
        branch.reverse();
        branch
    }

    /// Whether a user who opens the message's conversation finds it there: it comes before the head, or is the head.
    pub fn is_found(&self, message: &StoredMessage) -> bool {
        let mut next = self.heads.get(&(message.user.clone(), message.conversation.clone()));
        while let Some(id) = next {
            if *id == message.id {
                return true;
            }
            next = self.find(id).and_then(|other| other.parent.as_ref());
        }
        false
    }

    /// The replies that have not ended.
    pub fn streaming(&self) -> Vec<&StoredMessage> {
        self.messages.iter().filter(|message| message.status == "streaming").collect()
    }

    /// How many replies have an undelivered end.
    pub fn due(&self) -> usize {
        self.messages.iter().filter(|message| message.is_due).count()
    }
}

// The partition and the id of the message to which an item belongs.
fn message_of(item: &Value) -> (&str, &str) {
    let [partition, key] = ["pk", "sk"].map(|name| item[name]["S"].as_str().unwrap_or_default());
    (partition, key.split('#').nth(1).unwrap_or_default())
}

fn message(item: &Value, segments: &[&Value]) -> StoredMessage {
    let id = text(item, "id");
    let attempt = number(&item["lease"]["M"], "attempt");
    // What an earlier attempt has stored is kept until a later one stores content.
    let content_attempt = if item.get("content_attempt").is_some() { number(item, "content_attempt") } else { attempt };
    let mut segments: Vec<_> = segments
        .iter()
        .filter(|other| number(other, "attempt") == content_attempt)
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
