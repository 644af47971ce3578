//! Lenient JSON: a field of an unexpected type counts as missing. So one odd field does not cost a good reply.

use std::fmt::{Formatter, Result as Formatted};
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// More tokens than any reply or prompt has. A greater count is a server's fault.
const MAX_TOKENS: u64 = 1_000_000_000;

/// Conversion from any JSON value. By default, a type ignores the value.
pub trait FromJson<'de>: Default {
    /// From a string.
    fn from_text(_: &str) -> Self {
        Self::default()
    }

    /// From a non-negative integer.
    fn from_number(_: u64) -> Self {
        Self::default()
    }

    /// From a list.
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    /// From an object.
    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

/// Reads a field of any type, for serde's `deserialize_with`.
///
/// # Errors
/// The JSON is malformed.
pub fn lenient<'de, D: Deserializer<'de>, T: FromJson<'de>>(field: D) -> Result<T, D::Error> {
    field.deserialize_any(Reader(PhantomData))
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: FromJson<'de>> Visitor<'de> for Reader<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> Formatted {
        formatter.write_str("anything")
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_u64<E>(self, number: u64) -> Result<T, E> {
        Ok(T::from_number(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<T, E> {
        Ok(u64::try_from(number).map_or_else(|_| T::default(), T::from_number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(T::from_text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::from_list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
        T::from_object(object)
    }
}

/// A token count.
#[derive(Default)]
pub struct Count(pub Option<u64>);

impl FromJson<'_> for Count {
    fn from_number(number: u64) -> Self {
        Self(Some(number).filter(|number| *number <= MAX_TOKENS))
    }
}

/// A string.
#[derive(Default)]
pub struct Text(pub String);

impl FromJson<'_> for Text {
    fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Whether there is any value.
#[derive(Default)]
pub struct Presence(pub bool);

impl<'de> FromJson<'de> for Presence {
    fn from_text(text: &str) -> Self {
        Self(!text.is_empty())
    }

    fn from_number(_: u64) -> Self {
        Self(true)
    }

    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self(true))
    }

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self(true))
    }
}

/// An object with fields of its own.
pub struct Object<T>(pub Option<T>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> FromJson<'de> for Object<T> {
    fn from_object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(|object| Self(Some(object)))
    }
}

/// The first of a list of objects, read without allocating the list.
pub struct FirstOf<T>(pub Option<T>);

impl<T> Default for FirstOf<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> FromJson<'de> for FirstOf<T> {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let first = list.next_element::<Lenient<Object<T>>>()?.and_then(|Lenient(Object(first))| first);
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self(first))
    }
}

/// A value of any type, where no field names its reader.
pub struct Lenient<T>(pub T);

impl<'de, T: FromJson<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        lenient(value).map(Self)
    }
}
