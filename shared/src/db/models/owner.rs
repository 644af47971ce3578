//! What others ask of the owner of a turn, as it is stored with the reply.

use serde::Deserialize;

use crate::conversation::Status;
use crate::turn::{Lease, Subscriber};

/// The attributes of a reply that a write returns.
#[derive(Deserialize)]
pub struct OwnerItem {
    /// The state it is in.
    pub status: Status,
    /// The lease of its last owner.
    #[serde(default)]
    pub lease: Option<Lease>,
    /// The user has asked to stop it.
    #[serde(default)]
    pub stop_requested: bool,
    /// `connection#request` of each subscriber.
    #[serde(default, with = "serde_dynamo::string_set")]
    subscribers: Vec<String>,
}

impl OwnerItem {
    /// The recorded subscribers.
    pub fn subscribers(&self) -> Vec<Subscriber> {
        subscribers_from_texts(&self.subscribers)
    }
}

/// A subscriber as a member of a string set. Ids contain no '#'.
pub fn subscriber_to_text(subscriber: &Subscriber) -> String {
    format!("{}#{}", subscriber.connection, subscriber.request)
}

/// The subscribers in a string set. Malformed members are skipped.
pub fn subscribers_from_texts(texts: &[String]) -> Vec<Subscriber> {
    texts.iter().filter_map(|text| subscriber_from_text(text)).collect()
}

fn subscriber_from_text(text: &str) -> Option<Subscriber> {
    let (connection, request) = text.split_once('#')?;
    Some(Subscriber { connection: connection.parse().ok()?, request: request.parse().ok()? })
}
