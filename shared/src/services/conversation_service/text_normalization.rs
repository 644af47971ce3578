//! Normalizes texts for comparison, regardless of case and of how accents are encoded.
//!
//! This is Unicode's canonical caseless matching (section 3.13, D145), with the full case folding: ß is ss, and ς is σ.

use std::borrow::Cow;

use icu_casemap::CaseMapper;
use icu_normalizer::DecomposingNormalizer;
use icu_normalizer::properties::CanonicalCombiningClassMap;

/// The normalized text.
pub fn normalize(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    let decomposed = DecomposingNormalizer::new_nfd().normalize(text);
    let caseless = CaseMapper::new().fold_string(&decomposed);
    Cow::Owned(DecomposingNormalizer::new_nfd().normalize(&caseless).into_owned())
}

/// Whether a character is a combining mark.
pub fn is_mark(character: char) -> bool {
    match character {
        '\0'..='\x7f' => false,
        // Three vowel signs are none by themselves, but consist of nothing else.
        '\u{f73}' | '\u{f75}' | '\u{f81}' => true,
        other => CanonicalCombiningClassMap::new().get_u8(other) != 0,
    }
}

/// Splits a text into clusters, across which nothing is normalized: each character with its marks, and its offset.
pub fn clusters(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest;
        let mut characters = text[start..].char_indices().skip(1);
        text[start..].chars().next()?;
        rest = characters.find(|(_, next)| !is_mark(*next)).map_or(text.len(), |(end, _)| start + end);
        Some((start, &text[start..rest]))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_is_normalized_as_its_clusters_are(text in "[a-cßſK\u{212a}İéẞﬁςσΣ\u{301}\u{307}\u{323}\u{345}각가\u{1100}\u{1161}👋🏽 ]{0,12}|\\PC{0,12}") {
            let normalized: String = clusters(&text).map(|(_, cluster)| normalize(cluster)).collect();
            prop_assert_eq!(normalized, normalize(&text));
            let whole: String = clusters(&text).map(|(_, cluster)| cluster).collect();
            prop_assert_eq!(whole, text);
        }

        #[test]
        fn a_normalized_text_stays_as_it_is(text in "\\PC{0,12}") {
            let normalized = normalize(&text).into_owned();
            prop_assert_eq!(normalize(&normalized), normalized.as_str());
        }
    }
}
