//! A page whose agent has tools: it does what the stored reply needs, until that has ended.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Incoming, MAX_REQUESTS, Page, Question, RETRY_INTERVAL, new_id};
use crate::tools::answers;

/// What a user does about calls that wait.
#[derive(Debug, Clone, Copy)]
pub struct Reaction {
    /// Whether calls are allowed that need approval.
    pub approves: bool,
    /// How the answer comes.
    pub way: Way,
}

/// How an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By the connection that has asked.
    Here,
    /// By another one, which is opened for it.
    Elsewhere,
    /// By both at once.
    Twice,
    /// After this time.
    Late(Duration),
    /// Not at all.
    Never,
}

/// Who finds a turn whose function is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rescuer {
    /// The page, which resumes.
    Client,
    /// The sweep, for which the page waits.
    Sweep,
}

/// What a page knows of a message.
enum Known {
    /// The server does not answer.
    Nothing,
    /// It was not stored.
    Unsent,
    /// Its reply.
    Reply(Value),
}

impl Page<'_> {
    /// Asks, and then does what the stored turn needs until it has ended. Returns the reply, which waits if it is not to be answered;
    /// `None` if there is no end.
    pub async fn carry_through(&mut self, question: &Question, reaction: Reaction, rescuer: Rescuer) -> Option<Value> {
        for _ in 0..MAX_REQUESTS {
            let reply = match self.reply_to(question).await {
                Known::Nothing => continue,
                Known::Unsent => {
                    let sent = self.send(question).await;
                    self.follow_to_an_end(&sent.request).await;
                    continue;
                }
                Known::Reply(reply) => reply,
            };
            match reply["metadata"]["status"].as_str() {
                Some("waiting") if reaction.way == Way::Never => return Some(reply),
                Some("waiting") => {
                    self.react(question, &answers(&reply, reaction.approves, "shown"), reaction.way).await
                }
                Some("streaming") if rescuer == Rescuer::Sweep => sleep(self.idle_timeout).await,
                Some("streaming") => {
                    let resumed = self.resume(question).await;
                    self.follow_to_an_end(&resumed.request).await;
                }
                _ => return Some(reply),
            }
        }
        None
    }

    async fn react(&mut self, question: &Question, answered: &Value, way: Way) {
        match way {
            Way::Here | Way::Never => self.respond(question, answered).await,
            Way::Elsewhere => {
                self.close();
                self.respond(question, answered).await;
            }
            Way::Late(time) => {
                sleep(time).await;
                self.respond(question, answered).await;
            }
            Way::Twice => {
                let mut other = Page::new(self.natter, &self.user, self.idle_timeout);
                tokio::join!(self.respond(question, answered), other.respond(question, answered));
            }
        }
    }

    async fn respond(&mut self, question: &Question, answered: &Value) {
        let request = new_id();
        self.say(json!({
            "type": "send", "requestId": request, "id": question.conversation, "trigger": "submit-message",
            "messageId": answered["id"], "messages": [answered], "headers": {}, "body": {},
        }))
        .await;
        self.follow_to_an_end(&request).await;
    }

    // The newest reply to the question, as a page loads it.
    async fn reply_to(&mut self, question: &Question) -> Known {
        let request = new_id();
        self.say(json!({"type": "conversations.get", "requestId": request, "id": question.conversation})).await;
        let Some(answer) = self.last_frame(&request).await else { return Known::Nothing };
        if answer["code"] == "not_found" {
            return Known::Unsent;
        }
        let Some(messages) = answer["data"]["messages"].as_array() else {
            sleep(RETRY_INTERVAL).await;
            return Known::Nothing;
        };
        let asked = messages.iter().find(|message| message["metadata"]["clientId"] == question.message.as_str());
        let Some(asked) = asked else { return Known::Unsent };
        let reply = messages.iter().rfind(|message| message["metadata"]["parentId"] == asked["id"]);
        reply.map_or(Known::Nothing, |reply| Known::Reply(reply.clone()))
    }

    // Waits for the end of an answer, or until its function must be dead.
    async fn follow_to_an_end(&mut self, request: &str) {
        if self.last_frame(request).await.is_none_or(|last| last["type"] == "error") {
            sleep(RETRY_INTERVAL).await;
        }
    }

    async fn last_frame(&mut self, request: &str) -> Option<Value> {
        loop {
            match self.next().await {
                Incoming::Frame(frame) if frame["requestId"] != request => {}
                Incoming::Frame(frame) if matches!(frame["type"].as_str(), Some("start" | "chunk")) => {}
                Incoming::Frame(frame) => return Some(frame),
                Incoming::Silence => return None,
                Incoming::Broken => {
                    self.close();
                    return None;
                }
            }
        }
    }
}
