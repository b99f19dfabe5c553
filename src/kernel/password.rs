//! What a chosen password must be (S4-11, `domain.md` §1.14).
//!
//! Two findings, because two texts exist: the form (E_PASSWORD_FORMAT) and the guessability (E_PASSWORD_WEAK). Both are
//! judged over the NFC of what was typed, which is also what gets hashed and compared: [`canonical_password`].

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::Secret;

/// The bureau's rules; S4-11, contradictions C14 to C16.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordRules {
    /// In code points.
    pub min: usize,
    pub max: usize,
    pub require: Vec<CharacterClass>,
    pub min_classes: usize,
    /// The longest run along the keyboard that is still taken: five neighbours are refused when it is 4.
    pub keyboard_run_max: usize,
    /// What fewer guesses than this find (zxcvbn's estimate, with its lists of common passwords) is weak.
    pub min_guesses: u64,
}

/// What a character of a password counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CharacterClass {
    Upper,
    Lower,
    Digit,
    Special,
}

/// Why a password is refused. The form comes first: it is repaired by looking at the rule, the other by a new idea.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    #[error("length, classes or a keyboard run")]
    Format,
    #[error("common, or made of what others know about the owner")]
    Weak,
}

impl PasswordFault {
    #[must_use]
    pub const fn message_key(self) -> &'static str {
        match self {
            Self::Format => "E_PASSWORD_FORMAT",
            Self::Weak => "E_PASSWORD_WEAK",
        }
    }
}

/// What others may know of the owner when the password is chosen: nothing of it may occur in the password.
#[derive(Clone, Debug, Default)]
pub struct Known<'a> {
    pub username: &'a str,
    /// Last eight digits of the phone, last six of the document, the date of birth as `YYYYMMDD`.
    pub pieces: Vec<String>,
}

/// A shorter piece would be met by chance.
const SHORTEST_PIECE: usize = 4;

/// Keys side by side: rows, digits, the alphabet, columns in both slants, the number pad. Read in both directions.
const RUNS: [&str; 10] = [
    "`1234567890-=",
    "0123456789",
    "qwertyuiop[]\\",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "abcdefghijklmnopqrstuvwxyz",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "zaq1xsw2cde3vfr4bgt5nhy6mju7,ki8.lo9/;p0",
    "7894561230",
    "7410852963",
];

/// The NFC of a typed password: what is judged, hashed and compared. No truncation.
#[must_use]
pub fn canonical_password(typed: &Secret) -> Secret {
    Secret::new(typed.expose().nfc().collect())
}

impl PasswordRules {
    /// Judges a chosen password.
    ///
    /// # Errors
    /// [`PasswordFault::Format`] before [`PasswordFault::Weak`].
    pub fn check(&self, typed: &Secret, known: &Known<'_>) -> Result<(), PasswordFault> {
        let password = canonical_password(typed);
        let text = password.expose();
        if !self.has_form(text) {
            return Err(PasswordFault::Format);
        }
        if names_the_owner(text, known) || self.is_guessable(text, known) {
            return Err(PasswordFault::Weak);
        }
        Ok(())
    }

    fn has_form(&self, text: &str) -> bool {
        (self.min..=self.max).contains(&text.chars().count())
            && !text.chars().any(char::is_control)
            && self.has_classes(text)
            && !self.has_run(text)
    }

    /// Every required class, and that many classes in all (C15).
    fn has_classes(&self, text: &str) -> bool {
        use CharacterClass::{Digit, Lower, Special, Upper};
        let met = |class: &CharacterClass| text.chars().any(|c| class.has(c));
        self.require.iter().all(met)
            && [Upper, Lower, Digit, Special].iter().filter(|c| met(c)).count() >= self.min_classes
    }

    /// No more than so many neighbouring keys in a row, nor the same key (C16).
    fn has_run(&self, text: &str) -> bool {
        let keys: Zeroizing<Vec<char>> = Zeroizing::new(text.chars().map(key).collect());
        keys.windows(self.keyboard_run_max.saturating_add(1))
            .any(|window| is_same(window) || is_adjacent(window))
    }

    fn is_guessable(&self, text: &str, known: &Known<'_>) -> bool {
        zxcvbn::zxcvbn(text, &[known.username]).guesses() < self.min_guesses
    }
}

impl Default for PasswordRules {
    /// S4-11: 8 to 30, upper and lower case and digits, runs of four at most.
    fn default() -> Self {
        use CharacterClass::{Digit, Lower, Upper};
        let require = vec![Upper, Lower, Digit];
        Self { min: 8, max: 30, require, min_classes: 3, keyboard_run_max: 4, min_guesses: 50_000 }
    }
}

impl CharacterClass {
    fn has(self, typed: char) -> bool {
        match self {
            Self::Upper => typed.is_ascii_uppercase(),
            Self::Lower => typed.is_ascii_lowercase(),
            Self::Digit => typed.is_ascii_digit(),
            Self::Special => !typed.is_ascii_alphanumeric(),
        }
    }
}

