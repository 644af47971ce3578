//! JSON objects, read as the structs that serde derives: strictly, and with errors that name the field.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, Visitor};

use crate::error::ChatError;

/// Reads a JSON text that is one frame: an object with one field `type` at the most, which decides as what it is read.
///
/// # Errors
/// It is not valid JSON, or one of its fields is not what it should be.
pub(super) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, ChatError> {
    read::<Frame<T>>("", text).map(|frame| frame.0)
}

/// Reads an object that stands at `path` of a frame.
///
/// # Errors
/// As those of [`parse`].
pub(super) fn parse_at<'a, T: Deserialize<'a>>(path: &str, text: &'a str) -> Result<T, ChatError> {
    read::<Object<T>>(path, text).map(|object| object.0)
}

fn read<'a, T: Deserialize<'a>>(path: &str, text: &'a str) -> Result<T, ChatError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = T::deserialize(&mut json).and_then(|read| json.end().map(|()| read));
    read.map_err(|_| match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => refusal::<T>(path, text),
        Err(error) => ChatError::invalid_frame("it is not valid JSON")
            .with_detail("line", error.line())
            .with_detail("column", error.column()),
    })
}

/// The string in the field `name` if that is the first of a JSON object. Reads no further.
pub(super) fn first_field(name: &'static str, text: &str) -> Option<String> {
    let mut first = None;
    // The result is an error, since the rest of the object is left.
    let _ = serde_json::Deserializer::from_str(text).deserialize_map(FirstField { name, first: &mut first });
    first
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
    let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut json) else {
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

/// What serde derives for a struct also reads a list, as its fields in order: this reads objects alone.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields { is_frame: false, read: PhantomData }).map(Self)
    }
}

/// The same, of a frame: a second `type`, which its struct would ignore, is rejected. Which of the two counts is not guessed.
struct Frame<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Frame<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields { is_frame: true, read: PhantomData }).map(Self)
    }
}

struct Fields<T> {
    is_frame: bool,
    read: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        match self.is_frame {
            true => T::deserialize(MapAccessDeserializer::new(TypedOnce { fields, types: 0 })),
            false => T::deserialize(MapAccessDeserializer::new(fields)),
        }
    }
}

struct FirstField<'a> {
    name: &'static str,
    first: &'a mut Option<String>,
}

impl<'de> Visitor<'de> for FirstField<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        if fields.next_key::<Cow<'_, str>>()?.as_deref() == Some(self.name) {
            *self.first = Some(fields.next_value()?);
        }
        Ok(())
    }
}

struct TypedOnce<A> {
    fields: A,
    types: usize,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for TypedOnce<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, key: K) -> Result<Option<K::Value>, A::Error> {
        let key = self.fields.next_key_seed(Key { key, types: &mut self.types })?;
        match self.types {
            0 | 1 => Ok(key),
            _ => Err(A::Error::duplicate_field("type")),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, value: V) -> Result<V::Value, A::Error> {
        self.fields.next_value_seed(value)
    }
}

struct Key<'a, K> {
    key: K,
    types: &'a mut usize,
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<'_, K> {
    type Value = K::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for Key<'_, K> {
    type Value = K::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<K::Value, E> {
        *self.types += usize::from(name == "type");
        self.key.deserialize(name.into_deserializer())
    }
}
