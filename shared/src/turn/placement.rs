//! Decides where a message goes in its conversation, and whether a turn starts for it.

use ring::digest::{SHA256, digest};

use super::HeadState;
use crate::conversation::{ClientMetadata, Conversation, ConversationId, Entry, Message, MessageId, Role, Status};

/// What a client asks for when it starts a turn.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The client's id of the user's message. A retry uses it again; so does an edit, with another text.
    pub client_id: MessageId,
    /// What the user wrote.
    #[debug("{} bytes", text.len())]
    pub text: String,
    /// The client's metadata of its message.
    pub metadata: Option<ClientMetadata>,
    /// What to do with the message.
    pub intent: Intent,
    /// The messages that the client shows before it, nearest first, if it lists them. They determine its parent, unless
    /// the intent does. Some may never have arrived.
    pub shown_before: Vec<MessageId>,
}

impl Opening {
    /// The messages that must exist for this intent.
    pub fn named(&self) -> impl Iterator<Item = &MessageId> {
        let named = match &self.intent {
            Intent::Submit { parent: Some(Parent::Message(parent)), edited } => [Some(parent), edited.as_ref()],
            Intent::Submit { edited, .. } => [edited.as_ref(), None],
            Intent::Regenerate { reply } => [reply.as_ref(), None],
        };
        named.into_iter().flatten()
    }

    /// A digest of the text: the same client id with the same text is the same message.
    pub fn text_digest(&self) -> String {
        digest_of(&self.text)
    }

    /// A digest of the whole request within a conversation, which distinguishes a redelivered request from another use
    /// of its id.
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
        digest_of(&all.join("#"))
    }
}

/// How many bytes of a digest are kept: no two messages of one conversation collide by chance.
const DIGEST_BYTES: usize = 16;

/// A digest of a message or a request, by which it is recognised when it comes again.
pub fn digest_of(text: &str) -> String {
    hex::encode(&digest(&SHA256, text.as_bytes()).as_ref()[..DIGEST_BYTES])
}

/// What to do with the user's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Store it and answer it.
    Submit {
        /// Its parent, if the client names it.
        parent: Option<Parent>,
        /// The message that it replaces, if it is an edit.
        edited: Option<MessageId>,
    },
    /// Answer it again. `reply` may name the answer to replace, or the message it answers.
    Regenerate {
        /// A message of the conversation.
        reply: Option<MessageId>,
    },
}

/// The parent of a new message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parent {
    /// This message.
    Message(MessageId),
    /// None: it begins the conversation again, and the messages before are another branch.
    Nothing,
}

/// What a request to start a turn amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// A new message of the user after `parent`, and a reply to it.
    NewMessage {
        /// Its parent; `None` begins the conversation.
        parent: Option<MessageId>,
    },
    /// A new reply to a message that is stored already.
    NewReply {
        /// The user's message.
        to: MessageId,
    },
    /// The message was sent before and its reply is being written: subscribe to it.
    Subscribe {
        /// The reply.
        reply: MessageId,
    },
    /// The message was sent before and its reply was abandoned: take it over.
    TakeOver {
        /// The reply.
        reply: MessageId,
    },
    /// The message was sent before and has its reply: replay it.
    Replay {
        /// The reply.
        reply: MessageId,
    },
}

/// Why a turn may not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlacementError {
    /// Another turn runs in this conversation.
    Busy {
        /// Its reply.
        turn: MessageId,
        /// It is to be stopped, since the message it answers is edited, or is to be answered again.
        gives_way: bool,
    },
    /// The named parent, edited message or reply does not exist.
    UnknownMessage,
}

