//! Reads the events of a Responses stream.
//!
//! A server sends its output up to four times: in pieces, as a part, as an item, and in the whole response; some leave out
//! any of these. What has come counts once.

mod whole_response;

use serde_json::Value;

use super::event::{Event, Kind};
use super::output_items::{ItemName, OutputItems};
use super::reasoning_item::kept;
use super::whole_item::{BREAK, ItemKind, arguments, citations, consulted, message_text, reasoning_text};
use crate::conversation::{MAX_SOURCES, Source};
use crate::llm::citations::cited;
use crate::llm::http::ReadEvent;
use crate::llm::repetition::Repetition;
use crate::llm::server_error::ServerError;
use crate::llm::stream_event::StreamEvent;
use crate::llm::tool_calls::CallDelta;

/// Reads the events of a stream.
#[derive(Default)]
pub struct ResponseReader {
    items: OutputItems,
    // The text of all messages so far.
    text: Repetition,
    // The message whose text came last.
    speaking: Option<usize>,
    // The last that came is reasoning.
    is_thinking: bool,
    has_thought: bool,
    has_called: bool,
    has_kept: bool,
    // Pages that the provider has read, for a reply that cites none.
    consulted: Vec<Source>,
    has_cited: bool,
}

impl ReadEvent for ResponseReader {
    fn read(&mut self, json: &str) -> serde_json::Result<StreamEvent> {
        let mut event: Event = serde_json::from_str(json)?;
        let name = ItemName { index: event.output_index.0, id: &event.item_id.0.clone() };
        Ok(match event.kind {
            Kind::ItemAdded => self.begin(name, &event.item),
            Kind::ItemDone => self.complete(name, &event.item),
            Kind::Text => {
                let number = self.items.of_delta(ItemKind::Message, name);
                let text = self.items.item(number).add(event.delta.all());
                self.say(number, text)
            }
            // The item, which follows, has all parts.
            Kind::TextDone if event.part().unwrap_or(0) == 0 => {
                let number = self.items.of_delta(ItemKind::Message, name);
                let rest = self.items.item(number).complete(&event.whole_text());
                self.say(number, rest)
            }
            Kind::Reasoning { is_summary } => {
                let part = event.part();
                self.think(name, part, is_summary, event.delta.all())
            }
            Kind::Input => {
                let number = self.items.of_delta(ItemKind::Call, name);
                let item = self.items.item(number);
                match item.is_named {
                    true => {
                        let input = item.add(event.delta.all());
                        self.call(number, CallDelta { input, ..CallDelta::default() })
                    }
                    false => {
                        item.hold(&event.delta.all());
                        StreamEvent::default()
                    }
                }
            }
            Kind::InputDone => {
                let number = self.items.of_delta(ItemKind::Call, name);
                let item = self.items.item(number);
                match item.is_named {
                    true => {
                        let input = item.complete(&arguments(&event.arguments));
                        self.call(number, CallDelta { input, ..CallDelta::default() })
                    }
                    false => StreamEvent::default(),
                }
            }
            Kind::Annotation => self.cite(cited(&event.annotation), StreamEvent::default()),
            Kind::Completed | Kind::Incomplete | Kind::Failed | Kind::Cancelled => {
                self.end(event.kind, &event.response)
            }
            Kind::TextDone | Kind::Progress => StreamEvent::default(),
            Kind::Other if event.object.0 == "response" => self.end(Kind::Completed, &serde_json::from_str(json)?),
            Kind::Other => {
                let report = ServerError::of_event(&serde_json::from_str(json)?);
                StreamEvent { failure: report.map(|error| error.meaning(None)), ..StreamEvent::default() }
            }
        })
    }
}

impl ResponseReader {
    fn begin(&mut self, name: ItemName<'_>, item: &Value) -> StreamEvent {
        let kind = ItemKind::of(item);
        if kind == ItemKind::Other {
            return StreamEvent::default();
        }
        let number = self.items.begin(kind, named(name, item));
        if kind != ItemKind::Call {
            return StreamEvent::default();
        }
        let known = self.items.item(number);
        if known.is_named || name_of(item).is_empty() {
            return StreamEvent::default();
        }
        known.is_named = true;
        known.hold(&arguments(&item["arguments"]));
        self.call(number, beginning(item))
    }

