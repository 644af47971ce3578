//! Where a message goes in its conversation, and the history in its prompt: what the page shows.

use std::time::Duration;

use natter::conversation::{ClientMetadata, MessageId, Status};
use natter::error::ErrorCode;
use natter::protocol::{GetConversation, Operation, SendFrame};
use natter::turn::{Intent, Opening, Parent};
use serde_json::{Map, Value};

use crate::support::Step::{Finish, Say, Wait};
use crate::support::{Chat, conversation_id, edit, send};

#[tokio::test]
async fn an_old_message_is_edited_by_either_id_with_all_its_context() {
    // More than a turn reads of the past, and more than a prompt takes.
    const EXCHANGES: usize = 40;
    let chat = Chat::with_model([Say("Reply"), Finish]).await;
    for number in 0..EXCHANGES {
        chat.says(numbered(number)).await.unwrap();
    }
    let asked: Vec<MessageId> = chat.stored().await.into_iter().step_by(2).map(|written| written.message.id).collect();
    for (number, earlier) in [(1, 1), (8, 8), (15, 10), (EXCHANGES - 1, 10)] {
        for (how, id) in [("client", format!("m{number}")), ("server", asked[number].to_string())] {
            chat.says(edit(&format!("{how}{number}"), "c", &id, &format!("{number}, edited"))).await.unwrap();
            let history = (number - earlier..number).map(|number| format!("{number}|Reply|")).collect::<String>();
            let prompt = chat.model.prompts().pop().unwrap();
            assert_eq!(prompt, format!("Be kind.|{history}{number}, edited"), "by the {how}'s id");
            assert_eq!(messages_shown(&chat).await, 2 * number + 2);
        }
    }
}

#[tokio::test]
async fn the_parent_of_a_message_is_the_nearest_that_its_page_shows() {
    let chat = Chat::with_model([Say("Reply"), Finish]).await;
    for number in 0..3 {
        chat.says(numbered(number)).await.unwrap();
    }
    let replies: Vec<MessageId> =
        chat.stored().await.iter().skip(1).step_by(2).map(|reply| reply.message.id.clone()).collect();
    let id = |name: &str| name.parse().unwrap();
    for (request, shown_before, history) in [
        // The last two exchanges were taken away, or only the reply of the first was ever shown.
        ("r3", vec![replies[0].clone(), id("m0")], "0|Reply|"),
        ("r4", vec![id("m0")], "0|Reply|"),
        // The message before it never arrived.
        ("r5", vec![id("nowhere"), replies[1].clone()], "0|Reply|1|Reply|"),
    ] {
        let new = send(request, "c", request, "New");
        let opening = Opening { shown_before, ..new.opening };
        chat.says(SendFrame { opening, ..new }).await.unwrap();
        assert_eq!(chat.model.prompts().pop().unwrap(), format!("Be kind.|{history}New"));
    }
}

#[tokio::test]
async fn an_id_that_a_page_uses_again_for_another_message_is_no_edit() {
    let chat = Chat::with_model([Say("Reply"), Finish]).await;
    chat.says(send("r1", "c", "m1", "Monday")).await.unwrap();
    chat.says(send("r2", "c", "m1", "Tuesday")).await.unwrap();
    assert_eq!(chat.model.prompts()[1], "Be kind.|Monday|Reply|Tuesday");
}

#[tokio::test]
async fn an_edit_of_an_unknown_message_is_rejected_and_stores_nothing() {
    let chat = Chat::with_model([Say("Reply"), Finish]).await;
    chat.says(send("r1", "c", "m1", "One")).await.unwrap();
    let refused = chat.says(edit("r2", "c", "nowhere", "Two")).await.unwrap_err();
    assert_eq!((refused.code, chat.stored().await.len()), (ErrorCode::NotFound, 2));
}

