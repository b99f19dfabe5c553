//! The preprocessing that every identifier field gets before validation (`domain.md` §1).

use unicode_normalization::UnicodeNormalization;

/// NFKC, without white space and invisible characters. For identifiers only: it changes the spelling of names.
pub(super) fn identifier(raw: &str) -> String {
    visible(raw).nfc().collect()
}

/// The same in upper-case ASCII: document numbers and codes.
pub(super) fn upper_identifier(raw: &str) -> String {
    visible(raw).map(|c| c.to_ascii_uppercase()).nfc().collect()
}

/// What is left may compose anew: the caller does that last.
fn visible(raw: &str) -> impl Iterator<Item = char> + '_ {
    raw.nfkc().filter(|c| !c.is_whitespace() && !is_invisible(*c))
}

/// U+200B–U+200F, U+FEFF and U+00AD: pasted along, never meant.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{FEFF}' | '\u{00AD}')
}

/// Whether all characters are `0`–`9`; no other script's digits.
pub(super) fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// The characters of `text` from `start`, `count` of them, when all are there and ASCII.
pub(super) fn part(text: &str, start: usize, count: usize) -> Option<&str> {
    text.get(start..start.checked_add(count)?)
}

/// The first characters, then `stars` times `*`, then the last ones; a text too short for that is all stars.
pub(super) fn masked(text: &str, first: usize, stars: usize, last: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= first + last {
        return "*".repeat(chars.len());
    }
    let head: String = chars.iter().take(first).collect();
    let tail: String = chars.iter().skip(chars.len() - last).collect();
    format!("{head}{}{tail}", "*".repeat(stars))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn full_width_and_invisible_characters_fold_away() {
        assert_eq!(upper_identifier(" ４４０１\u{200B}０６ x\u{FEFF}\u{3000}"), "440106X");
        assert_eq!(identifier("Ab\u{00AD}c"), "Abc");
        assert_eq!(upper_identifier("k´"), "\u{1E30}", "an accent that lost its space joins the letter");
    }

    #[test]
    fn masks_keep_only_what_they_are_told_to() {
        assert_eq!(masked("440301199003070019", 1, 15, 2), "4***************19");
        assert_eq!(masked("abc", 2, 3, 1), "***");
        assert_eq!(masked("", 1, 3, 1), "");
    }

    #[test]
    fn only_ascii_digits_are_digits() {
        assert!(is_digits("0123456789"));
        assert!(!is_digits("١٢٣"));
    }

    proptest! {
        #[test]
        fn preprocessing_is_idempotent(raw in any::<String>()) {
            let once = upper_identifier(&raw);
            prop_assert_eq!(upper_identifier(&once), once);
            let once = identifier(&raw);
            prop_assert_eq!(identifier(&once), once);
        }
    }
}
