use natter::conversation::{Conversation, ConversationId, Message, MessageId, Role, Status, Timestamp, UserId};
use natter::db::{NewTurn, SentMessage};
use natter::protocol::SendFrame;
use natter::turn::{Intent, Lease, Opening, Subscriber};

pub fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

pub fn conversation_id(name: &str) -> ConversationId {
    name.parse().unwrap()
}

/// The frame by which a client sends a message for the first time.
pub fn send(request: &str, conversation: &str, message: &str, text: &str) -> SendFrame {
    SendFrame {
        request_id: request.parse().unwrap(),
        conversation_id: conversation_id(conversation),
        opening: Opening {
            client_id: message.parse().unwrap(),
            text: text.to_owned(),
            metadata: None,
            intent: Intent::Submit { parent: None, edited: None },
            shown_before: Vec::new(),
        },
        model: None,
        agent: None,
        text_parts: 0,
    }
}

/// The frame by which a client sends a message in place of one that was sent before.
pub fn edit(request: &str, conversation: &str, message: &str, text: &str) -> SendFrame {
    let edited = send(request, conversation, message, text);
    let intent = Intent::Submit { parent: None, edited: Some(message.parse().unwrap()) };
    SendFrame { opening: Opening { intent, ..edited.opening }, ..edited }
}

fn text_message(
    user_id: &UserId,
    conversation_id: &ConversationId,
    role: Role,
    parent_id: Option<MessageId>,
    text: &str,
) -> Message {
    let id = MessageId::after(parent_id.as_ref(), Timestamp::now());
    let message = Message::question(id, user_id.clone(), conversation_id.clone(), parent_id, text, Timestamp::now());
    Message { role, ..message }
}

/// A turn of `user_id` in the conversation `c` that follows what was read.
pub fn new_turn(user_id: &UserId, request: &str, conversation: Option<Conversation>) -> NewTurn {
    new_turn_in(user_id, &conversation_id("c"), request, conversation)
}

/// A turn of `user_id` in a conversation that follows what was read.
pub fn new_turn_in(
    user_id: &UserId,
    id: &ConversationId,
    request: &str,
    conversation: Option<Conversation>,
) -> NewTurn {
    let parent = conversation.as_ref().map(|conversation| conversation.head_message_id.clone());
    let question = text_message(user_id, id, Role::User, parent, "a question");
    let reply = Message {
        status: Status::Streaming,
        ..text_message(user_id, id, Role::Assistant, Some(question.id.clone()), "")
    };
    NewTurn {
        subscriber: Subscriber { connection: "connection".parse().unwrap(), request: request.parse().unwrap() },
        fingerprint: format!("asked by {request}"),
        stopped_in_advance: false,
        conversation,
        sent: Some(SentMessage { client_id: question.id.clone(), digest: "its text".to_owned() }),
        question: Some(question),
        closed: None,
        closed_wait: None,
        prompt_tokens: 10,
        reply,
        branch: None,
        admission: None,
        first_words: Some("a question".to_owned()),
        lease: Lease::first(format!("owner-of-{request}"), Timestamp::now() + std::time::Duration::from_secs(15)),
    }
}
