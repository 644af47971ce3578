//! The stream of a model, with its first and last bytes in the journal.

use axum::body::Body;
use axum::response::Response;
use futures::{StreamExt, stream};

use crate::events::{Event, Invocation};
use crate::journal::Journal;

/// The same answer, whose beginning and end are recorded when they pass.
pub fn recorded(response: Response, journal: Journal, invocation: Invocation) -> Response {
    response.map(|body| {
        let record =
            move |ended, bytes| journal.record(|| Event::ModelStream { invocation: invocation.clone(), ended, bytes });
        let pieces = body.into_data_stream();
        Body::from_stream(stream::unfold((pieces, record, 0), |(mut pieces, record, bytes)| async move {
            let Some(piece) = pieces.next().await else {
                record(true, bytes);
                return None;
            };
            let passed = bytes + piece.as_ref().map_or(0, |piece| piece.len());
            if bytes == 0 && passed > 0 {
                record(false, passed);
            }
            Some((piece, (pieces, record, passed)))
        }))
    })
}
