//! The content of a message: a text, or pieces of which some are reasoning.

use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess};

use super::lenient::{FromJson, Lenient, Object, Text, lenient};

/// The content of a field, split into text and reasoning.
#[derive(Default)]
pub struct Content {
    /// The answer.
    pub text: String,
    /// The reasoning before it.
    pub thoughts: String,
}

/// A piece, with the fields of Anthropic and Mistral (`thinking`), Databricks (`reasoning` with a `summary`) and
/// OpenRouter.
#[derive(Deserialize)]
struct Piece {
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    kind: Text,
    #[serde(default, deserialize_with = "lenient")]
    text: Content,
    #[serde(default, deserialize_with = "lenient")]
    thinking: Content,
    #[serde(default, deserialize_with = "lenient")]
    reasoning: Content,
    #[serde(default, deserialize_with = "lenient")]
    summary: Content,
    #[serde(default, deserialize_with = "lenient")]
    refusal: Text,
}

impl Content {
    /// All of it, text and reasoning.
    pub fn all(mut self) -> String {
        match self.thoughts.is_empty() {
            true => self.text,
            false => {
                self.thoughts.push_str(&self.text);
                self.thoughts
            }
        }
    }

    fn add(&mut self, piece: Piece) {
        for thoughts in [piece.thinking, piece.reasoning, piece.summary] {
            self.thoughts.push_str(&thoughts.all());
        }
        let is_thought = ["think", "reason", "thought"].iter().any(|word| piece.kind.0.contains(word));
        let said = if is_thought { &mut self.thoughts } else { &mut self.text };
        said.push_str(&piece.text.all());
        self.text.push_str(&piece.refusal.0);
    }
}

impl<'de> FromJson<'de> for Content {
    fn from_text(text: &str) -> Self {
        Self { text: text.to_owned(), thoughts: String::new() }
    }

    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut content = Self::default();
        while let Some(Lenient(item)) = list.next_element::<Lenient<Content>>()? {
            content.text.push_str(&item.text);
            content.thoughts.push_str(&item.thoughts);
        }
        Ok(content)
    }

    fn from_object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        let mut content = Self::default();
        let Object(piece) = Object::<Piece>::from_object(object)?;
        piece.into_iter().for_each(|piece| content.add(piece));
        Ok(content)
    }
}
