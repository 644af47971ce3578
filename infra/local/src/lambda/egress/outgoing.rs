//! The outgoing calls of an environment: to the database, clients and the model, all through its own endpoint.
//!
//! Every call of a process passes here, those to the Runtime API too, to be counted and to have faults injected.

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
use crate::faults::{FaultAction, FaultDecision, InjectedError};
use crate::lambda::endpoint::Endpoint;
use crate::lambda::upstreams::MAX_REQUEST_BYTES;
use crate::model;

/// Injects the fault that is drawn for a call, if any.
pub async fn inject_fault(State(endpoint): State<Endpoint>, mut request: Request, next: Next) -> Response {
    let Endpoint { pool, environment } = &endpoint;
    if environment.is_being_killed() {
        return endpoint.hang().await;
    }
    let upstreams = &pool.settings.upstreams;
    let call = Call::of(request.method(), request.uri().path(), request.headers());
    let function = &pool.settings.function.id;
    let decision = match upstreams.crash_points.count(function, &call) {
        Some(moment) => FaultDecision { action: FaultAction::Killed(moment), ..FaultDecision::default() },
        None => upstreams.faults.decide(function, environment.id, environment.next_call(), &call),
    };
    if !decision.delay.is_zero() {
        tokio::time::sleep(decision.delay).await;
    }
    if decision.action != FaultAction::Passed {
        pool.console.say(format_args!("{call}: {}", decision.action));
        let (call, outcome) = (call.to_string(), decision.action.to_string());
        upstreams.journal.record(|| Event::Fault { invocation: pool.invocation(environment), call, outcome });
    }
    match decision.action {
        FaultAction::Passed => next.run(request).await,
        FaultAction::Killed(moment) => {
            if moment == Moment::After {
                next.run(request).await;
            }
            environment.kill();
            endpoint.hang().await
        }
        FaultAction::Refused(refusal) => {
            if refusal == InjectedError::Gone {
                // A post gets 410 only where there is no connection: the client loses it too.
                let request = Request::builder().method(Method::DELETE).uri(request.uri().clone()).body(Body::empty());
                if let Ok(request) = request {
                    upstreams.pass_on(request).await;
                }
            }
            let body = to_bytes(request.into_body(), MAX_REQUEST_BYTES).await.unwrap_or_default();
            refusal.response(&call, &body)
        }
        FaultAction::Lost => StatusCode::OK.into_response(),
        FaultAction::Unanswered { done } => {
            if done {
                next.run(request).await;
            }
            endpoint.hang().await
        }
        FaultAction::Late(delay) => {
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                next.run(request).await
            });
            endpoint.hang().await
        }
        FaultAction::Corrupted(fault) => {
            if let Ok(fault) = HeaderValue::from_str(&fault.to_string()) {
                request.headers_mut().insert(model::FAULT_HEADER, fault);
            }
            next.run(request).await
        }
    }
}

/// Forwards a call to the database or the stack, and streams the response back.
pub async fn forward(State(endpoint): State<Endpoint>, mut request: Request) -> Response {
    let upstreams = &endpoint.pool.settings.upstreams;
    let started = Instant::now();
    let call = Call::of(request.method(), request.uri().path(), request.headers());
    if !upstreams.journal.records() {
        let response = upstreams.pass_on(request).await;
        upstreams.latencies.wait(&call, started).await;
        return response;
    }
    let invocation = endpoint.pool.invocation(&endpoint.environment);
    match &call {
        Call::Database(operation) => {
            database_call::pass_on(upstreams, operation.clone(), invocation, request, started).await
        }
        Call::Model => {
            let response = upstreams.pass_on(request).await;
            let (status, millis) = (response.status().as_u16(), started.elapsed());
            upstreams.journal.record(|| Event::Model { invocation: invocation.clone(), status, millis });
            model_stream::recorded(response, upstreams.journal.clone(), invocation)
        }
        _ => {
            invocation.put_into(request.headers_mut());
            let response = upstreams.pass_on(request).await;
            upstreams.latencies.wait(&call, started).await;
            response
        }
    }
}
