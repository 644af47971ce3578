//! When text is posted. On a simulated clock.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use natter::conversation::ConnectionId;
use natter::gateway::{Audience, PostError, ReplySink};
use natter::reply::Reply;
use natter::turn::{Ending, Subscriber};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

#[tokio::test(start_paused = true)]
async fn a_batch_is_posted_with_the_next_token() {
    let words = [(0, "One "), (30, "two "), (60, "three "), (90, "four.")];
    assert_eq!(shown(&words).await, texts(&[(0, "One "), (90, "two three four.")]));
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_posted_although_no_next_token_arrives() {
    let words = [(0, "One "), (30, "two "), (400, "three.")];
    assert_eq!(shown(&words).await, texts(&[(0, "One "), (100, "two "), (400, "three.")]));
}

#[tokio::test(start_paused = true)]
async fn fast_tokens_are_batched() {
    let words: Vec<(u64, &str)> = (0..300).map(|millis| (millis, "x")).collect();
    let times: Vec<u64> = shown(&words).await.into_iter().map(|(millis, _)| millis).collect();
    assert_eq!(times, [0, 80, 160, 240, 340]);
}

#[tokio::test(start_paused = true)]
async fn the_newest_subscribers_stay_and_the_others_are_notified_and_removed() {
    let subscriber = |connection: usize, request: usize| Subscriber {
        connection: format!("c{connection}").parse().unwrap(),
        request: format!("r{request}").parse().unwrap(),
    };
    for (connections, requests, served) in [(40, 1, 32), (1, 10, 4)] {
        let sink = Arc::new(Frames::default());
        let mut audience = Audience::new(Arc::clone(&sink) as _);
        let all: Vec<Subscriber> = (0..connections)
            .flat_map(|connection| (0..requests).map(move |request| subscriber(connection, request)))
            .collect();
        audience.begin(all[0].clone());
        audience.sync(&all);
        let dismissed = &all[..all.len() - served];
        assert_eq!(audience.dismissed(), [], "nobody is notified yet");
        let mut reply = Reply::new("m".parse().unwrap(), None);
        reply.push_text("Hello");
        reply.ending = Some(Ending::Stopped);
        reply.durable = true;
        audience.finish(&reply).await;
        assert_eq!(audience.dismissed(), dismissed);
        let frames = sink.0.lock().unwrap();
        let ended = |kind: &str| frames.iter().filter(|frame| frame["type"] == kind).count();
        assert_eq!((ended("end"), ended("error")), (served, dismissed.len()));

        // They are removed with the next save, and forgotten.
        audience.sync(&all[all.len() - served..]);
        assert_eq!(audience.dismissed(), []);
    }
}

// When which text was posted, in milliseconds, if the model says these words at these times.
async fn shown(words: &[(u64, &str)]) -> Vec<(u64, String)> {
    let sink = Arc::new(Timeline { begun: Instant::now(), texts: Mutex::default() });
    let mut audience = Audience::new(Arc::clone(&sink) as _);
    audience.begin(Subscriber { connection: "c".parse().unwrap(), request: "r".parse().unwrap() });
    let mut reply = Reply::new("m".parse().unwrap(), None);
    for (at, word) in words {
        let _ = timeout_at(sink.begun + Duration::from_millis(*at), audience.serve(&reply, never())).await;
        reply.push_text(word);
    }
    let _ = timeout_at(Instant::now() + Duration::from_secs(1), audience.serve(&reply, never())).await;
    std::mem::take(&mut sink.texts.lock().unwrap())
}

// Later than any test runs.
fn never() -> Instant {
    Instant::now() + Duration::from_secs(24 * 60 * 60)
}

fn texts(expected: &[(u64, &str)]) -> Vec<(u64, String)> {
    expected.iter().map(|(millis, text)| (*millis, (*text).to_owned())).collect()
}

/// A gateway that keeps what it was given.
#[derive(Default)]
struct Frames(Mutex<Vec<Value>>);

#[async_trait]
impl ReplySink for Frames {
    async fn post(&self, _: &ConnectionId, frame: Bytes) -> Result<(), PostError> {
        self.0.lock().unwrap().push(serde_json::from_slice(&frame).unwrap());
        Ok(())
    }

    async fn close(&self, _: &ConnectionId) -> Result<(), PostError> {
        Ok(())
    }

    async fn look_up(&self, _: &ConnectionId) -> Result<(), PostError> {
        Ok(())
    }
}

/// A gateway that keeps when it was given which text.
struct Timeline {
    begun: Instant,
    texts: Mutex<Vec<(u64, String)>>,
}

#[async_trait]
impl ReplySink for Timeline {
    async fn post(&self, _: &ConnectionId, frame: Bytes) -> Result<(), PostError> {
        let frame: Value = serde_json::from_slice(&frame).unwrap();
        if let Some(text) = frame["chunk"]["delta"].as_str() {
            let millis = u64::try_from(self.begun.elapsed().as_millis()).unwrap();
            self.texts.lock().unwrap().push((millis, text.to_owned()));
        }
        Ok(())
    }

    async fn look_up(&self, _: &ConnectionId) -> Result<(), PostError> {
        Ok(())
    }

    async fn close(&self, _: &ConnectionId) -> Result<(), PostError> {
        Ok(())
    }
}
