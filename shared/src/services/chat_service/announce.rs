//! Notifies a user's other devices that a turn has started.

use super::ChatService;
use crate::conversation::ConnectionId;
use crate::protocol::Notice;
use crate::turn::TurnKey;

impl ChatService {
    /// Notifies all connections of the turn's user except the one that asked for it. Runs beside the turn, off the
    /// critical path; failures are only logged.
    pub(super) fn announce(&self, turn: TurnKey, except: ConnectionId) -> impl Future<Output = ()> + Send + 'static {
        let notifier = self.notifier.clone();
        async move {
            let notice =
                Notice::TurnStarted { id: turn.conversation_id.as_str(), message_id: turn.message_id.as_str() };
            notifier.send_to_all(&turn.user_id, Some(&except), notice).await;
        }
    }
}
