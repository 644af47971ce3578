//! By which names models call the tools of a server.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};

/// The longest name that all providers accept, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// How many bytes `_` and the digits of a hash take.
const SUFFIX_BYTES: usize = 7;

/// The names for the tools that a server calls so, in the same order: with the prefix, and of what providers do not accept `_`. Names
/// that would thereby be the same, or are too long, end in a hash of the server's name, which no other tool's coming or going changes.
pub(in crate::tools) fn final_names(prefix: Option<&str>, names: &[&str]) -> Vec<String> {
    let prefixed = |name: &str| prefix.map_or_else(|| name.to_owned(), |prefix| format!("{prefix}_{name}"));
    let valid: Vec<String> = names.iter().map(|name| accepted(&prefixed(name))).collect();
    let mut counts = BTreeMap::<&str, usize>::new();
    for name in &valid {
        *counts.entry(name).or_default() += 1;
    }
    let named = |(name, valid): (&&str, &String)| {
        let is_renamed = *valid != prefixed(name);
        let is_taken = counts.get(valid.as_str()).is_some_and(|count| *count > 1);
        match valid.len() > MAX_NAME_BYTES || is_renamed && is_taken {
            true => with_hash(valid, name),
            false => valid.clone(),
        }
    };
    names.iter().zip(&valid).map(named).collect()
}

fn accepted(name: &str) -> String {
    let is_accepted = |character: &char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    name.chars().map(|character| if is_accepted(&character) { character } else { '_' }).collect()
}

fn with_hash(valid: &str, name: &str) -> String {
    let hash = hex::encode(digest(&SHA256, name.as_bytes()));
    // ASCII alone.
    let kept = valid.get(..MAX_NAME_BYTES - SUFFIX_BYTES).unwrap_or(valid);
    format!("{kept}_{}", hash.get(..SUFFIX_BYTES - 1).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_valid_and_stay_unique() {
        assert_eq!(final_names(None, &["search", "docs.read"]), ["search", "docs_read"]);
        assert_eq!(final_names(Some("shop"), &["search"]), ["shop_search"]);
        let collided = final_names(None, &["a.b", "a_b", "a/b"]);
        assert_eq!(collided[1], "a_b");
        assert!(collided[0].starts_with("a_b_") && collided[2].starts_with("a_b_") && collided[0] != collided[2]);
        let long = final_names(Some("p"), &[&"x".repeat(80), &format!("{}y", "x".repeat(79)), "ü€"]);
        assert!(long[0].len() == 64 && long[1].len() == 64 && long[0] != long[1], "{long:?}");
        assert_eq!(long[2], "p___");
    }
}