    // Adds what of an item has not come.
    fn complete(&mut self, name: ItemName<'_>, item: &Value) -> StreamEvent {
        let kind = ItemKind::of(item);
        if kind == ItemKind::Other {
            let free = MAX_SOURCES.saturating_sub(self.consulted.len());
            self.consulted.extend(consulted(item).into_iter().take(free));
            return StreamEvent::default();
        }
        let number = self.items.of_whole(kind, named(name, item));
        let known = self.items.item(number);
        let was_done = std::mem::replace(&mut known.is_done, true);
        match kind {
            ItemKind::Message => {
                let rest = known.complete(&message_text(item));
                let said = self.say(number, rest);
                self.cite(citations(item), said)
            }
            ItemKind::Reasoning => {
                let whole = reasoning_text(item, known.is_summary);
                let (is_first, rest) = (!known.has_said, known.complete(&whole));
                let reasoning = self.thought(is_first, rest);
                let provider_data = if was_done { None } else { kept(item) };
                self.has_kept |= provider_data.is_some();
                StreamEvent { reasoning, provider_data, ..StreamEvent::default() }
            }
            _ if was_done => StreamEvent::default(),
            _ => self.end_call(number, item),
        }
    }

    // Adds text of a message, apart from that of another.
    fn say(&mut self, number: usize, mut text: String) -> StreamEvent {
        if !text.is_empty() {
            self.is_thinking = false;
            if self.speaking.replace(number).is_some_and(|other| other != number) {
                text.insert_str(0, BREAK);
            }
        }
        StreamEvent { text: self.text.read_piece(text, false), ..StreamEvent::default() }
    }

    // Adds a piece of reasoning, apart from that of another part or item. Of a summary and the model's own words, what
    // came first counts.
    fn think(&mut self, name: ItemName<'_>, part: Option<u64>, is_summary: bool, piece: String) -> StreamEvent {
        let number = self.items.of_delta(ItemKind::Reasoning, name);
        let item = self.items.item(number);
        if piece.is_empty() || *item.is_summary.get_or_insert(is_summary) != is_summary {
            return StreamEvent::default();
        }
        let is_first = !item.has_said;
        let is_next_part = !is_first && item.part != part;
        item.part = part;
        let piece = item.add(if is_next_part { BREAK.to_owned() + &piece } else { piece });
        StreamEvent { reasoning: self.thought(is_first, piece), ..StreamEvent::default() }
    }

    fn thought(&mut self, is_first: bool, reasoning: String) -> String {
        if reasoning.is_empty() {
            return reasoning;
        }
        self.has_thought = true;
        match std::mem::replace(&mut self.is_thinking, true) && is_first {
            true => BREAK.to_owned() + &reasoning,
            false => reasoning,
        }
    }

    // The calls of a response are told apart by the numbers of their items.
    fn call(&mut self, number: usize, delta: CallDelta) -> StreamEvent {
        self.is_thinking = false;
        self.has_called = true;
        let index = u64::try_from(number).ok();
        StreamEvent { calls: vec![CallDelta { index, ..delta }], ..StreamEvent::default() }
    }

    fn cite(&mut self, sources: Vec<Source>, event: StreamEvent) -> StreamEvent {
        self.has_cited |= !sources.is_empty();
        StreamEvent { sources, ..event }
    }

    fn end_call(&mut self, number: usize, item: &Value) -> StreamEvent {
        let known = self.items.item(number);
        known.is_done = true;
        let whole = match arguments(&item["arguments"]) {
            none if none.is_empty() => std::mem::take(&mut known.held),
            whole => whole,
        };
        let input = known.complete(&whole);
        let call = if known.is_named { CallDelta::default() } else { beginning(item) };
        self.call(number, CallDelta { input, ends: true, ..call })
    }
}

fn named<'a>(name: ItemName<'a>, item: &'a Value) -> ItemName<'a> {
    ItemName { id: item["id"].as_str().unwrap_or(name.id), ..name }
}

fn beginning(item: &Value) -> CallDelta {
    CallDelta { tool: name_of(item).to_owned(), begins: true, ..CallDelta::default() }
}

fn name_of(call: &Value) -> &str {
    call["name"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests;
