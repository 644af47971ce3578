use axum::response::Response;
use natter::llm::{CallLimits, LanguageModel};

/// A status, headers and a body.
pub type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// How the server of a provider speaks, and the client that understands it.
pub trait Wire {
    /// The type of a stream.
    const CONTENT_TYPE: &str;

    /// A client of the server at `url`.
    fn client(url: &str, limits: CallLimits) -> impl LanguageModel + 'static;

    /// What comes before the first token.
    fn beginning() -> Vec<u8>;

    /// A token.
    fn says(words: &str) -> Vec<u8>;

    /// A token of the thoughts.
    fn thinks(words: &str) -> Vec<u8>;

    /// The beginning of a call, the so-many-th block of the reply.
    fn begins_call(index: usize, tool: &str) -> Vec<u8>;

    /// More of its arguments.
    fn adds_to_call(index: usize, json: &str) -> Vec<u8>;

    /// Its end, where a server tells it.
    fn ends_call(index: usize) -> Vec<u8>;

    /// The reason for which a reply ends.
    fn reason() -> Vec<u8>;

    /// The end of a reply, with a reason.
    fn end() -> Vec<u8>;

    /// What a server sends to keep a connection open.
    fn keep_alive() -> Vec<u8>;

    /// The report inside a stream that the server is overloaded, in `words`.
    fn reports_overload(words: &str) -> Vec<u8>;

    /// Things that are not of the protocol.
    fn nonsense() -> Vec<Vec<u8>>;

    /// The first of an event that never ends.
    fn endless() -> Vec<u8>;

    /// Failures in which everything that a server may choose has these words in it.
    fn answers_that_quote(words: &str) -> Vec<Answer>;

    /// An answer without success, whose body says `words`.
    fn refuses(status: u16, words: &str) -> Response;
}