#[tokio::test]
async fn a_running_reply_gives_way_to_an_edit_of_its_question() {
    let chat =
        Chat::with_models([vec![Say("Old"), Wait(Duration::from_secs(3600)), Finish], vec![Say("New"), Finish]]).await;
    let running = chat.begins(send("r1", "c", "m1", "One")).await;
    chat.says(edit("r2", "c", "m1", "One, edited")).await.unwrap();
    running.await.unwrap();
    let stored: Vec<_> = chat.stored().await.iter().map(|one| (one.message.content(), one.message.status)).collect();
    let expected = [
        ("One", Status::Complete),
        ("Old", Status::Stopped),
        ("One, edited", Status::Complete),
        ("New", Status::Complete),
    ];
    assert_eq!(stored, expected.map(|(text, status)| (text.to_owned(), status)));
    assert_eq!(chat.sink.types("tab").iter().filter(|kind| *kind == "chunk/abort").count(), 1);
}

#[tokio::test]
async fn a_redelivered_regeneration_does_not_stop_its_own_reply() {
    let script = vec![Say("Reply"), Wait(Duration::from_millis(400)), Finish];
    let chat = Chat::with_models([vec![Say("Reply"), Finish], script]).await;
    chat.says(send("r1", "c", "m1", "One")).await.unwrap();
    let again = send("r2", "c", "m1", "One");
    let again = SendFrame { opening: Opening { intent: Intent::Regenerate { reply: None }, ..again.opening }, ..again };
    let running = chat.begins(again.clone()).await;
    chat.says(again).await.unwrap();
    running.await.unwrap();
    let statuses: Vec<Status> = chat.stored().await.iter().map(|written| written.message.status).collect();
    assert_eq!(statuses, [Status::Complete; 3]);
}

#[tokio::test]
async fn a_conversation_that_began_again_is_a_sibling_of_its_first_beginning() {
    let chat = Chat::with_model([Say("Reply"), Finish]).await;
    for number in 0..30 {
        chat.says(numbered(number)).await.unwrap();
    }
    let anew = send("r30", "c", "m30", "Anew");
    let intent = Intent::Submit { parent: Some(Parent::Nothing), edited: None };
    chat.says(SendFrame { opening: Opening { intent, ..anew.opening }, ..anew }).await.unwrap();
    assert_eq!(chat.model.prompts().pop().unwrap(), "Be kind.|Anew");
    assert_eq!(page(&chat).await["messages"][0]["metadata"]["siblingCount"], 2);
}

#[tokio::test]
async fn an_old_message_is_answered_again_without_naming_its_reply() {
    let chat = Chat::with_model([Say("Reply"), Finish]).await;
    for number in 0..40 {
        chat.says(numbered(number)).await.unwrap();
    }
    let again = send("again", "c", "m1", "1");
    let opening = Opening { intent: Intent::Regenerate { reply: None }, ..again.opening };
    chat.says(SendFrame { opening, ..again }).await.unwrap();
    assert_eq!(chat.model.prompts().pop().unwrap(), "Be kind.|0|Reply|1");
    assert_eq!(messages_shown(&chat).await, 4);
}

#[tokio::test]
async fn client_metadata_is_returned_with_its_message() {
    let chat = Chat::with_model([Say("Reply"), Finish]).await;
    let new = send("r1", "c", "m1", "One");
    let said = Map::from_iter([("mood".to_owned(), Value::from("cheerful")), ("sentAt".to_owned(), Value::from(1.5))]);
    let opening = Opening { metadata: ClientMetadata::new(said), ..new.opening };
    chat.says(SendFrame { opening, ..new }).await.unwrap();
    let page = page(&chat).await;
    let (question, reply) = (&page["messages"][0]["metadata"], &page["messages"][1]["metadata"]);
    assert_eq!(
        (&question["mood"], &question["sentAt"], &question["clientId"]),
        (&"cheerful".into(), &1.5.into(), &"m1".into())
    );
    assert_eq!(reply["mood"], Value::Null);
}

fn numbered(number: usize) -> SendFrame {
    send(&format!("r{number}"), "c", &format!("m{number}"), &number.to_string())
}

async fn page(chat: &Chat) -> Value {
    let get = GetConversation { id: conversation_id("c"), limit: 100, cursor: None, branch: None, at: None };
    chat.asks(Operation::Get(get)).await.unwrap()
}

// How many messages the branch has that is shown.
async fn messages_shown(chat: &Chat) -> usize {
    page(chat).await["messages"].as_array().unwrap().len()
}
