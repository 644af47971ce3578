use natter::conversation::{Branch, ConversationId, Entry, Message, MessageId, UserId, join_entries};
use natter::db::{ConversationStore, Save, SavedContent, TurnStore};
use natter::turn::{Ending, Lease, TurnKey};
use uuid::Uuid;

use super::new_turn_in;

/// A turn as it is to be stored.
#[derive(Debug, Clone)]
pub struct PastTurn {
    pub follows: Follows,
    pub question: String,
    /// The reply's early pieces, sealed one after another.
    pub segments: Vec<Vec<Entry>>,
    /// What comes behind them.
    pub tail: Vec<Entry>,
    /// How the reply ended; `None` while it is being written.
    pub ending: Option<Ending>,
}

/// Where in its conversation a turn goes.
#[derive(Debug, Clone, Copy)]
pub enum Follows {
    /// Behind the newest message.
    Newest,
    /// Beside a question, of those on the branch at the head, counted back.
    Edited(usize),
    /// The same question is answered once more.
    Regenerated(usize),
}

/// Stores a conversation turn by turn, as the functions do. Returns the messages of the branch at its head, whole.
pub async fn put_past<S: TurnStore + ConversationStore>(
    store: &S,
    user: &UserId,
    conversation: &ConversationId,
    turns: &[PastTurn],
) -> Vec<Message> {
    let mut all: Vec<Message> = Vec::new();
    let mut branch: Vec<Message> = Vec::new();
    for past in turns {
        let head = store.head(user, conversation).await.unwrap();
        let mut turn = new_turn_in(user, conversation, &Uuid::new_v4().to_string(), head);
        // Clients and models are slower than this: ids say in which millisecond they were made.
        let newest = all.last().map(|message| message.id.clone());
        let question = turn.question.as_mut().unwrap();
        question.id = MessageId::after(newest.as_ref(), turn.reply.created_at);
        turn.reply.id = MessageId::after(Some(&question.id), turn.reply.created_at);
        question.entries = vec![Entry::Text { text: past.question.clone() }];

        let questions = branch.len() / 2;
        let kept = match past.follows {
            Follows::Edited(back) | Follows::Regenerated(back) if questions > 0 => {
                2 * (questions - 1 - back % questions)
            }
            _ => branch.len(),
        };
        let again = matches!(past.follows, Follows::Regenerated(_)).then(|| branch.get(kept).cloned()).flatten();
        branch.truncate(kept);
        turn.question.as_mut().unwrap().parent_id = branch.last().map(|message| message.id.clone());
        if let Some(question) = again {
            branch.push(question);
            turn.question = None;
        }
        turn.reply.parent_id = turn.question.as_ref().or(branch.last()).map(|question| question.id.clone());
        let first = turn.question.as_ref().unwrap_or(&turn.reply).clone();
        let siblings = all.iter().filter(|message| message.parent_id == first.parent_id).chain([&first]);
        let siblings = siblings.map(|message| message.id.clone()).collect();
        let is_branch = newest.is_some() && first.parent_id != newest;
        turn.branch = is_branch.then(|| Branch { start: first.id.clone(), parent: first.parent_id.clone(), siblings });
        store.begin_turn(&turn).await.unwrap();

        let key =
            TurnKey { user_id: user.clone(), conversation_id: conversation.clone(), message_id: turn.reply.id.clone() };
        for (number, entries) in (0..).zip(&past.segments) {
            store.save_segment(&key, &turn.lease, number, entries).await.unwrap();
        }
        let segments = u32::try_from(past.segments.len()).unwrap();
        let lease = turn.lease.renewed(turn.lease.expires_at);
        let save = Save { ending: past.ending, ..saving(&key, &lease, segments, &past.tail) };
        store.save_turn(save).await.unwrap();

        let new = turn.question.into_iter().chain([Message {
            entries: join_entries(past.segments.iter().flatten().chain(&past.tail).cloned()),
            ..turn.reply
        }]);
        for message in new {
            all.push(message.clone());
            branch.push(message);
        }
    }
    branch
}

/// A save of a reply that goes on behind so many segments.
pub fn saving<'a>(turn: &'a TurnKey, lease: &'a Lease, segments: u32, tail: &'a [Entry]) -> Save<'a> {
    let content = Some(SavedContent { segments, tail });
    Save { turn, lease, content, dismissed: &[], ending: None, model: None, usage: None, cost: None, timings: None }
}
