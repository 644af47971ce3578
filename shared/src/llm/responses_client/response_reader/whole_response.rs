//! The end of a response, which has all of it once more.

use serde_json::{Value, json};

use super::super::event::{Kind, counted};
use super::super::reasoning_item::kept;
use super::super::whole_item::{BREAK, ItemKind, arguments, citations, consulted, message_text, reasoning_text};
use super::{ResponseReader, beginning};
use crate::conversation::Source;
use crate::llm::ModelError;
use crate::llm::finish::finish_reason;
use crate::llm::server_error::ServerError;
use crate::llm::stream_event::StreamEvent;
use crate::llm::tool_calls::CallDelta;
use crate::turn::FinishReason;

impl ResponseReader {
    /// Ends the response, and adds what of it has not come.
    pub(super) fn end(&mut self, kind: Kind, response: &Value) -> StreamEvent {
        let rest = self.rest(response);
        let usage = counted(response);
        let (input_tokens, cached_input_tokens) = (usage.input_tokens, usage.cached_input_tokens);
        let event = StreamEvent { input_tokens, cached_input_tokens, output_tokens: usage.output_tokens, ..rest };
        let reason = match (kind, response["status"].as_str()) {
            (Kind::Failed, _) | (_, Some("failed")) => Err(failure(response)),
            (Kind::Cancelled, _) | (_, Some("cancelled")) => finish_reason("cancelled"),
            (Kind::Incomplete, _) | (_, Some("incomplete")) => {
                let reason = response["incomplete_details"]["reason"].as_str().unwrap_or_default();
                finish_reason(reason).map(|reason| reason.or(Some(FinishReason::Other)))
            }
            _ => Ok(Some(FinishReason::Stop)),
        };
        match reason {
            Ok(finish_reason) => StreamEvent { finish_reason, is_last: true, ..event },
            Err(failure) => StreamEvent { failure: Some(failure), ..event },
        }
    }

    fn rest(&mut self, response: &Value) -> StreamEvent {
        let output = response["output"].as_array().map(Vec::as_slice).unwrap_or_default();
        let of = |kind| output.iter().filter(move |item| ItemKind::of(item) == kind);
        let texts = of(ItemKind::Message).map(message_text).filter(|text| !text.is_empty());
        let text = self.text.read_whole(&texts.collect::<Vec<_>>().join(BREAK));
        let thoughts = of(ItemKind::Reasoning).map(|item| reasoning_text(item, None)).filter(|text| !text.is_empty());
        let reasoning = if self.has_thought { String::new() } else { thoughts.collect::<Vec<_>>().join(BREAK) };
        // Only one can be returned with them.
        let mut data = of(ItemKind::Reasoning).filter_map(kept);
        let provider_data = data.next().filter(|_| !self.has_kept && data.next().is_none());
        let calls = match self.has_called {
            true => self.open_calls(&of(ItemKind::Call).collect::<Vec<_>>()),
            false => of(ItemKind::Call)
                .map(|item| CallDelta { input: arguments(&item["arguments"]), ends: true, ..beginning(item) })
                .collect(),
        };
        let mut sources: Vec<Source> = of(ItemKind::Message).flat_map(citations).collect();
        if sources.is_empty() && !self.has_cited {
            sources = std::mem::take(&mut self.consulted);
            sources.extend(of(ItemKind::Other).flat_map(consulted));
        }
        StreamEvent { text, reasoning, provider_data, calls, sources, ..StreamEvent::default() }
    }

    // The ends of calls that have none, with what of them stands in the response.
    fn open_calls(&mut self, whole: &[&Value]) -> Vec<CallDelta> {
        let numbers = self.items.calls();
        let are_all = whole.len() == numbers.len();
        let mut ends = Vec::new();
        for (place, number) in numbers.into_iter().enumerate() {
            let item = whole.get(place).filter(|_| are_all);
            if !self.items.item(number).is_done {
                let event = self.end_call(number, item.unwrap_or(&&Value::Null));
                ends.extend(event.calls);
            }
        }
        ends
    }
}

// Only the error itself is examined: the response quotes the instructions.
fn failure(response: &Value) -> ModelError {
    let report = ServerError::of_event(&json!({ "error": response["error"] }));
    report.map_or(ModelError::Fault, |error| error.meaning(None))
}