/// The key without Shift on a US keyboard.
fn key(typed: char) -> char {
    const SHIFTED: &str = "~!@#$%^&*()_+{}|:\"<>?";
    const PLAIN: &str = "`1234567890-=[]\\;',./";
    let found = SHIFTED.chars().zip(PLAIN.chars()).find(|(shifted, _)| *shifted == typed);
    found.map_or(typed.to_ascii_lowercase(), |(_, plain)| plain)
}

fn is_same(window: &[char]) -> bool {
    window.windows(2).all(|pair| matches!(pair, [a, b] if a == b))
}

fn is_adjacent(window: &[char]) -> bool {
    let forward: String = window.iter().collect();
    let backward: String = window.iter().rev().collect();
    RUNS.iter().any(|run| run.contains(&forward) || run.contains(&backward))
}

fn names_the_owner(text: &str, known: &Known<'_>) -> bool {
    let lower = Zeroizing::new(text.to_lowercase());
    let holds =
        |piece: &str| piece.chars().count() >= SHORTEST_PIECE && lower.contains(&piece.to_lowercase());
    holds(known.username) || known.pieces.iter().any(|piece| holds(piece))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(password: &str) -> Result<(), PasswordFault> {
        let known = Known { username: "zhang_san", pieces: vec!["19900307".to_owned(), "070019".to_owned()] };
        PasswordRules::default().check(&Secret::from(password), &known)
    }

    #[test]
    fn s4_11_good_passwords_pass() {
        for good in ["Gd2026hrss", "Abcd1234Xy", "Hrss@2026gd", "Zhōng1Guó2Rén", "中文密码Ab1x"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn s4_11_eight_to_thirty_characters_of_three_classes() {
        for bad in ["Gd2026h", "gd2026hrss", "GD2026HRSS", "Guangdonghrss", "中文密码Ab1", ""] {
            assert_eq!(check(bad), Err(PasswordFault::Format), "{bad}");
        }
        let thirty = "Gd2026hrss.Gd2026hrss.Gd2026hr";
        assert_eq!(check(thirty), Ok(()));
        assert_eq!(check(&format!("{thirty}s")), Err(PasswordFault::Format));
    }

    #[test]
    fn s4_11_five_neighbouring_keys_are_refused_and_four_are_not() {
        for bad in ["Xy12345z9", "Xy54321z9", "Qwert2024x", "Trewq2024x", "abcdeF2026", "Aa11111bcd"] {
            assert_eq!(check(bad), Err(PasswordFault::Format), "{bad}");
        }
        for bad in ["X1qaz2Gdk", "Xk!@#$%kd9", "Zz78945kd", "Xzaq1xGdk"] {
            assert_eq!(check(bad), Err(PasswordFault::Format), "{bad}");
        }
        assert_eq!(check("Kd1234Wpr"), Ok(()));
    }

    #[test]
    fn the_owners_own_data_is_refused() {
        for bad in ["Zhang_San2k", "Kd19900307w", "Wpr070019Kd"] {
            assert_eq!(check(bad), Err(PasswordFault::Weak), "{bad}");
        }
    }

    #[test]
    fn a_common_password_is_refused_even_in_the_right_form() {
        for bad in ["Password1", "Passw0rd1", "Admin123", "Aa123123", "Iloveyou1", "Welcome1", "A1b2c3d4"] {
            assert_eq!(check(bad), Err(PasswordFault::Weak), "{bad}");
        }
        let lenient = PasswordRules { min_guesses: 0, ..PasswordRules::default() };
        assert_eq!(lenient.check(&Secret::from("Password1"), &Known::default()), Ok(()));
    }

    #[test]
    fn a_short_piece_is_met_by_chance_and_does_not_count() {
        let known = Known { username: "gd2", pieces: vec!["026".to_owned()] };
        assert_eq!(PasswordRules::default().check(&Secret::from("Gd2026hrss"), &known), Ok(()));
    }

    #[test]
    fn both_ways_of_typing_an_accent_are_one_password() {
        let (composed, combining) = (Secret::from("\u{E9}"), Secret::from("e\u{301}"));
        assert!(canonical_password(&composed).matches(&canonical_password(&combining)));
    }

    #[test]
    fn a_control_character_is_no_character_of_a_password() {
        assert_eq!(check("Gd2026\nhrss"), Err(PasswordFault::Format));
    }

    #[test]
    fn each_fault_has_its_text() {
        assert_eq!(PasswordFault::Format.message_key(), "E_PASSWORD_FORMAT");
        assert_eq!(PasswordFault::Weak.message_key(), "E_PASSWORD_WEAK");
    }

    proptest! {
        #[test]
        fn judging_never_panics_and_the_canonical_form_is_judged_alike(raw in "\\PC*|[A-Za-z0-9!@#é]{8,30}") {
            let typed = Secret::from(raw);
            prop_assert_eq!(
                PasswordRules::default().check(&typed, &Known::default()),
                PasswordRules::default().check(&canonical_password(&typed), &Known::default())
            );
        }
    }
}
