//! JSON objects, read as the structs that serde derives: strictly, and with errors that name the field.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::error::ChatError;

/// Reads a JSON text that is one object.
///
/// # Errors
/// It is not valid JSON, or one of its fields is not what it should be.
pub(super) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, ChatError> {
    parse_at("", text)
}

/// The same of an object that stands at `path` of a frame.
///
/// # Errors
/// As those of [`parse`].
pub(super) fn parse_at<'a, T: Deserialize<'a>>(path: &str, text: &'a str) -> Result<T, ChatError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Object::<T>::deserialize(&mut json).and_then(|object| json.end().map(|()| object.0));
    read.map_err(|_| match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => refusal::<T>(path, text),
        Err(error) => ChatError::invalid_frame("it is not valid JSON")
            .with_detail("line", error.line())
            .with_detail("column", error.column()),
    })
}

/// For fields that are objects: `#[serde(deserialize_with = "object")]`.
pub(super) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|object| object.0)
}

/// For fields that are lists of objects.
pub(super) fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let objects = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(objects.into_iter().map(|object| object.0).collect())
}

// Parses once more to find out where it fails, so that valid frames cost nothing extra. serde's message may quote the
// client, so it goes neither to the client nor to the log: only names from this program do.
fn refusal<'a, T: Deserialize<'a>>(path: &str, text: &'a str) -> ChatError {
    let mut json = serde_json::Deserializer::from_str(text);
    let Err(error) = serde_path_to_error::deserialize::<_, Object<T>>(&mut json) else {
        return ChatError::invalid_frame("it is not one JSON object");
    };
    let message = error.inner().to_string();
    let by_name = |problem: &str| message.strip_prefix(problem)?.strip_prefix(" field `")?.split('`').next();
    let (missing, twice) = (by_name("missing"), by_name("duplicate"));
    let within = error.path().iter().next().map(|_| error.path().to_string());
    let places = [Some(path).filter(|path| !path.is_empty()), within.as_deref(), missing.or(twice)];
    let field = places.into_iter().flatten().collect::<Vec<_>>().join(".");
    let problem = match (missing, twice) {
        _ if field.is_empty() => return ChatError::invalid_frame("it is not a JSON object"),
        (Some(_), _) => "is missing",
        (None, Some(_)) => "is given twice",
        (None, None) => "is not what it should be",
    };
    invalid_field(&field, format_args!("the field {field} {problem}"))
}

/// The error for an invalid field of a frame.
pub(super) fn invalid_field(field: &str, what: impl fmt::Display) -> ChatError {
    ChatError::invalid_frame(what).with_detail("field", field)
}

/// A struct derived with serde also reads a list, as its fields in order: this reads objects only.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}
