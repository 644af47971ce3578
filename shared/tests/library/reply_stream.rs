//! What a client is shown is what is written, however the reply grows and whenever frames are taken.

use natter::conversation::{Entry, Source};
use natter::gateway::{MAX_FRAME_BYTES, ReplyStream};
use natter::reply::Reply;
use natter::turn::{Ending, FinishReason};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn the_smallest_reply_is_five_chunks_and_an_end() {
    let mut reply = reply();
    reply.push_text("Hello");
    complete(&mut reply);
    let mut stream = ReplyStream::new("r".parse().unwrap());
    assert_eq!(
        drain(&mut stream, &reply),
        [
            json!({"type": "chunk", "requestId": "r", "sequence": 0, "chunk": {"type": "start", "messageId": "m"}}),
            json!({"type": "chunk", "requestId": "r", "sequence": 1, "chunk": {"type": "text-start", "id": "0"}}),
            json!({"type": "chunk", "requestId": "r", "sequence": 2,
                   "chunk": {"type": "text-delta", "id": "0", "delta": "Hello"}}),
            json!({"type": "chunk", "requestId": "r", "sequence": 3, "chunk": {"type": "text-end", "id": "0"}}),
            json!({"type": "chunk", "requestId": "r", "sequence": 4,
                   "chunk": {"type": "finish", "finishReason": "stop", "messageMetadata": {"model": "a model"}}}),
            json!({"type": "end", "requestId": "r"}),
        ]
    );
    assert!(stream.is_done());
}

#[test]
fn a_reply_of_several_steps_says_where_each_begins_and_ends() {
    let mut reply = reply();
    for text in ["Let me look.", "It is five."] {
        reply.entries.push(Entry::StepStart);
        reply.push_text(text);
        reply.entries.push(Entry::StepEnd { model: None, usage: None });
    }
    complete(&mut reply);
    let frames = drain(&mut ReplyStream::new("r".parse().unwrap()), &reply);
    let chunks: Vec<_> = frames.iter().filter_map(|frame| frame["chunk"]["type"].as_str()).collect();
    let step = ["start-step", "text-start", "text-delta", "text-end", "finish-step"];
    assert_eq!(chunks, [&["start"], &step[..], &step, &["finish"]].concat());
}

#[test]
fn a_resumed_stream_is_announced_and_begins_at_the_beginning() {
    let mut reply = reply();
    reply.push_text("so far");
    let mut stream = ReplyStream::resumed("r".parse().unwrap());
    let frames = drain(&mut stream, &reply);
    assert_eq!(frames[0], json!({"type": "start", "requestId": "r"}));
    assert_eq!(frames[1]["sequence"], 0);
    assert_eq!(frames[3]["chunk"]["delta"], "so far");
}

#[test]
fn the_end_is_sent_only_once_it_is_stored() {
    let mut reply = reply();
    reply.push_text("all of it");
    reply.ending = Some(Ending::Complete(FinishReason::Stop));
    let mut stream = ReplyStream::new("r".parse().unwrap());
    assert_eq!(drain(&mut stream, &reply).last().unwrap()["chunk"]["type"], "text-end");
    reply.durable = true;
    assert_eq!(drain(&mut stream, &reply).len(), 2);
}

#[test]
fn each_ending_has_its_own_frames() {
    for (ending, expected) in [
        (Ending::Stopped, json!({"type": "end", "requestId": "r"})),
        (
            Ending::Interrupted,
            json!({"type": "error", "requestId": "r", "code": "interrupted", "details": {"messageId": "m"},
                   "errorText": "The reply was interrupted. What had arrived is kept."}),
        ),
        (
            Ending::Failed(natter::error::ErrorCode::ModelOverloaded),
            json!({"type": "error", "requestId": "r", "code": "model_overloaded", "details": {"messageId": "m"},
                   "errorText": "The model is busy at the moment. Please try again in a little while."}),
        ),
    ] {
        let mut reply = Reply { ending: Some(ending), durable: true, ..reply() };
        reply.push_text("part");
        let mut stream = ReplyStream::new("r".parse().unwrap());
        assert_eq!(drain(&mut stream, &reply).last(), Some(&expected));
        assert!(stream.is_done());
    }
}

