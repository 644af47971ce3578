//! The events of the stack.

use std::time::Duration;

use serde::Serialize;

use super::excerpt::Excerpt;
use super::handshake::Handshake;
use super::invocation::Invocation;
use super::millis::{as_millis, as_optional_millis};
use super::origin::Origin;
use crate::permissions::Permission;

/// Something that happened. As JSON, `kind` names it, and times are in milliseconds.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// A client is connected: the authorizer and `$connect` have agreed.
    ConnectionOpened {
        /// Its id.
        connection: String,
        /// What it asked for.
        handshake: Handshake,
    },
    /// A handshake was rejected.
    ConnectionRefused {
        /// The id it would have had.
        connection: String,
        /// HTTP status of the answer.
        status: u16,
        /// What it asked for.
        handshake: Handshake,
    },
    /// A connection has ended.
    ConnectionClosed {
        /// Its id.
        connection: String,
        /// Code of the close frame, as the DISCONNECT event has it.
        code: u16,
        /// Reason, as the DISCONNECT event has it.
        reason: String,
    },
    /// A message came from a client.
    FrameIn {
        /// From which.
        connection: String,
        /// `requestContext.requestId` of its event.
        gateway_request: String,
        /// What it says.
        body: Excerpt,
    },
    /// A message was handed to a client's socket.
    FrameOut {
        /// To which.
        connection: String,
        /// What it says.
        body: Excerpt,
    },
    /// A request at `@connections`.
    Management {
        /// POST, GET or DELETE.
        method: String,
        /// Of which connection.
        connection: String,
        /// HTTP status of the answer.
        status: u16,
        /// How many bytes were posted.
        bytes: usize,
        /// Until the answer.
        #[serde(serialize_with = "as_millis")]
        millis: Duration,
        /// The invocation that called, if it was a function of this stack.
        #[serde(flatten)]
        invocation: Option<Invocation>,
        /// The permissions that it needs on AWS.
        permissions: Vec<Permission>,
    },
    /// A function was given an event.
    InvocationStarted {
        /// Which.
        #[serde(flatten)]
        invocation: Invocation,
        /// Whether it is the first of its environment.
        cold: bool,
        /// How long the event had waited for an environment.
        #[serde(serialize_with = "as_millis")]
        waited: Duration,
        /// Where the event comes from.
        #[serde(flatten)]
        origin: Origin,
    },
    /// A function has answered; it may go on working.
    InvocationAnswered {
        /// Which.
        #[serde(flatten)]
        invocation: Invocation,
        /// Since it was given the event.
        #[serde(serialize_with = "as_millis")]
        millis: Duration,
        /// The error it answered with.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// An invocation has ended: its environment is ready for the next event, or gone.
    InvocationEnded {
        /// Which.
        #[serde(flatten)]
        invocation: Invocation,
        /// Since it was given the event.
        #[serde(serialize_with = "as_millis")]
        millis: Duration,
        /// How long init took, if this was the environment's first invocation.
        #[serde(serialize_with = "as_optional_millis", skip_serializing_if = "Option::is_none")]
        init: Option<Duration>,
        /// What is charged: init and the invocation together, in whole milliseconds.
        billed_millis: u64,
        /// The function's memory in MB.
        memory: u64,
        /// Peak memory of its environment in MB, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        memory_used: Option<u64>,
        /// How it failed, if it did.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// A function could not be given an event.
    InvocationRefused {
        /// Which function.
        function: String,
        /// Why.
        error: String,
    },
    /// A function called the database.
    Database {
        /// Which invocation.
        #[serde(flatten)]
        invocation: Invocation,
        /// Name of the operation.
        operation: String,
        /// Of how many attempts this is the last so far, where the SDK says it.
        #[serde(skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
        /// HTTP status of the answer.
        status: u16,
        /// Read units that it took.
        read_units: f64,
        /// Write units that it took.
        write_units: f64,
        /// Until the answer.
        #[serde(serialize_with = "as_millis")]
        millis: Duration,
        /// What it asked.
        asked: Excerpt,
        /// The answer.
        answer: Excerpt,
        /// The permissions that it needs on AWS.
        permissions: Vec<Permission>,
    },
    /// A function called the stack's model.
    Model {
        /// Which invocation.
        #[serde(flatten)]
        invocation: Invocation,
        /// HTTP status of the answer.
        status: u16,
        /// Until the answer began.
        #[serde(serialize_with = "as_millis")]
        millis: Duration,
    },
    /// The model's answer began or ended, on its way to the function.
    ModelStream {
        /// Which invocation.
        #[serde(flatten)]
        invocation: Invocation,
        /// Whether these are its last bytes.
        ended: bool,
        /// How many bytes there were so far.
        bytes: usize,
    },
    /// A fault was injected into a call of a function.
    Fault {
        /// Which invocation.
        #[serde(flatten)]
        invocation: Invocation,
        /// Which call.
        call: String,
        /// The injected fault.
        outcome: String,
    },
    /// A function printed a line.
    Log {
        /// While which invocation.
        #[serde(flatten)]
        invocation: Invocation,
        /// The line.
        text: String,
    },
}
