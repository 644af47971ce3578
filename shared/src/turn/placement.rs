//! Where a message goes in its conversation, and whether a turn begins for it.

use super::{HeadState, Status};
use crate::conversation::{Conversation, Message, MessageId, Role};

/// What a client asks for when it starts a turn.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The client's id of the person's message. A retry names it again; so does an edit, with another text.
    pub client_id: MessageId,
    /// What the person wrote.
    #[debug("{} bytes", text.len())]
    pub text: String,
    /// What is to be done with it.
    pub intent: Intent,
}

impl Opening {
    /// The messages that the client names.
    pub fn names(&self) -> impl Iterator<Item = &MessageId> {
        let other = match &self.intent {
            Intent::Submit { parent: named } | Intent::Regenerate { reply: named } => named.as_ref(),
        };
        std::iter::once(&self.client_id).chain(other)
    }
}

/// What is to be done with the person's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Store it and answer it. It follows `parent`, or the head of the conversation where that is `None`.
    Submit {
        /// The message to branch from.
        parent: Option<MessageId>,
    },
    /// Answer it once more. `reply` may name the answer that does not please, or the message it answers.
    Regenerate {
        /// A message of the conversation.
        reply: Option<MessageId>,
    },
}

/// What a request to start a turn comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// A new message of the person after `parent`, and a reply to it.
    NewMessage {
        /// The message before it; `None` begins the conversation.
        parent: Option<MessageId>,
    },
    /// A new reply to a message that is stored already.
    NewReply {
        /// The person's message.
        to: MessageId,
    },
    /// The message was sent before and its reply is being written: follow that.
    Follow {
        /// The reply.
        reply: MessageId,
    },
    /// The message was sent before and the one who wrote its reply is gone: write it anew.
    TakeOver {
        /// The reply.
        reply: MessageId,
    },
    /// The message was sent before and has its reply: show that again.
    Replay {
        /// The reply.
        reply: MessageId,
    },
}

/// Why a turn may not begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Another turn runs in this conversation.
    Busy {
        /// Its reply.
        turn: MessageId,
    },
    /// The message to branch from is not among the conversation's recent ones.
    UnknownParent,
}

/// Decides what a request to start a turn comes to, given the conversation's head and its recent messages, newest first.
///
/// A turn that is abandoned does not keep the person from going on: only the same message, sent again, takes it over.
///
/// # Errors
/// Refuses when another turn is running, or when the named parent is not there.
pub fn place(
    opening: &Opening,
    conversation: Option<&Conversation>,
    recent: &[Message],
    state: HeadState,
) -> Result<Placement, Refusal> {
    let Some(head) = conversation.map(|conversation| &conversation.head_message_id) else {
        return Ok(Placement::NewMessage { parent: None });
    };
    let stored = recent.iter().find(|message| message.role == Role::User && message.is_named(&opening.client_id));
    let repeated = stored.filter(|message| message.content() == opening.text);
    let reply_at_head = |message: &Message| {
        recent.iter().find(|reply| reply.id == *head && reply.parent_id.as_ref() == Some(&message.id))
    };

    match (state, &opening.intent, repeated.and_then(reply_at_head)) {
        (HeadState::Running, Intent::Submit { .. }, Some(reply)) => {
            return Ok(Placement::Follow { reply: reply.id.clone() });
        }
        (HeadState::Running, ..) => return Err(Refusal::Busy { turn: head.clone() }),
        (HeadState::Abandoned, Intent::Submit { .. }, Some(reply)) => {
            return Ok(Placement::TakeOver { reply: reply.id.clone() });
        }
        _ => {}
    }
    match &opening.intent {
        Intent::Submit { parent: Some(parent) } if repeated.is_none() => recent
            .iter()
            .find(|message| message.is_named(parent))
            .map(|message| Placement::NewMessage { parent: Some(message.id.clone()) })
            .ok_or(Refusal::UnknownParent),
        Intent::Submit { .. } => Ok(match (repeated, stored) {
            (Some(message), _) => match reply_at_head(message).filter(|reply| reply.status == Status::Complete) {
                Some(reply) => Placement::Replay { reply: reply.id.clone() },
                None => Placement::NewReply { to: message.id.clone() },
            },
            // The same message with another text is an edit: a sibling of the first.
            (None, Some(edited)) => Placement::NewMessage { parent: edited.parent_id.clone() },
            (None, None) => Placement::NewMessage { parent: Some(head.clone()) },
        }),
        Intent::Regenerate { reply } => {
            let named = reply.as_ref().and_then(|reply| answered_by(recent, reply));
            Ok(match named.or(repeated.map(|message| &message.id)) {
                Some(to) => Placement::NewReply { to: to.clone() },
                // The message never arrived: this is its first time.
                None => Placement::NewMessage { parent: Some(head.clone()) },
            })
        }
    }
}

