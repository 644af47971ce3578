//! One call, as far as it has come.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::CallPiece;
use crate::llm::Delta;

/// The longest arguments of a call. Beyond it the rest is dropped, and what is left is no JSON.
const MAX_INPUT_BYTES: usize = 64 * 1024;

/// The longest name of a tool. Providers allow 64.
const MAX_NAME_BYTES: usize = 128;

/// The arguments of a call without any, and what some servers begin others with.
const NO_INPUT: &str = "{}";

/// A call that has begun.
#[derive(Default)]
pub struct Call {
    pub index: Option<u64>,
    pub id: String,
    pub has_ended: bool,
    tool: String,
    input: String,
    data: Option<Value>,
    // How much of the input was passed on; `None` if not even the beginning of the call was.
    passed: Option<usize>,
    // Some of the input was dropped.
    is_cut: bool,
}

impl Call {
    /// A call that begins with this piece.
    pub fn of(piece: CallPiece) -> Self {
        let mut call = Self { index: piece.index, id: piece.id.clone(), ..Self::default() };
        call.add(piece);
        call
    }

    /// Whether a piece with a name may belong to this call: a server may cut a name, repeat it with each piece, or
    /// begin the next call with it.
    pub fn may_go_on_with(&self, piece: &CallPiece) -> bool {
        let may_be_its_id = piece.id.is_empty() || self.id.is_empty() || piece.id == self.id;
        if self.input.is_empty() {
            return may_be_its_id;
        }
        let is_its_name = piece.tool == self.tool;
        match self.is_whole() {
            true => is_its_name && may_be_its_id && (piece.input.is_empty() || self.is_repeated_by(piece)),
            false => is_its_name || (may_be_its_id && !piece.id.is_empty()),
        }
    }

    /// Takes another piece.
    pub fn add(&mut self, piece: CallPiece) {
        let is_repetition = self.is_repeated_by(&piece);
        let CallPiece { id, tool, input, data, ends, .. } = piece;
        if self.id.is_empty() {
            self.id = id;
        }
        if self.input.is_empty() {
            self.add_name(&tool);
            self.data = self.data.take().or(data);
        }
        if !self.has_ended && !is_repetition {
            if self.input == NO_INPUT && input.trim_start().starts_with('{') {
                self.input.clear();
            }
            self.add_input(&input);
        }
        self.has_ended |= ends;
    }

    /// Whether the arguments are a whole object.
    pub fn is_whole(&self) -> bool {
        let input = self.input.trim();
        input.starts_with('{') && input.ends_with('}') && serde_json::from_str::<IgnoredAny>(input).is_ok()
    }

    /// Passes on what has come, as soon as the name is certainly whole.
    pub fn pass_on(&mut self, say: &mut impl FnMut(Delta)) {
        if !self.input.trim().is_empty() && self.input != NO_INPUT {
            self.pass_on_all(say);
        }
    }

    /// Passes on all of it. A call that has neither a name nor arguments is none.
    pub fn end(&mut self, say: &mut impl FnMut(Delta)) {
        self.has_ended = true;
        if self.input.trim().is_empty() {
            if self.tool.is_empty() {
                return;
            }
            NO_INPUT.clone_into(&mut self.input);
        }
        self.pass_on_all(say);
    }

    fn pass_on_all(&mut self, say: &mut impl FnMut(Delta)) {
        if self.passed.is_none() {
            self.data.take().into_iter().for_each(|data| say(Delta::ProviderData(data)));
            say(Delta::ToolStart { tool: self.tool.clone() });
        }
        let more = &self.input[self.passed.unwrap_or(0)..];
        if !more.is_empty() {
            say(Delta::ToolInput(more.to_owned()));
        }
        self.passed = Some(self.input.len());
    }

    fn add_input(&mut self, more: &str) {
        if self.is_cut {
            return;
        }
        self.input.push_str(more);
        self.is_cut = self.input.len() > MAX_INPUT_BYTES;
        self.input.truncate(self.input.floor_char_boundary(MAX_INPUT_BYTES));
    }

    // A name in pieces, or so far with each piece, or again.
    fn add_name(&mut self, more: &str) {
        match more.starts_with(&self.tool) {
            true => more.clone_into(&mut self.tool),
            false => self.tool.push_str(more),
        }
        self.tool.truncate(self.tool.floor_char_boundary(MAX_NAME_BYTES));
    }

    // Some servers send the whole call again behind its pieces.
    fn is_repeated_by(&self, piece: &CallPiece) -> bool {
        (piece.index.is_some() || !piece.id.is_empty())
            && !piece.tool.is_empty()
            && piece.input == self.input
            && self.is_whole()
    }
}
