//! Conversations to place a message in, and the messages.

use super::super::*;
use crate::conversation::Timestamp;

pub fn id(text: &str) -> MessageId {
    text.parse().unwrap()
}

pub fn submit(client_id: &str, text: &str) -> Opening {
    let intent = Intent::Submit { parent: None, edited: None };
    Opening { client_id: id(client_id), text: text.to_owned(), metadata: None, intent, shown_before: Vec::new() }
}

/// As the AI SDK's client edits: the message keeps its id.
pub fn edit(client_id: &str, text: &str) -> Opening {
    let intent = Intent::Submit { parent: None, edited: Some(id(client_id)) };
    Opening { intent, ..submit(client_id, text) }
}

/// A conversation so far.
pub struct Past {
    pub messages: Vec<Message>,
}

impl Past {
    pub fn new() -> Self {
        Self { messages: Vec::new() }
    }

    pub fn exchange(mut self, client_id: &str, text: &str, status: Status) -> Self {
        let head = self.messages.last().map(|message| message.id.clone());
        let asked = message(&format!("stored-{client_id}"), Role::User, head, text, Status::Complete);
        let reply = message(&format!("reply-to-{client_id}"), Role::Assistant, Some(asked.id.clone()), "…", status);
        self.messages.extend([Message { client_id: Some(id(client_id)), ..asked }, reply]);
        self
    }

    /// The same message with another text, as a sibling of the first.
    pub fn edit(mut self, client_id: &str, text: &str, status: Status) -> Self {
        let first = self.messages.iter().find(|message| message.is_named(&id(client_id))).unwrap();
        let parent = first.parent_id.clone();
        let asked = message(&format!("stored-{client_id}-{text}"), Role::User, parent, text, Status::Complete);
        let reply_id = format!("reply-to-{client_id}-{text}");
        let reply = message(&reply_id, Role::Assistant, Some(asked.id.clone()), "…", status);
        self.messages.extend([Message { client_id: Some(id(client_id)), ..asked }, reply]);
        self
    }

    pub fn newest_first(&self) -> Vec<&Message> {
        self.messages.iter().rev().collect()
    }

    pub fn conversation(&self) -> Option<Conversation> {
        self.messages.last().map(|head| Conversation {
            waits: false,
            allowed_tools: std::collections::BTreeSet::new(),
            id: head.conversation_id.clone(),
            user_id: head.user_id.clone(),
            title: None,
            first_words: None,
            head_message_id: head.id.clone(),
            version: 1,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
        })
    }

    pub fn place(&self, opening: Opening, state: HeadState) -> Result<Placement, PlacementError> {
        place(&opening, self.conversation().as_ref(), &self.newest_first(), None, state)
    }
}

pub fn message(name: &str, role: Role, parent_id: Option<MessageId>, text: &str, status: Status) -> Message {
    let (user, conversation) = ("u".parse().unwrap(), "c".parse().unwrap());
    Message { status, role, ..Message::question(id(name), user, conversation, parent_id, text, Timestamp(0)) }
}
