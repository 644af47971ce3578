//! Where a message goes in its conversation, and whether a turn begins for it.

use ring::digest::{SHA256, digest};

use super::HeadState;
use crate::conversation::{ClientMetadata, Conversation, ConversationId, Message, MessageId, Role, Status};

/// What a client asks for when it starts a turn.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The client's id of the user's message. A retry names it again; so does an edit, with another text.
    pub client_id: MessageId,
    /// What the user wrote.
    #[debug("{} bytes", text.len())]
    pub text: String,
    /// What the client says of its message beside that.
    pub metadata: Option<ClientMetadata>,
    /// What is to be done with it.
    pub intent: Intent,
    /// The messages that the client shows before it, nearest first, as far as it says. They say where it belongs, unless the
    /// intent does. Some may never have arrived.
    pub shown_before: Vec<MessageId>,
}

impl Opening {
    /// The messages that must be there for what the client asks for.
    pub fn named(&self) -> impl Iterator<Item = &MessageId> {
        let named = match &self.intent {
            Intent::Submit { parent: Some(Parent::Message(parent)), edited } => [Some(parent), edited.as_ref()],
            Intent::Submit { edited, .. } => [edited.as_ref(), None],
            Intent::Regenerate { reply } => [reply.as_ref(), None],
        };
        named.into_iter().flatten()
    }

    /// A digest of the text: the same id of a client with the same text is the same message.
    pub fn text_digest(&self) -> String {
        hex::encode(&digest(&SHA256, self.text.as_bytes()).as_ref()[..DIGEST_BYTES])
    }

    /// A digest of all that is asked for in a conversation, by which a request that is redelivered is told from another use of
    /// its id.
    pub fn fingerprint(&self, conversation: &ConversationId) -> String {
        let (intent, named, edited) = match &self.intent {
            Intent::Submit { parent: Some(Parent::Message(parent)), edited } => {
                ("submit", Some(parent), edited.as_ref())
            }
            Intent::Submit { parent: Some(Parent::Nothing), edited } => ("begin", None, edited.as_ref()),
            Intent::Submit { parent: None, edited } => ("submit", None, edited.as_ref()),
            Intent::Regenerate { reply } => ("regenerate", reply.as_ref(), None),
        };
        let [named, edited] = [named, edited].map(|id| id.map_or("", MessageId::as_str));
        let all = [conversation.as_str(), self.client_id.as_str(), intent, named, edited, &self.text];
        // No id holds the separator.
        hex::encode(&digest(&SHA256, all.join("#").as_bytes()).as_ref()[..DIGEST_BYTES])
    }
}

/// So many bytes of a digest are kept: among the messages of one conversation no two are the same by chance.
const DIGEST_BYTES: usize = 16;

/// What is to be done with the user's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Store it and answer it.
    Submit {
        /// What it follows, where the client says so.
        parent: Option<Parent>,
        /// The message in whose place it comes, where it is an edit.
        edited: Option<MessageId>,
    },
    /// Answer it once more. `reply` may name the answer that does not please, or the message it answers.
    Regenerate {
        /// A message of the conversation.
        reply: Option<MessageId>,
    },
}

/// What a new message follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parent {
    /// This message.
    Message(MessageId),
    /// Nothing: it begins the conversation anew, and what was said in it before is another branch.
    Nothing,
}

/// What a request to start a turn comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// A new message of the user after `parent`, and a reply to it.
    NewMessage {
        /// The message before it; `None` begins the conversation.
        parent: Option<MessageId>,
    },
    /// A new reply to a message that is stored already.
    NewReply {
        /// The user's message.
        to: MessageId,
    },
    /// The message was sent before and its reply is being written: follow that.
    Follow {
        /// The reply.
        reply: MessageId,
    },
    /// The message was sent before and the one who wrote its reply is gone: regenerate it.
    TakeOver {
        /// The reply.
        reply: MessageId,
    },
    /// The message was sent before and had its reply: show that again.
    Replay {
        /// The reply.
        reply: MessageId,
    },
}

/// Why a turn may not begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlacementError {
    /// Another turn runs in this conversation.
    Busy {
        /// Its reply.
        turn: MessageId,
        /// It is to be stopped, since what it answers is edited, or is to be answered again.
        gives_way: bool,
    },
    /// The message to branch from, the one that was edited, or the reply to write anew is not there.
    UnknownMessage,
}

