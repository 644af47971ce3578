//! What users may do and have used: read before a turn begins, and settled when it has ended.

use std::sync::Arc;
use std::time::Duration;

use futures::try_join;
use tokio::time::sleep;

use super::memory_service::estimated_tokens;
use crate::allowance::{Admission, Allowance, Limit, Refusal, Spent, UsageLimits};
use crate::conversation::{Clock, MessageId, Part, Price, Timestamp, Usage, UserId};
use crate::db::{AllowanceStore, StoreError};
use crate::llm::Prompt;
use crate::turn::TurnKey;

/// How often a turn is tried to be settled, and the pause between: it meets those that begin at the same moment.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(50);

/// Knows what users may do, and keeps what they have used. Where nothing is limited it neither reads nor writes.
pub struct AllowanceService {
    /// What is limited.
    pub limits: UsageLimits,
    /// Where it is kept what is used.
    pub store: Arc<dyn AllowanceStore>,
    /// What time it is.
    pub clock: Clock,
}

/// What is used when a turn is about to begin.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    limits: UsageLimits,
    allowance: Allowance,
    spent_by_all: f64,
}

impl AllowanceService {
    /// What a user, and all together, have used; `None` if nothing is limited. It is read at the same time as what else a
    /// turn needs.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub async fn standing(&self, user: &UserId) -> Result<Option<Standing>, StoreError> {
        if !self.limits.exist() {
            return Ok(None);
        }
        let spent_by_all = async {
            match self.limits.daily_spend_cap {
                Some(_) => self.store.spending((self.clock)().day()).await,
                None => Ok(0.0),
            }
        };
        let (allowance, spent_by_all) = try_join!(self.store.allowance(user), spent_by_all)?;
        Ok(Some(Standing { limits: self.limits, allowance, spent_by_all }))
    }

    /// Counts what a turn took that has ended, once, however often and by whom it is called. A failure is only logged: a
    /// turn that stays unsettled is forgotten after a while.
    pub async fn settle(&self, turn: &TurnKey, spent: Spent) {
        if !self.limits.exist() {
            return;
        }
        if let Err(error) = self.try_to_settle(turn, spent).await {
            tracing::warn!(turn = %turn.message_id, %error, "what a turn took was not counted");
        }
    }

    async fn try_to_settle(&self, turn: &TurnKey, spent: Spent) -> Result<(), StoreError> {
        let mut attempt = 1;
        let is_new = loop {
            match self.store.settle(turn, spent).await {
                Err(StoreError::Unavailable(_)) if attempt < ATTEMPTS => sleep(PAUSE * attempt).await,
                settled => break settled?,
            }
            attempt += 1;
        };
        // A function that dies right here spends something that the cap does not see. One transaction for both would cost
        // twice as much, at each turn.
        match is_new && spent.dollars > 0.0 && self.limits.daily_spend_cap.is_some() {
            true => self.store.add_spending((self.clock)().day(), &turn.message_id, spent.dollars).await,
            false => Ok(()),
        }
    }
}

impl Standing {
    /// What the user has used with one turn more.
    ///
    /// # Errors
    /// The limit that is reached.
    pub fn admit(self, now: Timestamp, turn: &MessageId) -> Result<Admission, Refusal> {
        if self.limits.daily_spend_cap.is_some_and(|cap| self.spent_by_all >= cap) {
            return Err(Refusal { limit: Limit::DailySpendCap, retry_after: now.day().end().since(now) });
        }
        let after = self.allowance.admit(&self.limits, now, turn)?;
        Ok(Admission { before: self.allowance, after })
    }

    /// A turn was settled since this was read.
    pub fn settle(&mut self, turn: &MessageId, spent: Spent) {
        self.allowance.settle(turn, spent);
    }
}

/// Tokens of a prompt, estimated.
pub fn tokens_of(prompt: &Prompt) -> usize {
    prompt.messages.iter().map(|message| estimated_tokens(&message.content)).sum()
}

/// What a reply took: what the model counted, or an estimate where it broke off before it did. A reply without a word is
/// not counted then.
pub fn spent(usage: Option<Usage>, prompt_tokens: usize, parts: &[Part], price: Option<&Price>) -> Spent {
    let counted = |tokens: usize| u64::try_from(tokens).unwrap_or(u64::MAX);
    let usage = usage.unwrap_or_else(|| match parts {
        [] => Usage::default(),
        parts => Usage {
            input_tokens: counted(prompt_tokens),
            output_tokens: counted(parts.iter().map(|part| estimated_tokens(part.text())).sum()),
        },
    });
    Spent { tokens: usage.input_tokens + usage.output_tokens, dollars: price.map_or(0.0, |price| price.of(usage)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: Price = Price { input: 1.0, output: 2.0 };

    #[test]
    fn a_reply_takes_what_the_model_counted() {
        let usage = Usage { input_tokens: 1_000_000, output_tokens: 500_000 };
        let taken = spent(Some(usage), 7, &[said("Hello")], Some(&PRICE));
        assert_eq!(taken, Spent { tokens: 1_500_000, dollars: 2.0 });
    }

    #[test]
    fn a_reply_that_broke_off_takes_what_its_text_tells_and_one_without_a_word_nothing() {
        let taken = spent(None, 1_000, &[said(&"x".repeat(4_000))], Some(&PRICE));
        assert_eq!(taken.tokens, 2_004);
        assert!(taken.dollars > 0.0029 && taken.dollars < 0.0031, "{}", taken.dollars);
        assert_eq!(spent(None, 1_000, &[], Some(&PRICE)), Spent::default());
    }

    fn said(text: &str) -> Part {
        Part::Text { text: text.to_owned() }
    }
}
