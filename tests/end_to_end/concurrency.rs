//! Many turns at once in one process, as on Lambda Managed Instances: each as if it were alone.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use natter_tests::{Answer, Client, End, Events, MESSAGE_FUNCTION, Natter, NatterBuilder, Page, Question, Table};
use serde_json::{Value, json};

/// What each process takes: all turns of a test, and what is asked of it beside them.
const PLACES: usize = 60;

/// Longer than it takes to begin all turns of a test, so that all are under way before the first word.
const FIRST_TOKEN_MILLIS: u64 = 6000;

/// How often something may happen in a turn among many beyond how often it does in one alone in the same time: a busy machine is
/// late, and a late turn is saved once more.
const MORE_OF_EACH: usize = 4;

/// How often a reply is posted and saved at most while it is written, in milliseconds.
const BATCH_INTERVAL: usize = 80;
const SAVE_INTERVAL: usize = 500;

fn natter() -> NatterBuilder {
    NatterBuilder::default().fixed_agent().environment_concurrency(PLACES).environment("TITLES", "words")
}

// No two users get the same text.
fn reply_to(user: usize) -> String {
    (0..30).map(|word| format!("u{user}w{word}")).collect::<Vec<_>>().join(" ")
}

async fn clients(natter: &Natter, users: std::ops::Range<usize>) -> Vec<Client> {
    join_all(users.map(|user| async move { natter.connect(&format!("user-{user}")).await })).await
}

async fn begin(client: &mut Client, user: usize) -> String {
    let script = json!({"text": reply_to(user), "rate": 30, "firstTokenMs": FIRST_TOKEN_MILLIS});
    client.script(&format!("conversation-{user}"), script).await
}

// Waits until this many replies run concurrently.
async fn running(natter: &Natter, count: usize) {
    let waiting = async {
        while natter.model_calls().await.iter().filter(|call| call["state"] == "running").count() < count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), waiting).await.expect("all turns run at the same time");
}

// How many replies are being written of which something is stored.
async fn saved(natter: &Natter) -> usize {
    Table::read(natter).await.streaming().iter().filter(|reply| !reply.text.is_empty()).count()
}

