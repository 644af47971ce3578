//! Operations over a database that is slow, on a clock that a test moves: each is answered before the gateway gives up.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use natter::caller::Caller;
use natter::conversation::{Entry, Timestamp};
use natter::error::{ChatError, ErrorCode};
use natter::gateway::Notifier;
use natter::protocol::{
    DeleteConversation, ExportConversation, ExportFormat, GetConversation, GiveFeedback, ListConversations, Operation,
    Rating, RenameConversation, SearchConversations,
};
use natter::services::{ConversationService, PAGE_BYTES};
use natter::turn::{Ending, FinishReason};
use serde_json::Value;
use tokio::time::Instant;

use crate::support::{
    Follows, MemoryStore, PastTurn, RecordingSink, ScriptedModel, conversation_id, only, put_past, user,
};

/// Much less than the gateway's 29 seconds, and than a client waits.
const IN_TIME: Duration = Duration::from_secs(10);

/// How long the function may run.
const FUNCTION_TIME: Duration = Duration::from_secs(900);

#[tokio::test(start_paused = true)]
async fn a_search_over_much_is_answered_page_by_page() {
    let (store, service) = start();
    for number in 0..30 {
        let turns = [turn(Follows::Newest, "a stone"), turn(Follows::Newest, "and another stone")];
        put_past(&store, &user("alice"), &conversation_id(&format!("c{number}")), &turns).await;
    }
    store.slow_down(Duration::from_millis(900));
    let search = |cursor| Operation::Search(SearchConversations { query: "STONE".to_owned(), limit: 50, cursor });
    let pages = pages(&service, search).await;
    let hits: Vec<&Value> = pages.iter().flat_map(|page| page["hits"].as_array().unwrap()).collect();
    let messages: BTreeSet<&str> = hits.iter().map(|hit| hit["messageId"].as_str().unwrap()).collect();
    assert_eq!((hits.len(), messages.len()), (60, 60));
    assert!(pages.len() > 5, "{} pages", pages.len());
}

#[tokio::test(start_paused = true)]
async fn a_conversation_of_many_branches_is_read_and_exported_page_by_page() {
    let (store, service) = start();
    let turns = (0..40).map(|number| match number % 2 {
        0 => turn(Follows::Newest, &format!("stone {number}")),
        _ => turn(Follows::Regenerated(0), ""),
    });
    let messages = put_past(&store, &user("alice"), &conversation_id("c"), &turns.collect::<Vec<_>>()).await;
    let expected: Vec<&str> = messages.iter().map(|message| message.id.as_str()).collect();
    store.slow_down(Duration::from_millis(900));

    let get = |cursor| {
        Operation::Get(GetConversation { id: conversation_id("c"), limit: 100, cursor, branch: None, at: None })
    };
    let read = pages(&service, get).await;
    assert!(read.len() > 3, "{} pages", read.len());
    let read: Vec<&str> = read
        .iter()
        .rev()
        .flat_map(|page| page["messages"].as_array().unwrap())
        .map(|message| message["id"].as_str().unwrap())
        .collect();
    assert_eq!(read, expected);

    let (id, format) = (conversation_id("c"), ExportFormat::Json);
    let exported =
        pages(&service, |cursor| Operation::Export(ExportConversation { id: id.clone(), format, cursor })).await;
    assert!(exported.len() > 3, "{} pages", exported.len());
    let file: String = exported.iter().map(|page| page["text"].as_str().unwrap()).collect();
    let file: Value = serde_json::from_str(&file).unwrap();
    let exported: Vec<&str> =
        file["messages"].as_array().unwrap().iter().map(|message| message["id"].as_str().unwrap()).collect();
    assert_eq!(exported, expected);
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_times_out_is_answered_with_an_error() {
    let (store, service) = start();
    put_past(&store, &user("alice"), &conversation_id("c"), &[turn(Follows::Newest, "stone")]).await;
    store.slow_down(Duration::from_secs(60 * 60));
    let id = || conversation_id("c");
    let (cursor, format) = (None, ExportFormat::Json);
    for operation in [
        Operation::List(ListConversations { limit: 10, cursor: cursor.clone() }),
        Operation::Get(GetConversation { id: id(), limit: 10, cursor: cursor.clone(), branch: None, at: None }),
        Operation::Rename(RenameConversation { id: id(), title: "Stones".to_owned() }),
        Operation::Delete(DeleteConversation { id: id() }),
        Operation::Search(SearchConversations { query: "stone".to_owned(), limit: 10, cursor: cursor.clone() }),
        Operation::Export(ExportConversation { id: id(), format, cursor: cursor.clone() }),
        Operation::Feedback(GiveFeedback {
            id: id(),
            message_id: "m".parse().unwrap(),
            rating: Rating::Up,
            comment: None,
        }),
    ] {
        let refused = ask(&service, &operation, FUNCTION_TIME).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Internal);
        assert_eq!(refused.sentence, "This took too long. Please try again in a moment.");
    }
}

fn start() -> (MemoryStore, Arc<ConversationService>) {
    let store = MemoryStore::default();
    let connections = Arc::new(store.clone());
    let notifier = Notifier { sink: Arc::new(RecordingSink::default()), connections, clock: Timestamp::now };
    let service = ConversationService {
        store: Arc::new(store.clone()),
        turns: Arc::new(store.clone()),
        notifier,
        lease_time: Duration::from_secs(15),
        catalog: only(Arc::new(ScriptedModel::new([])), ""),
        page_bytes: PAGE_BYTES,
        clock: Timestamp::now,
    };
    (store, Arc::new(service))
}

/// All pages of an operation, each of which is answered in time.
async fn pages(service: &Arc<ConversationService>, operation: impl Fn(Option<String>) -> Operation) -> Vec<Value> {
    let mut pages = Vec::new();
    let mut cursor = None;
    loop {
        let page = ask(service, &operation(cursor), FUNCTION_TIME).await.unwrap();
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        pages.push(page);
        if cursor.is_none() {
            return pages;
        }
    }
}

async fn ask(
    service: &Arc<ConversationService>,
    operation: &Operation,
    time_left: Duration,
) -> Result<Value, ChatError> {
    let caller = Caller {
        user: user("alice"),
        connection: "tab".parse().unwrap(),
        connected_at: Timestamp::now(),
        token_expires_at: None,
    };
    let asked = Instant::now();
    let performed = service.perform(&caller, operation, time_left).await;
    assert!(asked.elapsed() <= IN_TIME, "{operation:?} took {:?}", asked.elapsed());
    performed.map(|performed| serde_json::to_value(performed.result).unwrap())
}

fn turn(follows: Follows, question: &str) -> PastTurn {
    PastTurn {
        follows,
        question: question.to_owned(),
        segments: Vec::new(),
        tail: vec![Entry::Text { text: "a reply".to_owned() }],
        ending: Some(Ending::Complete(FinishReason::Stop)),
    }
}
