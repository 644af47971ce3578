//! What others ask of the owner of a turn, as it is stored with the reply.

use serde::Deserialize;

use crate::conversation::Status;
use crate::turn::{Lease, Subscriber};

/// What is read back of a reply when it is written.
#[derive(Deserialize)]
pub struct OwnerItem {
    /// The state it is in.
    pub status: Status,
    /// Who writes or wrote it.
    #[serde(default)]
    pub lease: Option<Lease>,
    /// The user wants it to stop.
    #[serde(default)]
    pub stop_requested: bool,
    /// `connection#request` of each who asked or joined.
    #[serde(default, with = "serde_dynamo::string_set")]
    subscribers: Vec<String>,
}

impl OwnerItem {
    /// All who asked or joined.
    pub fn subscribers(&self) -> Vec<Subscriber> {
        subscribers_from_texts(&self.subscribers)
    }
}

/// A subscriber as a member of a set of strings. Ids hold no '#'.
pub fn subscriber_to_text(subscriber: &Subscriber) -> String {
    format!("{}#{}", subscriber.connection, subscriber.request)
}

/// The subscribers that are members of a set of strings. What is none is skipped.
pub fn subscribers_from_texts(texts: &[String]) -> Vec<Subscriber> {
    texts.iter().filter_map(|text| subscriber_from_text(text)).collect()
}

fn subscriber_from_text(text: &str) -> Option<Subscriber> {
    let (connection, request) = text.split_once('#')?;
    Some(Subscriber { connection: connection.parse().ok()?, request: request.parse().ok()? })
}
