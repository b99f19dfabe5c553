//! Answers to security questions (`pages.md` R2 (b)).

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::Secret;

/// As it is compared: NFKC, without regard to case, blanks at the ends and the number of blanks between words. Upper case
/// first folds `ß` and its like together.
#[must_use]
pub fn canonical_answer(answer: &Secret) -> Zeroizing<String> {
    let folded = Zeroizing::new(answer.expose().nfkc().collect::<String>().to_uppercase().to_lowercase());
    let words: Vec<&str> = folded.split_whitespace().collect();
    Zeroizing::new(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s1_26_an_answer_is_compared_without_regard_to_case_width_and_blanks() {
        for (typed, stored) in [("  Ｂｅｉ  Jing ", "bei jing"), ("Straße", "STRASSE"), ("ﬁlm", "FILM")]
        {
            assert_eq!(*canonical_answer(&typed.into()), *canonical_answer(&stored.into()), "{typed}");
        }
        assert_ne!(*canonical_answer(&"bei jing".into()), *canonical_answer(&"beijing".into()));
    }
}