// The turns of these users, all at the same time; the first has this number.
async fn turns(natter: &Natter, clients: &mut [Client], first: usize) -> Vec<Answer> {
    let count = clients.len();
    let answers = clients.iter_mut().zip(first..).map(|(client, user)| async move {
        let request = begin(client, user).await;
        client.answer(&request).await
    });
    let (answers, ()) = tokio::join!(join_all(answers), running(natter, count));
    natter.stack.settled().await;
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_turns_in_one_process_are_isolated_and_cost_no_more_each() {
    let natter = natter().start().await;
    let mut all = clients(&natter, 0..51).await;
    let seen = Events::newest(&natter.stack);
    turns(&natter, &mut all[..1], 0).await;
    let alone = used(&natter, seen);

    let seen = Events::newest(&natter.stack);
    let answers = turns(&natter, &mut all[1..], 1).await;
    let together = used(&natter, seen);
    let elapsed = Events::after(&natter.stack, seen).writing_millis();

    assert_eq!(natter.stack.environments(MESSAGE_FUNCTION).len(), 1);
    let stored = Table::read(&natter).await;
    for (answer, user) in answers.iter().zip(1..) {
        assert_eq!((answer.text.as_str(), &answer.last["type"]), (reply_to(user).as_str(), &json!("end")));
        let replies: Vec<_> = stored.messages.iter().filter(|message| message.id == answer.message_id).collect();
        let [reply] = replies.as_slice() else { panic!("{replies:?}") };
        let (owner, conversation) = (format!("user-{user}"), format!("conversation-{user}"));
        assert_eq!((&reply.user, &reply.conversation), (&owner, &conversation));
        assert_eq!((reply.status.as_str(), reply.attempt, &reply.text), ("complete", 1, &answer.text));
    }
    // A question and a reply each.
    assert_eq!((stored.messages.len(), stored.streaming().len()), (2 * 51, 0));
    for what in ["GetItem", "Query", "TransactWriteItems", "model"] {
        assert_eq!(together.get(what), alone.get(what).map(|once| once * 50).as_ref(), "{what}: {together:?}");
    }
    for (what, often) in &together {
        // The longer a turn takes, the more often it is posted and saved.
        let in_time = if what == "post" { elapsed / BATCH_INTERVAL } else { elapsed / SAVE_INTERVAL };
        let most = 50 * (alone.get(what).copied().unwrap_or_default() + MORE_OF_EACH + in_time);
        assert!(*often <= most, "{what}: {often} times within {elapsed} ms, and once {:?}", alone.get(what));
    }
}

// How often the function called what, and posted. A call that the SDK repeats, the machine being busy, counts once.
fn used(natter: &Natter, seen: u64) -> BTreeMap<String, usize> {
    let events = Events::after(&natter.stack, seen);
    let mut used = BTreeMap::new();
    let first = |call: &&Value| call["attempt"].as_u64().is_none_or(|attempt| attempt == 1);
    let calls = events.of("database").filter(first).map(|call| call["operation"].as_str().unwrap());
    let posts = events.of("frameOut").map(|_| "post");
    let models = events.of("model").map(|_| "model");
    calls.chain(posts).chain(models).for_each(|what| *used.entry(what.to_owned()).or_default() += 1);
    used
}

#[tokio::test]
async fn a_stop_ends_one_of_several_concurrent_turns() {
    let natter = natter().start().await;
    let mut all = clients(&natter, 0..3).await;
    let mut requests = Vec::new();
    for (client, user) in all.iter_mut().zip(0..) {
        requests.push(begin(client, user).await);
    }
    running(&natter, 3).await;
    all[1].send(json!({"type": "abort", "requestId": requests[1]})).await;
    let answers = join_all(all.iter_mut().zip(&requests).map(|(client, request)| client.answer(request))).await;

    assert_eq!(natter.stack.environments(MESSAGE_FUNCTION).len(), 1);
    assert_eq!([&answers[0].text, &answers[2].text], [&reply_to(0), &reply_to(2)]);
    assert!(answers[1].text.len() < reply_to(1).len(), "it was stopped: {}", answers[1].text);
    natter.stack.settled().await;
    let calls = natter.model_calls().await;
    let mut states: Vec<_> = calls.iter().map(|call| call["state"].as_str().unwrap()).collect();
    states.sort_unstable();
    assert_eq!(states, ["dropped", "finished", "finished"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_turn_of_a_killed_process_is_ended() {
    // Long enough for an owner on a busy machine to prolong it.
    let natter = natter().environment("LEASE_SECONDS", "8").start().await;
    let pages = (0..10).map(|user| {
        let natter = &natter;
        async move {
            let mut page = Page::new(natter, &format!("user-{user}"), Duration::from_millis(8500));
            // The first call comes to no end, so that none of these turns has ended when the process dies.
            let script = json!({"text": reply_to(user), "rate": 30, "stallAfter": 5, "times": 1});
            let question = Question {
                conversation: format!("conversation-{user}"),
                message: format!("message-{user}"),
                text: format!("script:{script}"),
                event: None,
            };
            page.ask(&question).await
        }
    });
    let killing = async {
        while saved(&natter).await < 10 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        natter.stack.kill_environments(MESSAGE_FUNCTION).await;
    };
    let all = async { tokio::join!(join_all(pages), killing).0 };
    let shown = tokio::time::timeout(Duration::from_secs(90), all).await.expect("each turn comes to its end");
    natter.stack.settled().await;

    let stored = Table::read(&natter).await;
    for (shown, user) in shown.iter().zip(0..) {
        assert_eq!((shown.text.as_str(), &shown.end), (reply_to(user).as_str(), &Some(End::Finished)));
        let question = stored.questions(&format!("message-{user}"));
        let [question] = question.as_slice() else { panic!("{question:?}") };
        let replies = stored.replies(question);
        let [reply] = replies.as_slice() else { panic!("{replies:?}") };
        assert_eq!((reply.status.as_str(), reply.attempt, &reply.text), ("complete", 2, &shown.text));
    }
}

#[tokio::test]
async fn the_line_of_each_concurrent_turn_has_its_own_ids() {
    let natter = natter().start().await;
    let mut all = clients(&natter, 0..10).await;
    let answers = turns(&natter, &mut all, 0).await;

    let logged = natter.logged("the turn has ended");
    assert_eq!(logged.len(), 10, "{logged:?}");
    for (answer, user) in answers.iter().zip(0..) {
        let lines: Vec<_> = logged.iter().filter(|(line, _)| line["turn"] == answer.message_id.as_str()).collect();
        let [(line, entry)] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(line["conversation"], format!("conversation-{user}"));
        assert_eq!(line["requestId"], entry["request"]);
    }
    for id in ["connection", "request", "requestId", "xrayTraceId"] {
        let mut seen: Vec<_> = logged.iter().map(|(line, _)| line[id].as_str().unwrap()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 10, "{id}: {seen:?}");
    }
}
