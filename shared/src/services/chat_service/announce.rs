//! Telling a user's other devices that a turn has begun.

use super::ChatService;
use crate::conversation::ConnectionId;
use crate::protocol::Notice;
use crate::turn::TurnKey;

impl ChatService {
    /// Tells all connections of the turn's user but the one that asked for it. Off the critical path: it runs beside the
    /// turn, and failures are only logged.
    pub(super) fn announce(&self, turn: TurnKey, except: ConnectionId) -> impl Future<Output = ()> + Send + 'static {
        let notifier = self.notifier.clone();
        async move {
            let notice =
                Notice::TurnStarted { id: turn.conversation_id.as_str(), message_id: turn.message_id.as_str() };
            notifier.send_to_all(&turn.user_id, Some(&except), notice).await;
        }
    }
}