/// Decides what a request to start a turn amounts to, given the conversation's head, its recent messages, newest first,
/// and the reply of the turn that started with this very message, if there is one.
///
/// A message that was sent before changes nothing, however long ago: it is answered with its reply. Only at the head of
/// the conversation an interrupted or failed reply is regenerated, since that is why the message is sent again. The
/// client determines the parent of a new message: an edit replaces the message it names; otherwise it is the named
/// parent, the nearest message that the client shows, or else the head. An abandoned turn does not block new messages:
/// only the same message, sent again, takes it over.
///
/// # Errors
/// Rejects the request while another turn is running, or when a named message does not exist.
pub fn place(
    opening: &Opening,
    conversation: Option<&Conversation>,
    recent: &[&Message],
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
            // A reply is not the user's to edit.
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
            // If a message was edited under its client id, the text says which version is meant.
            let answered = match reply {
                Some(id) if *id == opening.client_id => repeated.or(named),
                _ => named.or(repeated),
            };
            let is_known = answered.is_some() || reply.as_ref().is_none_or(|reply| *reply == opening.client_id);
            if !is_known {
                return Err(PlacementError::UnknownMessage);
            }
            // A request that names another reply than the running one may have meant that one: on another device, or
            // just now.
            let is_another = |id: &MessageId| {
                named_in(recent, id).is_some_and(|named| named.role == Role::Assistant && named.id != *head)
            };
            require_idle(state, head, answered.is_some() && !reply.as_ref().is_some_and(is_another))?;
            match answered {
                Some(to) => Ok(Placement::NewReply { to: to.clone() }),
                // The message never arrived before.
                None => {
                    let shown = nearest_shown(recent, opening).map(|shown| behind(recent, shown, head));
                    Ok(Placement::NewMessage { parent: Some(shown.unwrap_or_else(|| head.clone())) })
                }
            }
        }
    }
}

// The placement of a message that was sent before and has this reply.
fn repeat(message: &Message, reply: &Message, is_head: bool, state: HeadState) -> Placement {
    let reply_id = reply.id.clone();
    match state {
        HeadState::Running if is_head => Placement::Subscribe { reply: reply_id },
        HeadState::Abandoned if is_head => Placement::TakeOver { reply: reply_id },
        // A waiting reply is not to be written again: it goes on when its calls are answered.
        // Nor one whose tools have acted: another reply would not know of it, and they would act again.
        HeadState::Ended if is_head && is_repeatable(reply) => Placement::NewReply { to: message.id.clone() },
        _ => Placement::Replay { reply: reply_id },
    }
}

fn is_repeatable(reply: &Message) -> bool {
    let has_acted = reply.entries.iter().any(|entry| matches!(entry, Entry::CallStarted { .. }));
    !has_acted && !matches!(reply.status, Status::Complete | Status::Waiting)
}

fn require_idle(state: HeadState, head: &MessageId, gives_way: bool) -> Result<(), PlacementError> {
    match state {
        HeadState::Running => Err(PlacementError::Busy { turn: head.clone(), gives_way }),
        HeadState::Ended | HeadState::Abandoned => Ok(()),
    }
}

fn nearest_shown<'a>(recent: &[&'a Message], opening: &Opening) -> Option<&'a Message> {
    opening.shown_before.iter().find_map(|id| named_in(recent, id))
}

// The parent of a message that follows `message`: if that is the user's and has a reply, the reply, which the client
// may not show.
fn behind(recent: &[&Message], message: &Message, head: &MessageId) -> MessageId {
    let reply = (message.role == Role::User).then(|| newest_reply(recent, message, head)).flatten();
    reply.unwrap_or(message).id.clone()
}

// A server id names one message; a client may have used its own for several.
fn named_in<'a>(recent: &[&'a Message], id: &MessageId) -> Option<&'a Message> {
    let messages = || recent.iter().copied();
    messages().find(|message| message.id == *id).or_else(|| messages().find(|message| message.is_named(id)))
}

// The reply to a message that is on the current branch: the head, or else the newest.
fn newest_reply<'a>(recent: &[&'a Message], message: &Message, head: &MessageId) -> Option<&'a Message> {
    let replies = || recent.iter().copied().filter(|reply| reply.parent_id.as_ref() == Some(&message.id));
    replies().find(|reply| reply.id == *head).or_else(|| replies().find(|reply| reply.role == Role::Assistant))
}

// The user's message that `id` answers, or that `id` itself names by its server or client id.
fn answered_by<'a>(recent: &[&'a Message], id: &MessageId) -> Option<&'a MessageId> {
    let named = named_in(recent, id)?;
    match named.role {
        Role::User => Some(&named.id),
        Role::Assistant => named.parent_id.as_ref(),
    }
}

#[cfg(test)]
mod tests;
