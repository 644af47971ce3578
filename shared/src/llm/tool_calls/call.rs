//! One tool call, as far as it was received.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::CallDelta;
use crate::llm::Delta;

/// The most bytes of a call's arguments. The rest is dropped, so that what is left is not JSON.
const MAX_INPUT_BYTES: usize = 64 * 1024;

/// The most bytes of a tool's name. Providers allow 64.
const MAX_NAME_BYTES: usize = 128;

/// Empty arguments. Some servers send them before the actual ones.
const NO_INPUT: &str = "{}";

/// A call.
#[derive(Default)]
pub struct Call {
    pub index: Option<u64>,
    pub id: String,
    pub has_ended: bool,
    tool: String,
    input: String,
    data: Option<Value>,
    // How many bytes of the input are emitted; `None` if the start of the call is not.
    emitted: Option<usize>,
    // A part of the input was dropped.
    is_cut: bool,
}

impl Call {
    /// The call that starts with this delta.
    pub fn of(delta: CallDelta) -> Self {
        let mut call = Self { index: delta.index, id: delta.id.clone(), ..Self::default() };
        call.add(delta);
        call
    }

    /// Whether this is a call: it has a name or arguments.
    pub fn is_call(&self) -> bool {
        !self.tool.is_empty() || !self.input.is_empty()
    }

    /// Whether a delta with a name may belong to this call: a server may split a name, repeat it in each delta, or start
    /// the next call with it.
    pub fn may_continue_with(&self, delta: &CallDelta) -> bool {
        let may_be_its_id = delta.id.is_empty() || self.id.is_empty() || delta.id == self.id;
        if self.input.is_empty() {
            return may_be_its_id;
        }
        let is_its_name = delta.tool == self.tool;
        match self.is_complete() {
            true => is_its_name && may_be_its_id && (delta.input.is_empty() || self.is_repeated_by(delta)),
            false => is_its_name || (may_be_its_id && !delta.id.is_empty()),
        }
    }

    /// Adds a delta.
    pub fn add(&mut self, delta: CallDelta) {
        let is_repetition = self.is_repeated_by(&delta);
        let CallDelta { id, tool, input, data, ends, .. } = delta;
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

    /// Whether the arguments are a complete object.
    pub fn is_complete(&self) -> bool {
        let input = self.input.trim();
        input.starts_with('{') && input.ends_with('}') && serde_json::from_str::<IgnoredAny>(input).is_ok()
    }

    /// Emits what was received, as soon as the name is complete.
    pub fn emit_ready(&mut self, emit: &mut impl FnMut(Delta)) {
        if !self.input.trim().is_empty() && self.input != NO_INPUT {
            self.emit_all(emit);
        }
    }

    /// Ends the call and emits the rest of it, if it is one.
    pub fn end(&mut self, emit: &mut impl FnMut(Delta)) {
        self.has_ended = true;
        if self.input.trim().is_empty() {
            if self.tool.is_empty() {
                return;
            }
            NO_INPUT.clone_into(&mut self.input);
        }
        self.emit_all(emit);
    }

    fn emit_all(&mut self, emit: &mut impl FnMut(Delta)) {
        if self.emitted.is_none() {
            self.data.take().into_iter().for_each(|data| emit(Delta::ProviderData(data)));
            emit(Delta::ToolStart { tool: self.tool.clone() });
        }
        let more = &self.input[self.emitted.unwrap_or(0)..];
        if !more.is_empty() {
            emit(Delta::ToolInput(more.to_owned()));
        }
        self.emitted = Some(self.input.len());
    }

    fn add_input(&mut self, more: &str) {
        if self.is_cut {
            return;
        }
        self.input.push_str(more);
        self.is_cut = self.input.len() > MAX_INPUT_BYTES;
        self.input.truncate(self.input.floor_char_boundary(MAX_INPUT_BYTES));
    }

    // Names come split, cumulative or repeated.
    fn add_name(&mut self, more: &str) {
        match more.starts_with(&self.tool) {
            true => more.clone_into(&mut self.tool),
            false => self.tool.push_str(more),
        }
        self.tool.truncate(self.tool.floor_char_boundary(MAX_NAME_BYTES));
    }

    // Some servers send the whole call again after its fragments.
    fn is_repeated_by(&self, delta: &CallDelta) -> bool {
        (delta.index.is_some() || !delta.id.is_empty())
            && !delta.tool.is_empty()
            && delta.input == self.input
            && self.is_complete()
    }
}
