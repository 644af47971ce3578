//! All facts, by subject.

mod connections;
mod database;
mod end;
mod events;
mod functions;
mod handshake;
mod limits;
mod messages;
mod strict;

use crate::fact::Fact;

/// All facts, in reading order.
pub fn all() -> impl Iterator<Item = Fact> {
    let subjects = [
        handshake::FACTS,
        strict::FACTS,
        events::FACTS,
        messages::FACTS,
        limits::FACTS,
        end::FACTS,
        connections::FACTS,
        functions::FACTS,
        database::FACTS,
    ];
    subjects.into_iter().flatten().copied()
}
