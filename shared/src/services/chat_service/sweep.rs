//! The scheduled sweep: recovers abandoned turns even if no client returns, asks clients to reconnect before their
//! connection is closed, and closes connections that have ended.

use futures::future::join_all;

use super::{ChatService, Turn};
use crate::conversation::{ConnectionId, UserId};
use crate::db::{StoreError, StoredMessage};
use crate::logging::METRIC;
use crate::protocol::{Notice, ServerFrame};
use crate::turn::{BreakOff, TurnKey};

/// The most turns that one sweep examines, most of which are healthy and only take long; and how many concurrently.
const MAX_TURNS: usize = 2_000;
const CONCURRENCY: usize = 32;

/// About how many turns one sweep takes over. The next one, which has a machine of its own, finds the rest.
const MAX_RECOVERIES: usize = 50;

/// The most connections that one sweep notifies or closes.
const MAX_NOTICES: usize = 500;

impl ChatService {
    /// Finds turns whose lease has expired. Returns those that are taken over, to be run by the caller; the others are
    /// closed as interrupted. Where a turn has ended but its owner died before delivering the end, its subscribers are
    /// notified.
    ///
    /// # Errors
    /// The store is unavailable. Failing to recover a turn is only logged: the next sweep finds it again.
    pub async fn sweep(&self) -> Result<Vec<Turn>, StoreError> {
        let due = self.store.due_turns((self.clock)(), MAX_TURNS).await?;
        let mut recovered = Vec::new();
        for batch in due.chunks(CONCURRENCY) {
            let outcomes = join_all(batch.iter().map(|turn| async move {
                self.recover_if_abandoned(turn).await.unwrap_or_else(|error| {
                    tracing::warn!(turn = %turn.message_id, %error, "recovering a turn failed");
                    None
                })
            }));
            recovered.extend(outcomes.await.into_iter().flatten());
            if recovered.len() >= MAX_RECOVERIES {
                break;
            }
        }
        Ok(recovered)
    }

    async fn recover_if_abandoned(&self, turn: &TurnKey) -> Result<Option<Turn>, StoreError> {
        let now = (self.clock)();
        let is_reply = |stored: &StoredMessage| stored.message.id == turn.message_id;
        let is_overdue = |stored: &StoredMessage| stored.lease.as_ref().is_some_and(|lease| lease.expires_at <= now);
        let is_healthy = |head: &StoredMessage| is_reply(head) && !is_overdue(head);
        let snapshot = self.load_head(&turn.user_id, &turn.conversation_id, is_healthy).await?;
        let found = snapshot.recent.iter().find(|stored| is_reply(stored));
        let Some(found) = found.filter(|found| is_overdue(found)) else { return Ok(None) };
        if let Some(until) = found.waits_until {
            if until <= now {
                self.end_wait(turn, BreakOff::Expired).await?;
            }
            return Ok(None);
        }
        tracing::warn!(
            target: METRIC,
            StrandedTurns = 1,
            conversation = %turn.conversation_id,
            turn = %turn.message_id,
            ending = found.ending.map(|ending| tracing::field::display(ending.status())),
            "the sweep found an abandoned turn"
        );
        if let (Some(_), Some(lease)) = (found.ending, &found.lease) {
            if found.stop_requested {
                // Its owner died between the wait and its end.
                self.end_wait(turn, BreakOff::Stopped).await?;
            }
            let Some(whole) = self.store.reply(turn).await? else { return Ok(None) };
            return self.notify_missed(turn, &whole, &lease.owner, found.subscribers.clone()).await.map(|()| None);
        }
        let is_head = snapshot.head().is_some_and(|head| head.message.id == turn.message_id);
        let recovered = match is_head {
            true => self.recover(turn, snapshot, None).await,
            // The conversation has gone on without it.
            false => match &found.lease {
                Some(seen) => self.close_interrupted(turn, seen).await.map(|_| None),
                None => Ok(None),
            },
        };
        match recovered {
            // Another function was faster, or the owner has renewed its lease.
            Err(StoreError::LeaseLost) => Ok(None),
            recovered => recovered,
        }
    }

    /// Asks clients to reconnect whose connection will be closed soon or whose token expires, and closes connections
    /// that have ended.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn request_reconnects(&self) -> Result<(), StoreError> {
        let due = self.notifier.connections.due_connections((self.clock)(), MAX_NOTICES).await?;
        let frame = ServerFrame::notice(Notice::Reconnect).encode();
        let notify = |(user, connection): (UserId, ConnectionId)| {
            let frame = frame.clone();
            async move {
                if let Err(error) = self.notifier.announce_end(&user, &connection, frame).await {
                    tracing::warn!(%connection, %error, "asking a client to reconnect failed");
                }
            }
        };
        join_all(due.into_iter().map(notify)).await;
        Ok(())
    }
}
