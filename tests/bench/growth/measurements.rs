//! What is made larger, one thing after the other.

use futures::future::{join, join_all};
use futures::{StreamExt, stream};
use natter_tests::{Client, MESSAGE_FUNCTION};
use rustix::process::{Resource, getrlimit};

use super::curve::{Curve, Per, Point, grouped};
use crate::costs::Cost;
use crate::process;
use crate::settings::Settings;
use crate::turn::{Conversation, Script, Turn};

/// How many turns are measured where each takes some seconds: the one in the middle counts.
const TURNS: usize = 3;

/// The speed of long replies, in tokens a second.
const LONG_REPLY_RATE: f64 = 1_000.0;

/// How many connections are opened or closed at once.
const CONCURRENCY: usize = 8;

/// Files of this process beside connections: the functions' pipes and sockets, and the database.
const OTHER_FILES: u64 = 500;

/// The messages of a conversation.
pub async fn messages(settings: &Settings) -> Curve {
    let natter = settings.natter().await;
    let script = settings.script();
    let mut points = Vec::new();
    for size in [10, 100, 1_000, 10_000] {
        println!("a conversation of {} messages …", grouped(size));
        let user = format!("with-{size}");
        let mut conversation = Conversation::open(&natter, &user).await;
        conversation.turn(script).await;
        natter.put_past(&user, conversation.id(), size / 2 - 1).await;
        let cost = typical(conversation.turns(TURNS, script).await, script);
        let page = conversation.page().await;
        points.push(Point { size, cost, also: vec![("read units to open it", page.read_units())] });
    }
    natter.stack.stop().await;
    Curve { name: "messages of the conversation", per: None, points }
}

/// The tokens of a reply.
pub async fn tokens(settings: &Settings) -> Curve {
    let natter = settings.natter().await;
    let script = |tokens| Script { tokens, rate: LONG_REPLY_RATE, first_token_millis: settings.first_token };
    let mut points = Vec::new();
    for size in [100, 1_000, 10_000, 100_000] {
        println!("a reply of {} tokens …", grouped(size));
        let mut conversation = Conversation::open(&natter, &format!("with-{size}")).await;
        conversation.turn(script(10)).await;
        let turn = conversation.turn(script(size)).await;
        let cpu = turn.cpu.map_or(f64::NAN, |cpu| cpu.as_secs_f64() * 1e6 / size as f64);
        let memory = process::peak_kilobytes(natter.stack.environments(MESSAGE_FUNCTION)[0]) as f64 / 1024.0;
        let also = vec![("ms of CPU for 1,000 tokens", cpu), ("MB of memory at most", memory)];
        points.push(Point { size, cost: Cost::of(size, &turn), also });
    }
    natter.stack.stop().await;
    Curve { name: "tokens of the reply", per: Some(Per { name: "1,000 tokens", size: 1_000.0 }), points }
}

/// The open connections of other users.
pub async fn connections(settings: &Settings) -> Curve {
    let natter = settings.natter().await;
    let script = settings.script();
    let mut others: Vec<Client> = Vec::new();
    let mut points = Vec::new();
    for size in [10, 100, 1_000, 2_000].into_iter().filter(|size| files_suffice(*size)) {
        println!("{} other connections …", grouped(size));
        let users: Vec<String> = (others.len()..size).map(|number| format!("other-{number}")).collect();
        let opening = stream::iter(&users).map(|user| natter.connect(user)).buffer_unordered(CONCURRENCY);
        others.extend(opening.collect::<Vec<_>>().await);
        let mut conversation = Conversation::open(&natter, &format!("among-{size}")).await;
        conversation.turn(script).await;
        let cost = typical(conversation.turns(TURNS, script).await, script);
        points.push(Point { size, cost, also: Vec::new() });
    }
    // Each end is an invocation: all at once they would be as many processes.
    stream::iter(others).for_each_concurrent(CONCURRENCY, Client::close).await;
    natter.stack.stop().await;
    Curve { name: "other open connections", per: None, points }
}

// Both ends of a connection are in this process.
fn files_suffice(connections: usize) -> bool {
    let needed = 2 * connections as u64 + OTHER_FILES;
    let suffices = getrlimit(Resource::Nofile).current.is_none_or(|files| needed <= files);
    if !suffices {
        println!("{} connections are left out: they need `ulimit -n {needed}`", grouped(connections));
    }
    suffices
}

/// The tabs of one user that all show the conversation.
pub async fn tabs(settings: &Settings) -> Curve {
    let natter = settings.natter().await;
    let script = settings.script();
    let mut points = Vec::new();
    for size in [1, 2, 5, 10, 20] {
        println!("tabs: {size} …");
        let user = format!("with-{size}");
        let mut conversation = Conversation::open(&natter, &user).await;
        let mut others = join_all((1..size).map(|_| natter.connect(&user))).await;
        // As many environments are warm then as concurrent joins need.
        shown_in_all(&mut conversation, &mut others, script).await;
        let mut turns = Vec::new();
        for _ in 0..TURNS {
            turns.push(shown_in_all(&mut conversation, &mut others, script).await);
        }
        points.push(Point { size, cost: typical(turns, script), also: Vec::new() });
    }
    natter.stack.stop().await;
    Curve { name: "tabs that show the reply", per: Some(Per { name: "tab", size: 1.0 }), points }
}

async fn shown_in_all(conversation: &mut Conversation<'_>, others: &mut [Client], script: Script) -> Turn {
    join(conversation.turn(script), join_all(others.iter_mut().map(Client::follow_next_turn))).await.0
}

// The cost of the turn in the middle.
fn typical(turns: Vec<Turn>, script: Script) -> Cost {
    let mut costs: Vec<Cost> = turns.iter().map(|turn| Cost::of(script.tokens, turn)).collect();
    costs.sort_by(|one, other| one.total().total_cmp(&other.total()));
    costs.swap_remove(costs.len() / 2)
}
