//! What an environment calls outside its process: the database, clients and the model, all through its own address.
//!
//! Every call of a process comes by here, those to the Runtime API too. So it can be counted, and can go wrong.

use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use super::database_call;
use super::model_stream;
use super::runtime_api::Api;
use super::services::Services;
use crate::call::Call;
use crate::crash_points::{CrashPoints, Moment};
use crate::events::Event;
use crate::faults::{Fate, Faults, Outcome, Refusal};
use crate::journal::Journal;
use crate::latency::Latencies;
use crate::model;

/// The most that a call may carry; DynamoDB takes 16 MB.
pub(super) const LONGEST_REQUEST: usize = 16 * 1024 * 1024;

/// Headers that belong to one connection and not to what is passed on.
const OF_THE_CONNECTION: [HeaderName; 4] =
    [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// The world outside an environment.
#[derive(Clone, Debug)]
pub struct Outside {
    /// `http://127.0.0.1:PORT` of the stack.
    pub stack_url: String,
    /// Endpoint of the database.
    pub database_url: String,
    /// What the stack itself serves.
    pub services: Services,
    /// Passes calls on to the database.
    pub client: reqwest::Client,
    /// How far away it seems.
    pub latencies: Latencies,
    /// What goes wrong by chance.
    pub faults: Faults,
    /// What goes wrong at a certain call.
    pub crash_points: CrashPoints,
    /// Where calls are recorded.
    pub journal: Journal,
}

impl Outside {
    /// The value of a variable for the environment at `address`: addresses of the stack and the database become its own.
    ///
    /// The stack's bare address stays as it is: it is also a name, that of the issuer of tokens.
    pub fn seen_from(&self, address: &str, value: &str) -> String {
        match value.strip_prefix(&self.stack_url) {
            _ if value == self.database_url => format!("http://{address}"),
            Some(path) if path.len() > 1 && path.starts_with('/') => format!("http://{address}{path}"),
            _ => value.to_owned(),
        }
    }

    pub(super) async fn pass_on(&self, request: Request) -> Response {
        // The database is at the root, where an environment has nothing else.
        if request.uri().path() != "/" {
            return self.services.call(request).await;
        }
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, LONGEST_REQUEST).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let mut headers = parts.headers;
        OF_THE_CONNECTION.iter().for_each(|name| drop(headers.remove(name)));
        let answer =
            match self.client.request(parts.method, &self.database_url).headers(headers).body(body).send().await {
                Ok(answer) => answer,
                // The stack is stopping.
                Err(_) => return StatusCode::BAD_GATEWAY.into_response(),
            };
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        OF_THE_CONNECTION.iter().for_each(|name| drop(headers.remove(name)));
        (status, headers, Body::from_stream(answer.bytes_stream())).into_response()
    }
}

/// Lets a call of the environment pass, unless something else befalls it.
pub(super) async fn befall(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let Api { pool, environment } = &api;
    if environment.is_doomed() {
        return api.silence().await;
    }
    let outside = &pool.settings.outside;
    let call = Call::of(request.method(), request.uri().path(), request.headers());
    let function = &pool.settings.function.id;
    let fate = match outside.crash_points.reached(function, &call) {
        Some(moment) => Fate { outcome: Outcome::Killed(moment), ..Fate::default() },
        None => outside.faults.fate(function, environment.id, environment.next_call(), &call),
    };
    if !fate.delay.is_zero() {
        tokio::time::sleep(fate.delay).await;
    }
    if fate.outcome != Outcome::Passed {
        pool.console.say(format_args!("{call}: {}", fate.outcome));
        let (call, outcome) = (call.to_string(), fate.outcome.to_string());
        outside.journal.record(|| Event::Fault { invocation: pool.invocation(environment), call, outcome });
    }
    match fate.outcome {
        Outcome::Passed => next.run(request).await,
        Outcome::Killed(moment) => {
            if moment == Moment::After {
                next.run(request).await;
            }
            environment.kill();
            api.silence().await
        }
        Outcome::Refused(refusal) => {
            if refusal == Refusal::Gone {
                // A post finds no connection only where there is none: the client loses it too.
                let request = Request::builder().method(Method::DELETE).uri(request.uri().clone()).body(Body::empty());
                if let Ok(request) = request {
                    outside.pass_on(request).await;
                }
            }
            let body = to_bytes(request.into_body(), LONGEST_REQUEST).await.unwrap_or_default();
            refusal.response(&call, &body)
        }
        Outcome::Lost => StatusCode::OK.into_response(),
        Outcome::Unanswered { done } => {
            if done {
                next.run(request).await;
            }
            api.silence().await
        }
        Outcome::Late(delay) => {
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                next.run(request).await
            });
            api.silence().await
        }
        Outcome::Misled(fault) => {
            if let Ok(fault) = HeaderValue::from_str(&fault.to_string()) {
                request.headers_mut().insert(model::FAULT_HEADER, fault);
            }
            next.run(request).await
        }
    }
}

/// Passes a call on to the database or the stack, and the answer back as it comes.
pub(super) async fn forward(State(api): State<Api>, mut request: Request) -> Response {
    let outside = &api.pool.settings.outside;
    let begun = Instant::now();
    let call = Call::of(request.method(), request.uri().path(), request.headers());
    if !outside.journal.records() {
        let response = outside.pass_on(request).await;
        outside.latencies.wait(&call, begun).await;
        return response;
    }
    let invocation = api.pool.invocation(&api.environment);
    match &call {
        Call::Database(operation) => {
            database_call::pass_on(outside, operation.clone(), invocation, request, begun).await
        }
        Call::Model => {
            let response = outside.pass_on(request).await;
            let (status, millis) = (response.status().as_u16(), begun.elapsed());
            outside.journal.record(|| Event::Model { invocation: invocation.clone(), status, millis });
            model_stream::recorded(response, outside.journal.clone(), invocation)
        }
        _ => {
            invocation.put_into(request.headers_mut());
            let response = outside.pass_on(request).await;
            outside.latencies.wait(&call, begun).await;
            response
        }
    }
}
