//! Telling a user's other devices that a turn has begun.

use super::ChatService;
use crate::conversation::ConnectionId;
use crate::protocol::{Notice, ServerFrame};
use crate::turn::TurnKey;

impl ChatService {
    /// Tells all connections of the turn's user but the one that asked for it. Off the critical path: it runs beside the
    /// turn, and a failure is only logged.
    pub(super) fn announce(&self, turn: TurnKey, except: ConnectionId) -> impl Future<Output = ()> + Send + 'static {
        let (notifier, clock) = (self.notifier.clone(), self.clock);
        async move {
            let notice =
                Notice::TurnStarted { id: turn.conversation_id.as_str(), message_id: turn.message_id.as_str() };
            let frame = ServerFrame::notice(notice).encode();
            notifier.tell_all(&turn.user_id, Some(&except), frame, clock()).await;
        }
    }
}
