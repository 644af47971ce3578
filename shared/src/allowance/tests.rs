use proptest::prelude::*;

use super::*;
use crate::error::{ChatError, ErrorCode};

const MIDNIGHT: Timestamp = Timestamp(20_000 * 24 * 60 * 60 * 1000);
const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_minutes_messages_may_come_in_a_burst_and_then_at_the_sustained_rate() {
    let limits = UsageLimits { messages_per_minute: Some(3), ..UsageLimits::default() };
    let mut alice = Allowance::default();
    for turn in ["one", "two", "three"] {
        alice = alice.admit(&limits, MIDNIGHT, &id(turn)).unwrap();
    }
    let exceeded = alice.admit(&limits, MIDNIGHT + 5 * SECOND, &id("four")).unwrap_err();
    assert_eq!(exceeded, LimitExceeded { limit: Limit::MessagesPerMinute(3), retry_after: 15 * SECOND });
    alice = alice.admit(&limits, MIDNIGHT + 20 * SECOND, &id("four")).unwrap();
    assert!(alice.admit(&limits, MIDNIGHT + 20 * SECOND, &id("five")).is_err());
}

#[test]
fn a_turn_counts_as_running_until_settled_or_beyond_a_functions_lifetime() {
    let limits = UsageLimits { concurrent_turns: Some(1), ..UsageLimits::default() };
    let alice = Allowance::default().admit(&limits, MIDNIGHT, &id("one")).unwrap();
    let exceeded = alice.admit(&limits, MIDNIGHT + 15 * 60 * SECOND, &id("two")).unwrap_err();
    assert_eq!(exceeded, LimitExceeded { limit: Limit::ConcurrentTurns(1), retry_after: CONCURRENCY_RETRY_AFTER });

    let mut settled = alice.clone();
    assert!(settled.settle(&run("one"), TurnUsage::default()));
    assert!(settled.admit(&limits, MIDNIGHT, &id("two")).is_ok());

    let mut stranded = alice.admit(&limits, MIDNIGHT + RUNNING_WINDOW, &id("two")).unwrap();
    assert!(
        stranded.settle(&run("one"), TurnUsage { tokens: 5, dollars: 0.0 }),
        "the recovering function may still settle it"
    );
    assert_eq!(stranded.tokens, 5);
}

#[test]
fn an_unsettled_turn_is_dropped() {
    let limits = UsageLimits { daily_messages: Some(9), ..UsageLimits::default() };
    let alice = Allowance::default().admit(&limits, MIDNIGHT, &id("one")).unwrap();
    let alice = alice.admit(&limits, MIDNIGHT + SETTLEMENT_WINDOW, &id("two")).unwrap();
    assert_eq!(alice.unsettled.into_keys().collect::<Vec<_>>(), [run("two")]);
}

#[test]
fn a_turn_is_settled_once() {
    let mut alice = Allowance::default().admit(&UsageLimits::default(), MIDNIGHT, &id("one")).unwrap();
    let spent = TurnUsage { tokens: 100, dollars: 0.25 };
    assert!(alice.settle(&run("one"), spent));
    assert!(!alice.settle(&run("one"), spent));
    assert_eq!((alice.tokens, alice.dollars, alice.version), (100, 0.25, 1));
}

#[test]
fn a_turn_that_goes_on_is_no_message_and_its_usage_is_settled_beside_that_of_before() {
    let limits = UsageLimits { daily_messages: Some(1), daily_tokens: Some(150), ..UsageLimits::default() };
    let spent = TurnUsage { tokens: 100, dollars: 0.0 };
    let alice = Allowance::default().admit(&limits, MIDNIGHT, &id("one")).unwrap();
    let behind_wait = RunId::beginning_at(&id("one"), 7);
    let mut alice = alice.go_on(&limits, MIDNIGHT, behind_wait.clone()).unwrap();
    assert!(alice.settle(&run("one"), spent) && alice.settle(&behind_wait, spent));
    assert!(!alice.settle(&run("one"), spent) && !alice.settle(&behind_wait, spent));
    assert_eq!((alice.messages, alice.tokens, alice.version), (1, 200, 2));
    let exceeded = alice.go_on(&limits, MIDNIGHT, RunId::beginning_at(&id("one"), 9)).unwrap_err();
    assert_eq!(exceeded.limit, Limit::DailyTokens(150));
    assert!(alice.go_on(&limits, MIDNIGHT + exceeded.retry_after, behind_wait).is_ok());
}

