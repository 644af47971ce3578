//! Reasoning that goes back to the server that sent it: as the item that it was, encrypted; or, from servers whose models
//! think in plain text, as that text.

use serde_json::{Value, json};

use super::whole_item::texts;

const KIND: &str = "reasoning";

/// What is kept of an item so that it can be returned; `None` if the server could make nothing of it. Its other fields,
/// such as a status, are not accepted as input.
pub fn kept(item: &Value) -> Option<Value> {
    let id = &item["id"];
    match item["encrypted_content"].as_str().filter(|content| !content.is_empty()) {
        Some(content) => {
            let summary = if item["summary"].is_array() { item["summary"].clone() } else { json!([]) };
            Some(json!({ "type": KIND, "id": id, "summary": summary, "encrypted_content": content }))
        }
        // The text is kept as reasoning already.
        None => (!texts(&item["content"]).is_empty()).then(|| json!({ "type": KIND, "id": id })),
    }
}

/// The item to be returned: of what was kept of it and its text. `None` if it is another provider's, or encrypted and
/// the server knows no such reasoning.
pub fn returned(data: &Value, text: &str, may_be_encrypted: bool) -> Option<Value> {
    if data["type"] != KIND {
        return None;
    }
    if data.get("encrypted_content").is_some() {
        return may_be_encrypted.then(|| data.clone());
    }
    let content = json!([{ "type": "reasoning_text", "text": text }]);
    (!text.is_empty()).then(|| json!({ "type": KIND, "id": data["id"], "summary": [], "content": content }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encrypted_item_is_returned_without_what_is_no_input() {
        let summary = json!([{"type": "summary_text", "text": "Hm."}]);
        let item = json!({"type": "reasoning", "id": "rs_1", "status": null, "summary": summary, "encrypted_content": "c2VjcmV0"});
        let data = kept(&item).unwrap();
        let expected = json!({"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": "c2VjcmV0"});
        assert_eq!(returned(&data, "Hm.", true), Some(expected));
        assert_eq!(returned(&data, "Hm.", false), None);
    }

    #[test]
    fn plain_thoughts_are_returned_as_text_and_summaries_alone_are_not() {
        let item = json!({"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]});
        let data = kept(&item).unwrap();
        assert!(!data.to_string().contains("Hm."), "the text is stored once: {data}");
        assert_eq!(returned(&data, "Hm.", true).unwrap()["content"][0]["text"], "Hm.");
        assert_eq!(kept(&json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]})), None);
        assert_eq!(kept(&json!(7)), None);
        assert_eq!(returned(&json!({"signature": "x"}), "Hm.", true), None);
    }
}
