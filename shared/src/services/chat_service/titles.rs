//! The title of a conversation, asked of the model after the first exchange.
//!
//! Nobody waits for it: until it comes, and if it never does, the conversation is called by its first words.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::timeout;

use crate::agents::{title_in, title_prompt};
use crate::db::ConversationStore;
use crate::gateway::Notifier;
use crate::llm::{Delta, LanguageModel};
use crate::protocol::Notice;
use crate::turn::TurnKey;

/// How long the model may take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// How long a line that may be the title stands without more behind it, until it is taken to be it.
const LINE_TIMEOUT: Duration = Duration::from_secs(2);

/// The most that the model may say before its call is dropped, thoughts included, in bytes.
const MAX_ANSWER_BYTES: usize = 4_000;

/// Writes titles.
pub struct TitleService {
    /// Who thinks of them.
    pub model: Arc<dyn LanguageModel>,
    /// Where they are kept.
    pub store: Arc<dyn ConversationStore>,
    /// Who is told.
    pub notifier: Notifier,
}

impl TitleService {
    /// Gives the turn's conversation a title, unless it has one, within `time_left`. Failures are only logged.
    pub async fn write(&self, turn: &TurnKey, question: &str, reply: &str, time_left: Duration) {
        let Ok(Some(title)) = timeout(TIMEOUT.min(time_left), self.ask(question, reply)).await else {
            return tracing::info!(conversation = %turn.conversation_id, "the model returned no title");
        };
        match self.store.give_title(&turn.user_id, &turn.conversation_id, &title).await {
            // A user has named it, or deleted it.
            Ok(false) => {}
            Ok(true) => {
                let notice = Notice::TitleChanged { id: turn.conversation_id.as_str(), title: &title };
                self.notifier.send_to_all(&turn.user_id, None, notice).await;
            }
            Err(error) => tracing::warn!(conversation = %turn.conversation_id, %error, "storing the title failed"),
        }
    }

    async fn ask(&self, question: &str, reply: &str) -> Option<String> {
        let mut deltas = self.model.stream(title_prompt(question, reply));
        let (mut answer, mut said) = (String::new(), 0);
        loop {
            let is_line = answer.trim_start().contains('\n');
            let Ok(Some(delta)) = timeout(if is_line { LINE_TIMEOUT } else { TIMEOUT }, deltas.next()).await else {
                break;
            };
            match delta {
                Ok(Delta::Text(text)) => {
                    said += text.len();
                    answer.push_str(&text);
                }
                Ok(Delta::Reasoning(text)) => said += text.len(),
                Ok(Delta::ModelSelected(_) | Delta::Retried(_)) => {}
                Ok(Delta::Finish { .. }) => break,
                Err(_) => return None,
            }
            // No title is that long. It may be thoughts of which only their end would tell that they are.
            if said > MAX_ANSWER_BYTES {
                return None;
            }
        }
        title_in(&answer)
    }
}