#[test]
fn daily_limits_reset_the_next_day() {
    let used = Allowance { day: MIDNIGHT.day(), messages: 7, tokens: 800, dollars: 0.9, ..Allowance::default() };
    for (limits, limit) in [
        (UsageLimits { daily_messages: Some(7), ..UsageLimits::default() }, Limit::DailyMessages(7)),
        (UsageLimits { daily_tokens: Some(800), ..UsageLimits::default() }, Limit::DailyTokens(800)),
        (UsageLimits { daily_dollars: Some(0.9), ..UsageLimits::default() }, Limit::DailyDollars(0.9)),
    ] {
        let an_hour_before = MIDNIGHT + 23 * 3600 * SECOND;
        let exceeded = used.admit(&limits, an_hour_before, &id("one")).unwrap_err();
        assert_eq!(exceeded, LimitExceeded { limit, retry_after: 3600 * SECOND });
        let tomorrow = used.admit(&limits, an_hour_before + exceeded.retry_after, &id("one")).unwrap();
        assert_eq!((tomorrow.messages, tomorrow.tokens, tomorrow.dollars), (1, 0, 0.0));
    }
}

#[test]
fn a_clock_that_is_behind_at_midnight_does_not_reset_the_day() {
    let limits = UsageLimits { daily_messages: Some(1), ..UsageLimits::default() };
    let alice = Allowance::default().admit(&limits, MIDNIGHT, &id("one")).unwrap();
    assert!(alice.admit(&limits, MIDNIGHT - SECOND, &id("two")).is_err());
}

#[test]
fn a_client_gets_the_limit_the_retry_time_and_a_sentence() {
    let limit = Limit::MessagesPerMinute(20);
    let error = ChatError::from(LimitExceeded { limit, retry_after: 2 * SECOND });
    assert_eq!((error.code, error.retry_after), (ErrorCode::RateLimited, Some(2 * SECOND)));
    assert_eq!(serde_json::json!(error.details), serde_json::json!({"kind": "messagesPerMinute", "limit": 20}));
    assert_eq!(error.sentence, "The limit of 20 messages a minute is reached. Please wait a moment.");

    let error = ChatError::from(LimitExceeded { limit: Limit::DailySpendCap, retry_after: SECOND });
    assert_eq!(error.code, ErrorCode::QuotaExceeded);
    assert_eq!(serde_json::json!(error.details), serde_json::json!({"kind": "dailySpendCap"}));
}

proptest! {
    #[test]
    fn no_limit_is_exceeded_and_an_error_has_the_time_of_the_next_admission(
        most in 1_u64..6,
        running in 1_u64..4,
        daily in 1_u64..30,
        events in proptest::collection::vec((0_u64..40_000, any::<bool>()), 1..80),
    ) {
        let limits = UsageLimits {
            messages_per_minute: Some(most),
            concurrent_turns: Some(running),
            daily_messages: Some(daily),
            ..UsageLimits::default()
        };
        let (mut alice, mut now) = (Allowance::default(), MIDNIGHT);
        let mut begun: Vec<Timestamp> = Vec::new();
        for (number, (pause, settles)) in events.into_iter().enumerate() {
            now = now + Duration::from_millis(pause);
            if settles && let Some(oldest) = alice.unsettled.keys().next().cloned() {
                alice.settle(&oldest, TurnUsage { tokens: 1, dollars: 0.0 });
            }
            let turn = id(&format!("{number:04}"));
            match alice.admit(&limits, now, &turn) {
                Ok(admitted) => {
                    alice = admitted;
                    begun.push(now);
                }
                Err(LimitExceeded { limit: Limit::MessagesPerMinute(_), retry_after }) => {
                    let unhindered = UsageLimits { concurrent_turns: None, daily_messages: None, ..limits };
                    let next = now + retry_after;
                    prop_assert!(alice.admit(&unhindered, next, &turn).is_ok());
                    prop_assert!(alice.admit(&unhindered, next - Duration::from_millis(1), &turn).is_err());
                }
                Err(_) => {}
            }
            prop_assert!(alice.running(now) <= running);
            prop_assert!(alice.messages <= daily);
            prop_assert_eq!(alice.messages, begun.len() as u64);
            prop_assert_eq!(alice.tokens + alice.unsettled.len() as u64, begun.len() as u64);
            // What may come at once, and what comes back within the minute.
            let lately = begun.iter().filter(|begun| **begun + 60 * SECOND > now).count() as u64;
            prop_assert!(lately <= 2 * most);
        }
    }
}

fn id(name: &str) -> MessageId {
    name.parse().unwrap()
}

fn run(turn: &str) -> RunId {
    RunId::first(&id(turn))
}