#[test]
fn an_undelivered_frame_is_rebuilt_with_more_text_and_the_same_number() {
    let mut reply = reply();
    reply.push_text("one");
    let mut stream = ReplyStream::new("r".parse().unwrap());
    for _ in 0..2 {
        let outgoing = stream.next(&reply).unwrap();
        stream.sent(&outgoing);
    }
    let lost = stream.next(&reply).unwrap();
    reply.push_text(" two");
    let again = stream.next(&reply).unwrap();
    let (lost, again) = (frame(&lost.frame), frame(&again.frame));
    assert_eq!(lost["sequence"], again["sequence"]);
    assert_eq!(again["chunk"]["delta"], "one two");
}

#[test]
fn long_text_is_split_by_its_size_on_the_wire() {
    for piece in ["a", "\"", "\n", "\u{1}", "é", "世", "👩‍👩‍👧"] {
        let mut reply = reply();
        reply.push_text(&piece.repeat(100_000 / piece.len()));
        complete(&mut reply);
        let mut stream = ReplyStream::new("r".parse().unwrap());
        let mut longest = 0;
        while let Some(outgoing) = stream.next(&reply) {
            longest = longest.max(outgoing.frame.len());
            stream.sent(&outgoing);
        }
        assert!(longest <= MAX_FRAME_BYTES, "{piece:?}: {longest} bytes");
        assert!(longest > MAX_FRAME_BYTES - 100, "{piece:?}: frames are not filled: {longest} bytes");
    }
}

proptest! {
    #[test]
    fn what_is_shown_is_what_is_written(
        pieces in prop::collection::vec((0..5_u8, ".{0,40}|[\\x00-\\x1f\"\\\\]{1,9}", any::<bool>()), 0..40),
    ) {
        let mut reply = reply();
        let mut stream = ReplyStream::new("r".parse().unwrap());
        let mut shown = Vec::new();
        for (kind, piece, is_read) in pieces {
            match kind {
                0 => reply.entries.push(Entry::StepStart),
                1 => reply.entries.push(Entry::StepEnd { model: None, usage: None }),
                2 => reply.push_source(Source::new(&format!("https://example.com/{}", piece.len()), Some(&piece)).unwrap()),
                _ if piece.is_empty() => {}
                3 => reply.push_text(&piece),
                _ => reply.push_reasoning(&piece),
            }
            if is_read {
                shown.extend(stream.next(&reply).inspect(|outgoing| stream.sent(outgoing)).map(|sent| frame(&sent.frame)));
            }
        }
        complete(&mut reply);
        shown.extend(drain(&mut stream, &reply));
        prop_assert_eq!(assemble(&shown), reply.entries);
    }
}

/// The log as a client can put it together.
fn assemble(frames: &[Value]) -> Vec<Entry> {
    let mut log = Vec::new();
    let chunks = frames.iter().filter(|frame| frame["type"] == "chunk");
    for (expected, frame) in chunks.enumerate() {
        assert_eq!(frame["sequence"], expected);
        let chunk = &frame["chunk"];
        // The id of a part is its place in the log.
        let id = chunk["id"].as_str().map(|id| id.parse::<usize>().unwrap());
        match chunk["type"].as_str().unwrap() {
            "start-step" => log.push(Entry::StepStart),
            "source-url" => {
                assert_eq!(chunk["sourceId"], chunk["url"]);
                let source = Source::new(chunk["url"].as_str().unwrap(), chunk["title"].as_str()).unwrap();
                log.push(Entry::Source { source });
            }
            "finish-step" => log.push(Entry::StepEnd { model: None, usage: None }),
            "text-start" | "reasoning-start" => {
                assert_eq!(id, Some(log.len()));
                log.push(match chunk["type"] == "text-start" {
                    true => Entry::Text { text: String::new() },
                    false => Entry::Reasoning { text: String::new() },
                });
            }
            "text-delta" | "reasoning-delta" => match &mut log[id.unwrap()] {
                Entry::Text { text } | Entry::Reasoning { text } => text.push_str(chunk["delta"].as_str().unwrap()),
                other => panic!("{other:?} grows"),
            },
            _ => {}
        }
    }
    log
}

fn drain(stream: &mut ReplyStream, reply: &Reply) -> Vec<Value> {
    let mut frames = Vec::new();
    while let Some(outgoing) = stream.next(reply) {
        stream.sent(&outgoing);
        frames.push(frame(&outgoing.frame));
    }
    frames
}

fn frame(json: &[u8]) -> Value {
    serde_json::from_slice(json).unwrap()
}

fn reply() -> Reply {
    Reply::new("m".parse().unwrap(), Some("a model".to_owned()))
}

fn complete(reply: &mut Reply) {
    reply.ending = Some(Ending::Complete(FinishReason::Stop));
    reply.durable = true;
}
