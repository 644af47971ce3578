//! Trace ids in the form of X-Ray.

use uuid::Uuid;

/// A new trace id: `Root=1-5759e988-bd862e3fe1be46a994272793`, with the time in seconds.
pub fn root(epoch_millis: u64) -> String {
    let unique = Uuid::new_v4().simple().to_string();
    format!("Root=1-{:08x}-{}", epoch_millis / 1000, &unique[..24])
}

/// The trace header of an invocation that is not sampled.
pub fn of_invocation(epoch_millis: u64) -> String {
    let parent = Uuid::new_v4().simple().to_string();
    format!("{};Parent={};Sampled=0", root(epoch_millis), &parent[..16])
}
