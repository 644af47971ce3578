//! Conversations of any shape, and how each is looked at.

use natter::conversation::{Entry, Message};
use natter::error::ErrorCode;
use natter::turn::{Ending, FinishReason};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use crate::support::Step::Finish;
use crate::support::{Chat, Damage, Follows, PastTurn, conversation_id, put_past};

/// A stored conversation, and how it is looked at.
#[derive(Debug, Clone)]
pub struct Case {
    turns: Vec<PastTurn>,
    pub page_bytes: usize,
    pub limit: usize,
    pub at: Index,
    pub damages: Vec<(Index, Damage)>,
}

impl Case {
    pub async fn store(&self, chat: &Chat) -> Vec<Message> {
        put_past(&chat.store(), &chat.caller.user, &conversation_id("c"), &self.turns).await
    }
}

pub fn for_conversations(test: impl AsyncFn(&Chat, &Case)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let chat = runtime.block_on(Chat::with_model([Finish]));
    let mut runner =
        TestRunner::new(Config { cases: 16, failure_persistence: None, max_shrink_iters: 30, ..Config::default() });
    let mut users = (0..).map(|number| format!("user-{number}"));
    let users = std::cell::RefCell::new(&mut users);
    let ran = runner.run(&cases(), |case| {
        let chat = chat.as_user(&users.borrow_mut().next().unwrap());
        runtime.block_on(test(&chat, &case));
        Ok(())
    });
    ran.unwrap_or_else(|failure| panic!("{failure}"));
}

prop_compose! {
    fn cases()(
        turns in prop::collection::vec(exchange(), 1..7),
        running in any::<bool>(),
        page_bytes in prop_oneof![6 => 600..4_000_usize, 1 => 100..600_usize],
        limit in 1..8_usize,
        at in any::<Index>(),
        damages in prop::collection::vec((any::<Index>(), damage()), 1..4),
    ) -> Case {
        let turns = turns.into_iter().enumerate();
        let mut turns: Vec<PastTurn> = turns.map(|(number, exchange)| exchange.into_turn(number)).collect();
        if let Some(last) = turns.last_mut().filter(|_| running) {
            last.ending = None;
        }
        Case { turns, page_bytes, limit, at, damages }
    }
}

/// What was asked and answered, before it is cut into pieces.
#[derive(Debug, Clone)]
struct Exchange {
    follows: Follows,
    question: String,
    thoughts: Option<String>,
    reply: String,
    /// Where the reply was sealed, and what stands there: some think again in the midst of an answer, or are called again.
    cuts: Vec<(Index, Vec<Entry>)>,
    ending: Ending,
}

prop_compose! {
    fn exchange()(
        follows in prop_oneof![
            3 => Just(Follows::Newest),
            1 => (0..3_usize).prop_map(Follows::Edited),
            1 => (0..3_usize).prop_map(Follows::Regenerated),
        ],
        question in said(),
        thoughts in prop::option::of(said()),
        reply in prop_oneof![6 => said(), 1 => Just(String::new())],
        cuts in prop::collection::vec((any::<Index>(), between()), 0..5),
        ending in prop_oneof![
            4 => Just(Ending::Complete(FinishReason::Stop)),
            1 => Just(Ending::Stopped),
            1 => Just(Ending::Failed(ErrorCode::ModelUnavailable)),
            1 => Just(Ending::Interrupted),
        ],
    ) -> Exchange {
        Exchange { follows, question, thoughts, reply, cuts, ending }
    }
}

impl Exchange {
    fn into_turn(self, number: usize) -> PastTurn {
        let thoughts =
            |text: Option<String>| text.map(|text| Entry::Reasoning { text }).into_iter().collect::<Vec<_>>();
        let reply = self.reply.replace("needle", &format!("needle{number}r"));
        let end = |cut: &Index| reply.floor_char_boundary(cut.index(reply.len() + 1));
        let mut cuts: Vec<_> = self.cuts.iter().map(|(cut, between)| (end(cut), between.clone())).collect();
        cuts.sort_by_key(|(end, _)| *end);
        let mut pieces = vec![thoughts(self.thoughts.map(|text| text.replace("needle", "pin")))];
        let mut start = 0;
        for (end, between) in cuts {
            pieces.last_mut().unwrap().push(text(&reply[start..end]));
            pieces.push(between);
            start = end;
        }
        pieces.last_mut().unwrap().push(text(&reply[start..]));
        let tail = pieces.pop().unwrap();
        let question = self.question.replace("needle", &format!("needle{number}q"));
        PastTurn { follows: self.follows, question, segments: pieces, tail, ending: Some(self.ending) }
    }
}

fn said() -> impl Strategy<Value = String> {
    let words =
        prop_oneof!["[a-z ]{1,20}", "\\PC{0,4}", Just("\"\\\n\t\u{1}".to_owned()), Just("é👋🏽e\u{301}한".to_owned())];
    let words = prop::collection::vec(words, 0..8).prop_map(|words| words.concat());
    (words.clone(), words).prop_map(|(before, after)| format!("{before} needle {after}"))
}

// What stands where a reply was sealed.
fn between() -> impl Strategy<Value = Vec<Entry>> {
    let thought = "[a-z]{1,9}".prop_map(|text| vec![Entry::Reasoning { text }]);
    let step = Just(vec![Entry::StepEnd { model: Some("m".to_owned()), usage: None }, Entry::StepStart]);
    prop_oneof![2 => Just(Vec::new()), 2 => thought, 1 => step]
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![Just(Damage::Removed), Just(Damage::OfAnotherAttempt), Just(Damage::Unreadable)]
}

pub fn text(text: &str) -> Entry {
    Entry::Text { text: text.to_owned() }
}
