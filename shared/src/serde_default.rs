//! What is left out of JSON and of items.

/// Whether a value is the one that is read where none is written; for `skip_serializing_if`.
pub fn is_default<Value: Default + PartialEq>(value: &Value) -> bool {
    *value == Value::default()
}
