//! The fields of a table in TOML, read one by one. What is wrong with one is noted, and the others are read nevertheless.

use std::ops::{Range, RangeInclusive};

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistakes::Collector;

/// A value with its place.
pub type Placed<'i> = Spanned<DeValue<'i>>;

/// The fields of a table.
pub struct Fields<'a, 'i> {
    table: &'a DeTable<'i>,
    place: Range<usize>,
    // Those that were asked for.
    known: Vec<&'static str>,
}

impl<'a, 'i> Fields<'a, 'i> {
    /// The fields of a table at this place.
    pub fn new(table: &'a DeTable<'i>, place: Range<usize>) -> Self {
        Self { table, place, known: Vec::new() }
    }

    /// Where the table is.
    pub fn place(&self) -> Range<usize> {
        self.place.clone()
    }

    /// A field, if it is there.
    pub fn optional(&mut self, name: &'static str) -> Option<&'a Placed<'i>> {
        self.known.push(name);
        self.table.get(name)
    }

    /// A field that must be there. `expected` says what it must be.
    pub fn required(
        &mut self,
        name: &'static str,
        expected: &str,
        mistakes: &mut Collector<'_>,
    ) -> Option<&'a Placed<'i>> {
        let found = self.optional(name);
        if found.is_none() {
            mistakes.add(self.place(), format!("{name} is missing; it must be {expected}"));
        }
        found
    }

    /// A text that must be there and not be empty.
    pub fn text(
        &mut self,
        name: &'static str,
        expected: &str,
        mistakes: &mut Collector<'_>,
    ) -> Option<(&'a str, Range<usize>)> {
        let value = self.required(name, expected, mistakes)?;
        non_empty(name, value, expected, mistakes)
    }

    /// A text that may be there.
    pub fn optional_text(
        &mut self,
        name: &'static str,
        expected: &str,
        mistakes: &mut Collector<'_>,
    ) -> Option<(&'a str, Range<usize>)> {
        let value = self.optional(name)?;
        non_empty(name, value, expected, mistakes)
    }

    /// Whether something is so; it is not by default.
    pub fn flag(&mut self, name: &'static str, mistakes: &mut Collector<'_>) -> bool {
        match self.optional(name).map(|value| (value.get_ref(), value.span())) {
            None => false,
            Some((DeValue::Boolean(flag), _)) => *flag,
            Some((_, place)) => {
                mistakes.add(place, format!("{name} must be true or false"));
                false
            }
        }
    }

    /// A whole number within bounds.
    pub fn number(
        &mut self,
        name: &'static str,
        bounds: RangeInclusive<u32>,
        unit: &str,
        mistakes: &mut Collector<'_>,
    ) -> Option<u32> {
        let value = self.optional(name)?;
        let number =
            json(value.get_ref()).as_ref().and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| bounds.contains(number));
        if number.is_none() {
            let problem =
                format!("{name} must be a whole number of {unit} from {} to {}", bounds.start(), bounds.end());
            mistakes.add(value.span(), problem);
        }
        number
    }

    /// Notes every field that nobody asked for.
    pub fn finish(self, of: &str, mistakes: &mut Collector<'_>) {
        for name in self.table.keys().filter(|name| !self.known.contains(&name.get_ref().as_ref())) {
            let problem = format!("{of} has no field {}; it has {}", name.get_ref(), self.known.join(", "));
            mistakes.add(name.span(), problem);
        }
    }
}

fn non_empty<'a>(
    name: &str,
    value: &'a Placed<'_>,
    expected: &str,
    mistakes: &mut Collector<'_>,
) -> Option<(&'a str, Range<usize>)> {
    let text = value.get_ref().as_str().filter(|text| !text.trim().is_empty());
    if text.is_none() {
        mistakes.add(value.span(), format!("{name} must be {expected}"));
    }
    Some((text?, value.span()))
}

/// A value as JSON; `None` if it has a date, or a number that JSON has not.
pub fn json(value: &DeValue<'_>) -> Option<Value> {
    match value {
        DeValue::String(text) => Some(Value::from(text.as_ref())),
        DeValue::Boolean(truth) => Some(Value::from(*truth)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::from),
        DeValue::Float(number) => Number::from_f64(number.as_str().parse().ok()?).map(Value::Number),
        DeValue::Array(elements) => elements.iter().map(|element| json(element.get_ref())).collect(),
        DeValue::Table(table) => {
            let fields = table.iter().map(|(name, value)| Some((name.get_ref().to_string(), json(value.get_ref())?)));
            fields.collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        DeValue::Datetime(_) => None,
    }
}

/// The place of what a JSON Pointer names below a value, or of what is nearest above it.
pub fn place_of(value: &Placed<'_>, pointer: &str) -> Range<usize> {
    let mut at = value;
    for name in pointer.split('/').skip(1) {
        let name = name.replace("~1", "/").replace("~0", "~");
        let below = match at.get_ref() {
            DeValue::Table(table) => table.get(name.as_str()),
            DeValue::Array(elements) => name.parse().ok().and_then(|index: usize| elements.get(index)),
            _ => None,
        };
        match below {
            Some(below) => at = below,
            None => break,
        }
    }
    at.span()
}
