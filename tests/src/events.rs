use natter_local::LocalStack;
use serde_json::Value;

/// The function that writes replies.
pub const MESSAGE_FUNCTION: &str = "MessageFunction";

/// The events of the function that writes replies, and the frames, from the local stack's journal. Times are in milliseconds.
pub struct Events(Vec<Value>);

impl Events {
    /// The number of the newest event of a stack.
    pub fn newest(stack: &LocalStack) -> u64 {
        stack.events(0).last().map_or(0, |event| event["sequence"].as_u64().unwrap())
    }

    /// The events after the one with this number.
    pub fn after(stack: &LocalStack, number: u64) -> Self {
        let is_ours = |event: &Value| event.get("function").is_none_or(|function| function == MESSAGE_FUNCTION);
        Self(stack.events(number).into_iter().filter(is_ours).collect())
    }

    /// Those of a kind, in their order.
    pub fn of(&self, kind: &'static str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |event| event["kind"] == kind)
    }

    /// From the first text of a model to the last frame, in milliseconds. On a busy machine it is longer than the model's script says,
    /// and what happens once in an interval happens more often.
    pub fn writing_millis(&self) -> usize {
        let first = self.of("modelStream").map(at).fold(f64::INFINITY, f64::min);
        let last = self.of("frameOut").map(at).fold(0.0, f64::max);
        (last - first).max(0.0) as usize
    }
}

/// When an event ended, in milliseconds.
pub fn at(event: &Value) -> f64 {
    event["at"].as_f64().unwrap()
}

/// When an event started, in milliseconds.
pub fn started_at(event: &Value) -> f64 {
    at(event) - event["millis"].as_f64().unwrap()
}
