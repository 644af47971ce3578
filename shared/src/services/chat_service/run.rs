//! Runs a turn from its first token to its end, after the response to the gateway.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::{BoxFuture, OptionFuture, Shared, join};
use tokio::task::coop::consume_budget;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::Instrument;

use super::ChatService;
use super::model_call::ModelCall;
use super::save::Saver;
use super::steps::Steps;
use crate::agents::ChatAgent;
use crate::allowance::TurnUsage;
use crate::conversation::{Entry, Price};
use crate::db::{Signals, StoreError};
use crate::gateway::{Audience, Notifier};
use crate::llm::{Delta, ModelError};
use crate::protocol::Notice;
use crate::reply::Reply;
use crate::services::allowance_service::{AllowanceService, turn_usage};
use crate::services::catalog::Chosen;
use crate::services::first_part::FirstPart;
use crate::turn::{Ending, MAX_WAIT, TurnKey, completed};

/// Part of the function's time reserved for storing and delivering the end.
pub const RESERVE: Duration = Duration::from_secs(5);

/// How long the end of a reply is posted to slow clients. What is not posted can be read from the store.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How often storing the end is tried, and the pause between.
const MAX_END_ATTEMPTS: usize = 5;
const END_PAUSE: Duration = Duration::from_millis(400);

/// A turn that is stored and whose model has been called.
pub struct RunningTurn {
    pub(super) turn: TurnKey,
    pub(super) reply: Reply,
    /// What an earlier attempt has stored. It is kept if this one produces less.
    pub(super) earlier: Vec<Entry>,
    /// The current model call, or the last.
    pub(super) call: ModelCall,
    /// When the turn began or went on.
    pub(super) started: Instant,
    pub(super) agent: Arc<ChatAgent>,
    /// Its steps, if the agent has tools.
    pub(super) steps: Option<Steps>,
    pub(super) first_part: Arc<FirstPart>,
    pub(super) prices: Arc<BTreeMap<String, Price>>,
    /// What the run has used before the current model call.
    pub(super) usage_before: TurnUsage,
    pub(super) allowances: Arc<AllowanceService>,
    pub(super) saver: Saver,
    pub(super) notifier: Notifier,
    pub(super) audience: Audience,
    /// Notifies the subscribers of an earlier owner, before the end is marked as delivered.
    pub(super) orphans_notified: Option<Shared<BoxFuture<'static, ()>>>,
}

impl ChatService {
    /// A turn that writes `reply` and has no subscriber yet.
    pub(super) fn running_turn(
        &self,
        turn: TurnKey,
        reply: Reply,
        chosen: &Chosen,
        call: ModelCall,
        saver: Saver,
    ) -> RunningTurn {
        RunningTurn {
            turn,
            reply,
            earlier: Vec::new(),
            started: call.started,
            call,
            agent: Arc::clone(&chosen.agent.agent),
            steps: None,
            first_part: Arc::clone(&chosen.model.first_part),
            prices: Arc::clone(&chosen.model.prices),
            usage_before: TurnUsage::default(),
            allowances: Arc::clone(&self.allowances),
            saver,
            notifier: self.notifier.clone(),
            audience: self.audience(),
            orphans_notified: None,
        }
    }
}

/// The lease is lost: another function has taken the turn over, or the store is unreachable.
struct TurnLost;

impl RunningTurn {
    /// Streams the reply to its subscribers, saves it as it grows, and stores and delivers its end.
    ///
    /// `time_left` is the function's; the turn ends before it does. Returns the reply, unless the lease was lost.
    pub async fn run(self, time_left: Duration) -> Option<Reply> {
        let TurnKey { conversation_id, message_id, .. } = &self.turn;
        let attempt = self.saver.attempt();
        // An error span, so that every line has the ids, whatever the log level.
        let span = tracing::error_span!("turn", conversation = %conversation_id, turn = %message_id, attempt);
        self.write(time_left).instrument(span).await
    }

    async fn write(mut self, time_left: Duration) -> Option<Reply> {
        let deadline = Instant::now() + time_left.saturating_sub(RESERVE);
        let outcome = match self.stream(deadline).await {
            Ok(ending) => self.end(ending).await,
            Err(lost) => Err(lost),
        };
        if outcome.is_err() {
            tracing::warn!("lost the turn's lease; stopping without storing its end");
            if let Err(error) = self.saver.withdraw().await {
                tracing::warn!(%error, "removing the segments of a deleted reply failed; the sweep will retry");
            }
        }
        for connection in self.audience.gone() {
            self.notifier.forget(&self.turn.user_id, connection).await;
        }
        outcome.is_ok().then_some(self.reply)
    }

    async fn stream(&mut self, deadline: Instant) -> Result<Ending, TurnLost> {
        if self.call.is_stopped {
            return Ok(Ending::Stopped);
        }
        let mut deadline = pin!(sleep_until(deadline));
        if self.steps.as_ref().is_some_and(|steps| !steps.is_asking()) {
            self.save_now();
        }
        loop {
            let dismissed = self.audience.dismissed();
            let valid_until = self.saver.valid_until();
            let is_asking = self.steps.as_ref().is_none_or(Steps::is_asking);
            let next_delta = async {
                // A model whose stream is always ready must not starve timers and sockets.
                consume_budget().await;
                self.call.deltas.next().await
            };
            // By priority: what ends the turn, signals from others, frames to clients, and then more deltas.
            tokio::select! {
                biased;
                () = &mut deadline => return Ok(Ending::Interrupted),
                saved = self.saver.next(&self.reply, &dismissed) => match saved {
                    Ok(signals) if signals.stop_requested => return Ok(Ending::Stopped),
                    Ok(signals) => {
                        self.sync(signals);
                        if let Some(ending) = self.go_on_once_stored() {
                            return Ok(ending);
                        }
                    }
                    Err(StoreError::LeaseLost) => return Err(TurnLost),
                    // The next save comes soon and includes everything.
                    Err(error) => tracing::warn!(%error, "saving the reply failed"),
                },
                never = self.audience.serve(&self.reply, valid_until) => match never {},
                outcome = Steps::next_outcome(&mut self.steps) => self.end_call(outcome),
                delta = next_delta, if is_asking => if let Some(ending) = self.take(delta) {
                    return Ok(ending);
                },
            }
        }
    }

