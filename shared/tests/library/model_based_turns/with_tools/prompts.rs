//! What the model is asked, held against what is stored at that moment.

use natter::conversation::{Entry, Role, Status};
use natter::db::StoredMessage;
use natter::llm::{Prompt, PromptMessage, PromptPart, PromptRole};

use super::problems::Problems;
use crate::support::MemoryStore;

/// Notes a problem where a prompt asks for a step that is completed, or leaves out what became of a call.
pub fn check(prompt: &Prompt, store: &MemoryStore, problems: &Problems) {
    let is_question = |message: &PromptMessage| {
        message.role == PromptRole::User && message.parts.iter().any(|part| part.as_text().is_some())
    };
    let question = prompt.messages.iter().rposition(is_question).expect("somebody has asked");
    let (asked, said) = (prompt.messages[question].content(), &prompt.messages[question + 1..]);
    let step = said.iter().filter(|message| message.role == PromptRole::Assistant).count();

    let messages = store.messages();
    let is_answer = |reply: &&StoredMessage| {
        let mut questions = messages.iter().filter(|other| Some(&other.message.id) == reply.message.parent_id.as_ref());
        reply.message.role == Role::Assistant && questions.any(|question| question.message.content() == asked)
    };
    let first_call = calls_in(said).next();
    for reply in messages.iter().filter(is_answer) {
        let completed = count(reply, |entry| matches!(entry, Entry::StepEnd { .. }));
        let is_this = first_call.is_some_and(|call| call.starts_with(reply.message.id.as_str()));
        if is_this && (completed != step || reply.message.status != Status::Streaming) {
            problems.note(format!(
                "step {step} of a {:?} reply is asked, of which {completed} are completed",
                reply.message.status
            ));
        }
        // One that has failed may be written again, unless its tools have acted.
        let has_acted = count(reply, |entry| matches!(entry, Entry::CallStarted { .. })) > 0;
        let has_failed = matches!(reply.message.status, Status::Failed | Status::Interrupted | Status::Stopped);
        if step == 0 && completed > 0 && (has_acted || !has_failed) {
            problems.note(format!(
                "a {:?} reply is written anew, of which {completed} steps are completed",
                reply.message.status
            ));
        }
    }
    for call in calls_in(said) {
        let results = said.iter().flat_map(|message| &message.parts);
        let results =
            results.filter(|part| matches!(part, PromptPart::ToolResult { call: of, .. } if of == call)).count();
        if results != 1 {
            problems.note(format!("the model is told {results} results of {call}"));
        }
    }
}

fn calls_in(messages: &[PromptMessage]) -> impl Iterator<Item = &str> {
    messages.iter().flat_map(|message| &message.parts).filter_map(|part| match part {
        PromptPart::ToolCall { call, .. } => Some(call.as_str()),
        _ => None,
    })
}

fn count(reply: &StoredMessage, is_counted: impl Fn(&Entry) -> bool) -> usize {
    reply.message.entries.iter().filter(|entry| is_counted(entry)).count()
}