// The person's message that `id` answers, or that `id` itself names by our id or the client's.
fn answered_by<'a>(recent: &'a [Message], id: &MessageId) -> Option<&'a MessageId> {
    let named = recent.iter().find(|message| message.is_named(id))?;
    match named.role {
        Role::User => Some(&named.id),
        Role::Assistant => named.parent_id.as_ref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Part, Timestamp};

    #[test]
    fn the_first_message_begins_the_conversation() {
        let placement = place(&submit("m1", "hello"), None, &[], HeadState::Ended);
        assert_eq!(placement, Ok(Placement::NewMessage { parent: None }));
    }

    #[test]
    fn a_new_message_follows_the_head() {
        let past = Past::new().exchange("m1", "hello", Status::Complete);
        assert_eq!(
            past.place(submit("m2", "more"), HeadState::Ended),
            Ok(Placement::NewMessage { parent: Some(id("reply-to-m1")) })
        );
    }

    #[test]
    fn a_second_message_is_refused_while_a_turn_runs() {
        let past = Past::new().exchange("m1", "hello", Status::Streaming);
        assert_eq!(
            past.place(submit("m2", "more"), HeadState::Running),
            Err(Refusal::Busy { turn: id("reply-to-m1") })
        );
    }

    #[test]
    fn a_message_sent_again_while_its_reply_is_written_follows_that_reply() {
        let past = Past::new().exchange("m1", "hello", Status::Streaming);
        assert_eq!(
            past.place(submit("m1", "hello"), HeadState::Running),
            Ok(Placement::Follow { reply: id("reply-to-m1") })
        );
    }

    #[test]
    fn a_message_sent_again_after_its_reply_is_shown_that_reply() {
        let past = Past::new().exchange("m1", "hello", Status::Complete);
        assert_eq!(
            past.place(submit("m1", "hello"), HeadState::Ended),
            Ok(Placement::Replay { reply: id("reply-to-m1") })
        );
    }

    #[test]
    fn a_message_sent_again_after_a_failure_gets_a_new_reply_and_is_not_stored_twice() {
        for ended in [Status::Failed, Status::Interrupted, Status::Stopped] {
            let past = Past::new().exchange("m1", "hello", ended);
            assert_eq!(
                past.place(submit("m1", "hello"), HeadState::Ended),
                Ok(Placement::NewReply { to: id("stored-m1") })
            );
        }
    }

    #[test]
    fn a_message_sent_again_after_its_owner_is_gone_takes_the_turn_over() {
        let past = Past::new().exchange("m1", "hello", Status::Streaming);
        let placed = past.place(submit("m1", "hello"), HeadState::Abandoned);
        assert_eq!(placed, Ok(Placement::TakeOver { reply: id("reply-to-m1") }));
    }

    #[test]
    fn an_abandoned_turn_does_not_keep_the_person_from_going_on() {
        let past = Past::new().exchange("m1", "hello", Status::Streaming);
        let placed = past.place(submit("m2", "more"), HeadState::Abandoned);
        assert_eq!(placed, Ok(Placement::NewMessage { parent: Some(id("reply-to-m1")) }));
    }

    #[test]
    fn an_edited_message_becomes_a_sibling() {
        let past = Past::new().exchange("m1", "one", Status::Complete).exchange("m2", "two", Status::Complete);
        assert_eq!(
            past.place(submit("m2", "three"), HeadState::Ended),
            Ok(Placement::NewMessage { parent: Some(id("reply-to-m1")) })
        );
    }

    #[test]
    fn a_message_may_branch_from_an_earlier_one() {
        let past = Past::new().exchange("m1", "one", Status::Complete).exchange("m2", "two", Status::Complete);
        let mut opening = submit("m3", "three");
        opening.intent = Intent::Submit { parent: Some(id("reply-to-m1")) };
        assert_eq!(
            past.place(opening.clone(), HeadState::Ended),
            Ok(Placement::NewMessage { parent: Some(id("reply-to-m1")) })
        );
        opening.intent = Intent::Submit { parent: Some(id("nowhere")) };
        assert_eq!(past.place(opening, HeadState::Ended), Err(Refusal::UnknownParent));
    }

    #[test]
    fn a_regenerated_reply_answers_the_same_message() {
        let past = Past::new().exchange("m1", "one", Status::Complete).exchange("m2", "two", Status::Complete);
        for (named, answered) in [(None, "stored-m2"), (Some("reply-to-m1"), "stored-m1"), (Some("m1"), "stored-m1")] {
            let mut opening = submit("m2", "two");
            opening.intent = Intent::Regenerate { reply: named.map(id) };
            assert_eq!(past.place(opening, HeadState::Ended), Ok(Placement::NewReply { to: id(answered) }));
        }
    }

    #[test]
    fn a_reply_asked_for_again_when_the_message_never_arrived_stores_the_message() {
        let mut opening = submit("m2", "hello?");
        opening.intent = Intent::Regenerate { reply: None };
        assert_eq!(Past::new().place(opening.clone(), HeadState::Ended), Ok(Placement::NewMessage { parent: None }));
        let past = Past::new().exchange("m1", "hello", Status::Complete);
        let placed = past.place(opening, HeadState::Ended);
        assert_eq!(placed, Ok(Placement::NewMessage { parent: Some(id("reply-to-m1")) }));
    }

    fn id(text: &str) -> MessageId {
        text.parse().unwrap()
    }

    fn submit(client_id: &str, text: &str) -> Opening {
        Opening { client_id: id(client_id), text: text.to_owned(), intent: Intent::Submit { parent: None } }
    }

    /// A conversation so far.
    struct Past {
        messages: Vec<Message>,
    }

    impl Past {
        fn new() -> Self {
            Self { messages: Vec::new() }
        }

        fn exchange(mut self, client_id: &str, text: &str, status: Status) -> Self {
            let head = self.messages.last().map(|message| message.id.clone());
            let asked = message(&format!("stored-{client_id}"), Role::User, head, text, Status::Complete);
            let reply = message(&format!("reply-to-{client_id}"), Role::Assistant, Some(asked.id.clone()), "…", status);
            self.messages.extend([Message { client_id: Some(id(client_id)), ..asked }, reply]);
            self
        }

        fn place(&self, opening: Opening, state: HeadState) -> Result<Placement, Refusal> {
            let newest_first: Vec<Message> = self.messages.iter().rev().cloned().collect();
            let conversation = newest_first.first().map(|head| Conversation {
                id: head.conversation_id.clone(),
                user_id: head.user_id.clone(),
                title: None,
                first_words: None,
                head_message_id: head.id.clone(),
                version: 1,
                created_at: Timestamp(0),
                updated_at: Timestamp(0),
            });
            place(&opening, conversation.as_ref(), &newest_first, state)
        }
    }

    fn message(name: &str, role: Role, parent_id: Option<MessageId>, text: &str, status: Status) -> Message {
        Message {
            id: id(name),
            client_id: None,
            conversation_id: "c".parse().unwrap(),
            user_id: "u".parse().unwrap(),
            role,
            parent_id,
            parts: vec![Part::Text { text: text.to_owned() }],
            created_at: Timestamp(0),
            status,
            agent: None,
            model: None,
            usage: None,
            cost: None,
            timings: None,
            feedback: None,
        }
    }
}
