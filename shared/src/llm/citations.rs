//! The web pages that an answer cites, as servers annotate them.

use serde_json::Value;

use crate::conversation::Source;

/// The pages among these annotations. OpenAI's chat completions have the page in a field `url_citation`, its Responses
/// in the annotation itself.
pub fn cited(annotations: &Value) -> Vec<Source> {
    let annotations = match annotations {
        Value::Array(several) => several.as_slice(),
        one => std::slice::from_ref(one),
    };
    annotations.iter().filter_map(page).collect()
}

fn page(annotation: &Value) -> Option<Source> {
    let is_citation = annotation["type"].as_str().is_none_or(|kind| kind.contains("url"));
    let page = annotation.get("url_citation").unwrap_or(annotation);
    let url = page["url"].as_str().filter(|_| is_citation)?;
    Source::new(url, page["title"].as_str())
}