    fn take(&mut self, delta: Option<Result<Delta, ModelError>>) -> Option<Ending> {
        match delta {
            Some(Ok(delta)) => {
                if self.reply.first_token.is_none() {
                    self.reply.first_token = Some(self.started.elapsed());
                }
                if !std::mem::replace(&mut self.call.has_spoken, true) {
                    if let Some(model) = self.call.selected_model() {
                        self.reply.model = Some(model.to_owned());
                    } else if let Some(steps) = &self.steps {
                        self.reply.model = Some(steps.model.name().to_owned());
                    }
                }
                self.apply(delta)
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "the model failed");
                Some(self.agent.fail(&mut self.reply, &error))
            }
            None => Some(Ending::Interrupted),
        }
    }

    async fn end(&mut self, ending: Ending) -> Result<(), TurnLost> {
        // Drop the stream, which cancels the call.
        self.call.cancel();
        self.first_part.learn(&self.reply);
        self.break_off_calls(ending);
        self.reply.ending = Some(ending);
        self.reply.took(self.started.elapsed());
        let price = self.reply.model.as_ref().and_then(|model| self.prices.get(model)).copied();
        self.reply.cost = price.zip(self.reply.usage).map(|(price, usage)| price.of(usage));
        let written = &self.reply.entries[completed(&self.reply.entries)..];
        // What a model call that has ended used is counted already.
        let spent = match self.steps.is_some() && written.is_empty() {
            true => self.usage_before,
            false => turn_usage(self.reply.usage, self.call.prompts(), written, price.as_ref()).and(self.usage_before),
        };
        // What this attempt streamed is then not what is stored: clients are asked to load the reply again.
        let keeps_earlier = self.saver.keeps_earlier(&self.reply, ending);
        let shows_another = keeps_earlier && !self.reply.is_blank();
        let stored = self.store_end(ending).await;
        let is_stored = stored.is_ok();
        let ending = match &stored {
            // The stop came too late for the model, and would be forgotten while the turn waits.
            Ok(signals) if signals.stop_requested && ending == Ending::Waiting => self.end_wait().await,
            _ => ending,
        };
        match stored {
            Ok(signals) => self.sync(signals),
            Err(StoreError::LeaseLost) => return Err(TurnLost),
            Err(error) => {
                tracing::error!(%error, "storing the end of the turn failed");
                if self.saver.valid_until() <= Instant::now() {
                    return Err(TurnLost);
                }
                // The lease will expire and the turn be closed as interrupted: that is what the client gets.
                self.reply.ending = Some(Ending::Interrupted);
            }
        }
        if keeps_earlier && !shows_another {
            self.reply.adopt(std::mem::take(&mut self.earlier));
        } else if shows_another {
            self.reply.ending = Some(Ending::Interrupted);
        }
        self.reply.durable = true;
        let orphans_notified = OptionFuture::from(self.orphans_notified.take());
        let is_delivered =
            timeout(DRAIN_TIMEOUT, join(self.audience.finish(&self.reply), orphans_notified)).await.is_ok();
        // Otherwise another function ends the turn, or finds that the end was stored after all, and delivers and
        // settles it.
        if !is_stored {
            return Ok(());
        }
        // Before the turn is marked as delivered: until then another function does both if this one dies.
        self.allowances.settle(&self.turn.user_id, &self.saver.run(), spent).await;
        let waits_until = (ending == Ending::Waiting).then(|| self.saver.now() + MAX_WAIT);
        if !is_delivered {
            tracing::warn!("delivering the end of the reply timed out; the sweep will notify the rest");
        } else if let Err(error) =
            self.saver.mark_delivered(shows_another || !self.audience.is_served(), waits_until).await
        {
            tracing::warn!(%error, "marking the end as delivered failed; it may be redelivered");
        }
        self.reply.ending = Some(ending);
        self.report();
        if ending == Ending::Waiting {
            let (id, message_id) = (self.turn.conversation_id.as_str(), self.turn.message_id.as_str());
            self.notifier.send_to_all(&self.turn.user_id, None, Notice::TurnWaiting { id, message_id }).await;
        }
        Ok(())
    }

    // The rest of the text is posted while the end is being stored.
    async fn store_end(&mut self, ending: Ending) -> Result<Signals, StoreError> {
        let valid_until = self.saver.valid_until();
        let storing = async {
            let mut attempt = 1;
            loop {
                match self.saver.end(&self.reply, ending).await {
                    Err(StoreError::Unavailable(_)) if attempt < MAX_END_ATTEMPTS => {
                        attempt += 1;
                        sleep(END_PAUSE).await;
                    }
                    outcome => return outcome,
                }
            }
        };
        tokio::pin!(storing);
        tokio::select! {
            outcome = &mut storing => outcome,
            never = self.audience.serve(&self.reply, valid_until) => match never {},
        }
    }

    fn sync(&mut self, signals: Signals) {
        if let Some(recorded) = signals.subscribers {
            self.audience.sync(&recorded);
        }
    }
}
