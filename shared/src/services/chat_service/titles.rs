//! Writes the title of a conversation with the model, after the first exchange.
//!
//! Nothing waits for it: until there is one, the conversation is named by its first words.

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

/// How long to wait for more after a first line, which may be the title.
const LINE_TIMEOUT: Duration = Duration::from_secs(2);

/// The most bytes the model may produce, reasoning included, before its call is dropped.
const MAX_ANSWER_BYTES: usize = 4_000;

/// Writes titles.
pub struct TitleService {
    /// The model that writes them.
    pub model: Arc<dyn LanguageModel>,
    /// Where they are stored.
    pub store: Arc<dyn ConversationStore>,
    /// Notifies the user's connections.
    pub notifier: Notifier,
}

impl TitleService {
    /// Writes a title for the turn's conversation, unless it has one, within `time_left`. Failures are only logged.
    pub async fn write(&self, turn: &TurnKey, question: &str, reply: &str, time_left: Duration) {
        let Ok(Some(title)) = timeout(TIMEOUT.min(time_left), self.ask(question, reply)).await else {
            return tracing::info!(conversation = %turn.conversation_id, "the model returned no title");
        };
        match self.store.give_title(&turn.user_id, &turn.conversation_id, &title).await {
            // The user has named it, or deleted it.
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
                Ok(Delta::Reasoning(text) | Delta::ToolInput(text)) => said += text.len(),
                Ok(Delta::ProviderData(_) | Delta::Source(_) | Delta::ToolStart { .. }) => {}
                Ok(Delta::Finish { .. }) => break,
                Err(_) => return None,
            }
            // No title is that long. It may be reasoning without an opening mark.
            if said > MAX_ANSWER_BYTES {
                return None;
            }
        }
        title_in(&answer)
    }
}