/// Decides what a request to start a turn comes to, given the conversation's head, its recent messages, newest first, and the
/// reply of the turn that began with this very message, if there is one.
///
/// A message that was sent before changes nothing, however long ago that was: it is answered with the reply that it had. Only at
/// the head of the conversation a reply that broke off or failed is regenerated, since the message is sent again for that.
/// Where a new message goes is what the client says: in place of the one that it edits, behind the one that it names, or behind
/// the nearest of those that it shows before it; where it says nothing, at the end.
/// A turn that is abandoned does not keep the user from going on: only the same message, sent again, takes it over.
///
/// # Errors
/// Refuses when another turn is running, or when the named message is not there.
pub fn place(
    opening: &Opening,
    conversation: Option<&Conversation>,
    recent: &[Message],
    reply_to_sent: Option<&MessageId>,
    state: HeadState,
) -> Result<Placement, PlacementError> {
    let Some(head) = conversation.map(|conversation| &conversation.head_message_id) else {
        return Ok(Placement::NewMessage { parent: None });
    };
    let mut known = recent.iter().filter(|message| message.role == Role::User && message.is_named(&opening.client_id));
    let repeated = known.find(|message| message.content() == opening.text);
    match &opening.intent {
        Intent::Submit { parent, edited } => {
            if let Some(message) = repeated
                && let Some(reply) = newest_reply(recent, message, head)
            {
                return Ok(repeat(message, reply, reply.id == *head, state));
            }
            if let Some(reply) = reply_to_sent {
                return Ok(Placement::Replay { reply: reply.clone() });
            }
            let edited_message = edited.as_ref().and_then(|id| named_in(recent, id));
            // What a model said is not the user's to edit.
            if edited_message.is_some_and(|message| message.role == Role::Assistant) {
                return Err(PlacementError::UnknownMessage);
            }
            let parent = match (parent, edited_message) {
                (Some(Parent::Nothing), _) => None,
                (Some(Parent::Message(parent)), _) => {
                    Some(behind(recent, named_in(recent, parent).ok_or(PlacementError::UnknownMessage)?, head))
                }
                (None, Some(edited)) => edited.parent_id.clone(),
                (None, None) => match nearest_shown(recent, opening) {
                    Some(shown) => Some(behind(recent, shown, head)),
                    None if edited.is_some() => return Err(PlacementError::UnknownMessage),
                    None => Some(head.clone()),
                },
            };
            require_idle(state, head, edited_message.is_some())?;
            Ok(Placement::NewMessage { parent })
        }
        Intent::Regenerate { reply } => {
            let named = reply.as_ref().and_then(|reply| answered_by(recent, reply));
            let repeated = repeated.map(|message| &message.id);
            // Of a message that was edited under its client's id the text says which is meant.
            let answered = match reply {
                Some(id) if *id == opening.client_id => repeated.or(named),
                _ => named.or(repeated),
            };
            let is_known = answered.is_some() || reply.as_ref().is_none_or(|reply| *reply == opening.client_id);
            if !is_known {
                return Err(PlacementError::UnknownMessage);
            }
            // Whoever names another reply than the one that runs may have asked for that one: on another device, or just now.
            let is_another = |id: &MessageId| {
                named_in(recent, id).is_some_and(|named| named.role == Role::Assistant && named.id != *head)
            };
            require_idle(state, head, answered.is_some() && !reply.as_ref().is_some_and(is_another))?;
            match answered {
                Some(to) => Ok(Placement::NewReply { to: to.clone() }),
                // The message never arrived: this is its first time.
                None => {
                    let shown = nearest_shown(recent, opening).map(|shown| behind(recent, shown, head));
                    Ok(Placement::NewMessage { parent: Some(shown.unwrap_or_else(|| head.clone())) })
                }
            }
        }
    }
}

// What the repetition of a message comes to that has this reply.
fn repeat(message: &Message, reply: &Message, is_head: bool, state: HeadState) -> Placement {
    let reply_id = reply.id.clone();
    match state {
        HeadState::Running if is_head => Placement::Follow { reply: reply_id },
        HeadState::Abandoned if is_head => Placement::TakeOver { reply: reply_id },
        HeadState::Ended if is_head && reply.status != Status::Complete => {
            Placement::NewReply { to: message.id.clone() }
        }
        _ => Placement::Replay { reply: reply_id },
    }
}

fn require_idle(state: HeadState, head: &MessageId, gives_way: bool) -> Result<(), PlacementError> {
    match state {
        HeadState::Running => Err(PlacementError::Busy { turn: head.clone(), gives_way }),
        HeadState::Ended | HeadState::Abandoned => Ok(()),
    }
}

fn nearest_shown<'a>(recent: &'a [Message], opening: &Opening) -> Option<&'a Message> {
    opening.shown_before.iter().find_map(|id| named_in(recent, id))
}

// Where a message goes that follows `message`: behind its reply, if it is the user's and has one, which a client may not show.
fn behind(recent: &[Message], message: &Message, head: &MessageId) -> MessageId {
    let reply = (message.role == Role::User).then(|| newest_reply(recent, message, head)).flatten();
    reply.unwrap_or(message).id.clone()
}

// Ours is of one message; a client may have given its own to several.
fn named_in<'a>(recent: &'a [Message], id: &MessageId) -> Option<&'a Message> {
    let ours = recent.iter().find(|message| message.id == *id);
    ours.or_else(|| recent.iter().find(|message| message.is_named(id)))
}

// The reply to a message that is shown: the one at the head, or else the newest.
fn newest_reply<'a>(recent: &'a [Message], message: &Message, head: &MessageId) -> Option<&'a Message> {
    let replies = || recent.iter().filter(|reply| reply.parent_id.as_ref() == Some(&message.id));
    replies().find(|reply| reply.id == *head).or_else(|| replies().find(|reply| reply.role == Role::Assistant))
}

// The user's message that `id` answers, or that `id` itself names by our id or the client's.
fn answered_by<'a>(recent: &'a [Message], id: &MessageId) -> Option<&'a MessageId> {
    let named = named_in(recent, id)?;
    match named.role {
        Role::User => Some(&named.id),
        Role::Assistant => named.parent_id.as_ref(),
    }
}

#[cfg(test)]
mod tests;
