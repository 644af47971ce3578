//! Limits on the time and size of an answer. The gateway drops answers that are late or too large, and their clients
//! would wait for ever.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::error::ChatError;
use crate::protocol::{OperationResult, json_length};

/// How much JSON a page is filled with. A post holds 128 KB; the rest is for what surrounds the items of a page.
pub const PAGE_BYTES: usize = 96 * 1024;

/// The most JSON of any answer. The rest of a post is for the frame around it.
const MAX_ANSWER_BYTES: usize = 126 * 1024;

/// The most time for an operation. The gateway waits for 29 seconds, which include the function's start and the post of
/// the answer, and clients wait for 20.
const MAX_TIME: Duration = Duration::from_secs(10);

/// Part of the function's time reserved for posting the answer.
const POST_TIME: Duration = Duration::from_secs(2);

/// The time for an operation in a function with this much time left.
pub fn time_for(time_left: Duration) -> Duration {
    MAX_TIME.min(time_left.saturating_sub(POST_TIME))
}

/// When to return a page as far as it is filled, with a cursor for the rest.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// The deadline for filling a page, half of the operation's time: a read in progress gets the other half.
    pub fn of(time: Duration) -> Self {
        Self(Instant::now() + time / 2)
    }

    /// Whether no more work should be started.
    pub fn has_passed(self) -> bool {
        Instant::now() >= self.0
    }
}

/// The room left on a page.
#[derive(Debug)]
pub struct Room(usize);

impl Room {
    /// The room of an empty page.
    pub fn new(bytes: usize) -> Self {
        Self(bytes)
    }

    /// Takes this many bytes, if there are as many, and returns whether there were.
    pub fn take(&mut self, bytes: usize) -> bool {
        let left = self.0.checked_sub(bytes);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }

    /// Takes this many bytes, or all there are.
    pub fn spend(&mut self, bytes: usize) {
        self.0 = self.0.saturating_sub(bytes);
    }

    /// Takes the first of `items` that fit, and at least one, so that each page makes progress.
    pub fn fitting<T: Serialize>(&mut self, items: Vec<T>) -> Vec<T> {
        let mut is_first = true;
        let fits = |item: &T| self.take(json_length(item) + 1) | std::mem::take(&mut is_first);
        items.into_iter().take_while(fits).collect()
    }
}

/// Returns the answer if the gateway can post it.
///
/// # Errors
/// It is too large, which no page is: the client gets an error instead of nothing.
pub fn checked(answer: OperationResult) -> Result<OperationResult, ChatError> {
    match json_length(&answer) {
        0..=MAX_ANSWER_BYTES => Ok(answer),
        bytes => Err(ChatError::internal(format!("an answer of {bytes} bytes is more than a post takes"))),
    }
}

/// The error for an operation that has taken too long.
pub fn too_slow() -> ChatError {
    ChatError::internal("the operation was not done in its time")
        .with_sentence("This took too long. Please try again in a moment.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_has_less_time_than_its_function_and_the_gateway_have() {
        for (left, time) in [(900, 10), (12, 10), (5, 3), (1, 0)] {
            assert_eq!(time_for(Duration::from_secs(left)), Duration::from_secs(time), "{left} s left");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_is_answered_when_half_of_the_time_is_over() {
        let deadline = Deadline::of(Duration::from_secs(10));
        tokio::time::advance(Duration::from_millis(4_999)).await;
        assert!(!deadline.has_passed());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(deadline.has_passed());
    }

    #[test]
    fn a_page_has_the_items_that_fit_and_at_least_one() {
        let texts = |room: usize| Room::new(room).fitting(vec!["abc", "def", "g"]).len();
        assert_eq!([0, 5, 6, 11, 12, 15, 16, 99].map(texts), [1, 1, 1, 1, 2, 2, 3, 3]);
    }
}
