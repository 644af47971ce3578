//! What an environment calls outside its process: the database, clients and the model, all through its own address.
//!
//! Every call of a process comes by here, those to the Runtime API too. So it can be counted, and can go wrong.

use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode};

use super::database_call;
use super::model_stream;
use crate::call::Call;
use crate::crash_points::Moment;
use crate::events::Event;
use crate::faults::{Fate, Outcome, Refusal};
use crate::lambda::endpoint::Endpoint;
use crate::lambda::upstreams::LONGEST_REQUEST;
use crate::model;

/// Lets a call of the environment pass, unless a fault is injected into it.
pub async fn inject_fault(State(endpoint): State<Endpoint>, mut request: Request, next: Next) -> Response {
    let Endpoint { pool, environment } = &endpoint;
    if environment.is_doomed() {
        return endpoint.silence().await;
    }
    let upstreams = &pool.settings.upstreams;
    let call = Call::of(request.method(), request.uri().path(), request.headers());
    let function = &pool.settings.function.id;
    let fate = match upstreams.crash_points.count(function, &call) {
        Some(moment) => Fate { outcome: Outcome::Killed(moment), ..Fate::default() },
        None => upstreams.faults.fate(function, environment.id, environment.next_call(), &call),
    };
    if !fate.delay.is_zero() {
        tokio::time::sleep(fate.delay).await;
    }
    if fate.outcome != Outcome::Passed {
        pool.console.say(format_args!("{call}: {}", fate.outcome));
        let (call, outcome) = (call.to_string(), fate.outcome.to_string());
        upstreams.journal.record(|| Event::Fault { invocation: pool.invocation(environment), call, outcome });
    }
    match fate.outcome {
        Outcome::Passed => next.run(request).await,
        Outcome::Killed(moment) => {
            if moment == Moment::After {
                next.run(request).await;
            }
            environment.kill();
            endpoint.silence().await
        }
        Outcome::Refused(refusal) => {
            if refusal == Refusal::Gone {
                // A post finds no connection only where there is none: the client loses it too.
                let request = Request::builder().method(Method::DELETE).uri(request.uri().clone()).body(Body::empty());
                if let Ok(request) = request {
                    upstreams.pass_on(request).await;
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
            endpoint.silence().await
        }
        Outcome::Late(delay) => {
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                next.run(request).await
            });
            endpoint.silence().await
        }
        Outcome::Corrupted(fault) => {
            if let Ok(fault) = HeaderValue::from_str(&fault.to_string()) {
                request.headers_mut().insert(model::FAULT_HEADER, fault);
            }
            next.run(request).await
        }
    }
}

/// Passes a call on to the database or the stack, and the answer back as it comes.
pub async fn forward(State(endpoint): State<Endpoint>, mut request: Request) -> Response {
    let upstreams = &endpoint.pool.settings.upstreams;
    let begun = Instant::now();
    let call = Call::of(request.method(), request.uri().path(), request.headers());
    if !upstreams.journal.records() {
        let response = upstreams.pass_on(request).await;
        upstreams.latencies.wait(&call, begun).await;
        return response;
    }
    let invocation = endpoint.pool.invocation(&endpoint.environment);
    match &call {
        Call::Database(operation) => {
            database_call::pass_on(upstreams, operation.clone(), invocation, request, begun).await
        }
        Call::Model => {
            let response = upstreams.pass_on(request).await;
            let (status, millis) = (response.status().as_u16(), begun.elapsed());
            upstreams.journal.record(|| Event::Model { invocation: invocation.clone(), status, millis });
            model_stream::recorded(response, upstreams.journal.clone(), invocation)
        }
        _ => {
            invocation.put_into(request.headers_mut());
            let response = upstreams.pass_on(request).await;
            upstreams.latencies.wait(&call, begun).await;
            response
        }
    }
}
