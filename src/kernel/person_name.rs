//! 姓名: names of persons (`domain.md` §1.13, 民委发〔2016〕33号).

use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use super::text_value::personal_text;
use super::{IdType, canon, han};

/// A name in its canonical spelling: NFC, `·` U+00B7 between characters, nothing invisible.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonName(String);

/// What depends on the bureau or on the document that bears the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameRules {
    /// The fewest code points of a Han name: 2, or 1 where the bureau allows it.
    pub min_han: usize,
    pub scripts: NameScripts,
}

/// Whether Han and Latin may stand in one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameScripts {
    OneOnly,
    Mixed,
}

impl Default for NameRules {
    fn default() -> Self {
        Self { min_han: 2, scripts: NameScripts::OneOnly }
    }
}

impl NameRules {
    /// Permits, passports and the permanent resident card may mix scripts.
    #[must_use]
    pub const fn for_document(id_type: IdType) -> Self {
        let scripts = match id_type {
            IdType::CnRid | IdType::CnHmtRp => NameScripts::OneOnly,
            _ => NameScripts::Mixed,
        };
        Self { min_han: 2, scripts }
    }
}

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("too short or too long")]
    Length,
    #[error("a digit")]
    Digit,
    #[error("a character that no name has")]
    Character,
    #[error("a dot that is not between two characters")]
    DotPosition,
    #[error("two dots together")]
    DoubleDot,
    #[error("Han and Latin together")]
    Mixed,
    /// Fonts of police or bank systems: nobody else can read the character.
    #[error("a private-use character")]
    PrivateUse,
}

impl NameError {
    #[must_use]
    pub const fn message_key(self) -> &'static str {
        match self {
            Self::PrivateUse => "E_NAME_PUA",
            _ => "E_NAME_FORMAT",
        }
    }
}

const DOT: char = '\u{B7}';
const LONGEST_HAN: usize = 50;
const LONGEST_LATIN: usize = 80;

impl PersonName {
    /// # Errors
    /// When the text, in canonical spelling, is no name under the rules.
    pub fn parse(raw: &str, rules: &NameRules) -> Result<Self, NameError> {
        let name = canonical(raw);
        check_characters(&name)?;
        check_dots(&name)?;
        check_length(&name, rules)?;
        Ok(Self(name))
    }

    /// The legal spelling: stored, shown and sent to banks.
    #[must_use]
    pub fn display(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For comparing, never shown: NFKC without variation selectors, dots and spaces, Latin in upper case.
    #[must_use]
    pub fn match_key(&self) -> String {
        let folded = self.0.nfkc().filter(|c| !han::is_variation_selector(*c));
        folded.filter(|c| *c != DOT && *c != '.' && !c.is_whitespace()).flat_map(char::to_uppercase).collect()
    }

    /// `*三`, `欧**明`, `阿**`
    #[must_use]
    pub fn masked(&self) -> String {
        let shown: String = self.0.chars().filter(|c| !han::is_variation_selector(*c)).collect();
        if shown.contains(DOT) {
            return shown.chars().take(1).chain(['*', '*']).collect();
        }
        match shown.chars().count() {
            0 | 1 => "*".to_owned(),
            2 => shown.chars().take(1).map(|_| '*').chain(shown.chars().skip(1)).collect(),
            length => canon::masked(&shown, 1, length - 2, 1),
        }
    }
}

/// The order of `domain.md` §1.13 rule 3 a–d: it matters.
fn canonical(raw: &str) -> String {
    let visible = without_invisible(raw);
    let spaced = if has_latin(&visible) { collapse_spaces(&visible) } else { remove_spaces(&visible) };
    let dotted = han_dots(&spaced);
    dotted.chars().map(|c| han::assigned(c).unwrap_or(c)).nfc().collect()
}

fn without_invisible(raw: &str) -> String {
    let spaced = raw.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    spaced.filter(|c| !canon::is_invisible(*c) && *c != '\u{2060}' && !c.is_control()).collect()
}

fn has_latin(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_alphabetic())
}

fn collapse_spaces(text: &str) -> String {
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn remove_spaces(text: &str) -> String {
    text.chars().filter(|c| *c != ' ').collect()
}

/// Look-alikes of the dot between two Han characters become U+00B7; before NFC, which would leave most of them.
fn han_dots(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_han_at = |at: Option<usize>| {
        at.and_then(|at| chars.get(at)).is_some_and(|c| han::is_han(*c) || han::assigned(*c).is_some())
    };
    let between = |at: usize| is_han_at(at.checked_sub(1)) && is_han_at(at.checked_add(1));
    let mapped =
        chars.iter().enumerate().map(|(at, c)| if is_dot_like(*c) && between(at) { DOT } else { *c });
    mapped.collect()
}

const fn is_dot_like(c: char) -> bool {
    matches!(
        c,
        '\u{2022}'
            | '\u{2027}'
            | '\u{30FB}'
            | '\u{FF65}'
            | '\u{22C5}'
            | '\u{2219}'
            | '\u{0387}'
            | '\u{FF0E}'
            | '.'
            | '\u{25CF}'
            | '\u{FE52}'
    )
}

fn check_characters(name: &str) -> Result<(), NameError> {
    let mut after_han = false;
    for c in name.chars() {
        let selector = after_han && han::is_variation_selector(c);
        if !(selector || is_name_character(c)) {
            return Err(fault_of(c));
        }
        after_han = han::is_han(c);
    }
    Ok(())
}

fn is_name_character(c: char) -> bool {
    han::is_han(c) || c == DOT || c.is_ascii_alphabetic() || matches!(c, ' ' | '-' | '\'' | ',' | '.')
}

fn fault_of(c: char) -> NameError {
    if han::is_private_use(c) {
        NameError::PrivateUse
    } else if c.is_numeric() {
        NameError::Digit
    } else {
        NameError::Character
    }
}

/// `·` stands between two characters, never first, last or doubled.
fn check_dots(name: &str) -> Result<(), NameError> {
    if name.contains("\u{B7}\u{B7}") {
        return Err(NameError::DoubleDot);
    }
    let word = |part: &str| {
        part.starts_with(is_letter) && part.ends_with(|c| is_letter(c) || han::is_variation_selector(c))
    };
    let between_characters = !name.contains(DOT) || name.split(DOT).all(word);
    if between_characters { Ok(()) } else { Err(NameError::DotPosition) }
}

fn is_letter(c: char) -> bool {
    han::is_han(c) || c.is_ascii_alphabetic()
}

/// Lengths in code points: `𬱖𪠽` is two.
fn check_length(name: &str, rules: &NameRules) -> Result<(), NameError> {
    let length = name.chars().filter(|c| !han::is_variation_selector(*c)).count();
    let (has_han, has_latin) = (name.chars().any(han::is_han), has_latin(name));
    if has_han && has_latin && rules.scripts == NameScripts::OneOnly {
        return Err(NameError::Mixed);
    }
    let fits = match (has_han, has_latin) {
        (true, false) => (rules.min_han..=LONGEST_HAN).contains(&length),
        (_, true) => length <= LONGEST_LATIN,
        (false, false) => false,
    };
    if fits { Ok(()) } else { Err(NameError::Length) }
}

/// Any name that some profile and document allow: what is read back from a row or a flow.
impl FromStr for PersonName {
    type Err = NameError;

    fn from_str(raw: &str) -> Result<Self, NameError> {
        Self::parse(raw, &NameRules { min_han: 1, scripts: NameScripts::Mixed })
    }
}

personal_text!(PersonName, NameError);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(raw: &str) -> Result<PersonName, NameError> {
        PersonName::parse(raw, &NameRules::default())
    }

    fn name(raw: &str) -> PersonName {
        raw.parse().unwrap()
    }

    #[test]
    fn every_dot_between_han_characters_becomes_the_standard_one() {
        for dot in ['•', '‧', '・', '･', '⋅', '∙', '\u{387}', '．', '.', '●', '﹒', '·'] {
            assert_eq!(parse(&format!("阿卜杜拉{dot}买买提")).unwrap().display(), "阿卜杜拉·买买提", "{dot}");
        }
        assert_eq!(parse("阿卜杜拉 • 买买提").unwrap().display(), "阿卜杜拉·买买提");
    }

    #[test]
    fn lengths_count_code_points() {
        assert!(parse("𬱖𪠽").is_ok());
        assert!(parse("𠮷田").is_ok());
        assert_eq!(parse("张"), Err(NameError::Length));
        assert!(PersonName::parse("张", &NameRules { min_han: 1, ..NameRules::default() }).is_ok());
        assert!(parse(&"张".repeat(50)).is_ok());
        assert_eq!(parse(&"张".repeat(51)), Err(NameError::Length));
        assert_eq!(parse(&"A".repeat(81)), Err(NameError::Length));
        assert_eq!(parse(""), Err(NameError::Length));
        assert_eq!(parse("-"), Err(NameError::Length));
    }

    #[test]
    fn latin_names_keep_single_spaces() {
        assert_eq!(parse("  O'Neil,  Mary-Ann\u{3000}J. ").unwrap().display(), "O'Neil, Mary-Ann J.");
    }

    #[test]
    fn scripts_mix_only_on_documents_of_foreigners() {
        assert_eq!(parse("张John"), Err(NameError::Mixed));
        assert!(PersonName::parse("张John", &NameRules::for_document(IdType::Passport)).is_ok());
        assert!(PersonName::parse("张John", &NameRules::for_document(IdType::CnRid)).is_err());
    }

    #[test]
    fn leftovers_of_gb18030_become_their_assigned_characters() {
        assert_eq!(parse("\u{E81E}某").unwrap().display(), "\u{9FB4}某");
        assert_eq!(parse("\u{E816}•某").unwrap().display(), "\u{20087}·某");
        assert_eq!(parse("\u{E000}某"), Err(NameError::PrivateUse));
        assert_eq!(parse("\u{F0000}某"), Err(NameError::PrivateUse));
        assert_eq!(NameError::PrivateUse.message_key(), "E_NAME_PUA");
    }

    #[test]
    fn compatibility_ideographs_fold_but_real_ones_stay() {
        assert_eq!(parse("\u{F9D1}某").unwrap().display(), "六某");
        assert_eq!(parse("\u{2F800}某").unwrap().display(), "丽某");
        assert_eq!(parse("\u{FA0E}某").unwrap().display(), "\u{FA0E}某");
    }

    #[test]
    fn faults_are_told_apart() {
        for (raw, fault) in [
            ("张3", NameError::Digit),
            ("张三😀", NameError::Character),
            ("·张三", NameError::DotPosition),
            ("张三·", NameError::DotPosition),
            ("张··三", NameError::DoubleDot),
            ("Ábel", NameError::Character),
        ] {
            assert_eq!(parse(raw), Err(fault), "{raw}");
            assert_eq!(fault.message_key(), "E_NAME_FORMAT");
        }
    }

    #[test]
    fn the_match_key_ignores_dots_spaces_case_radicals_and_variants() {
        assert_eq!(name("阿卜杜拉·买买提").match_key(), "阿卜杜拉买买提");
        assert_eq!(name("Mary Ann").match_key(), name("MARYANN").match_key());
        assert_eq!(name("\u{2F00}某").match_key(), "一某");
        assert_eq!(name("葛\u{E0100}某").match_key(), "葛某");
    }

    #[test]
    fn names_show_themselves_masked() {
        for (raw, mask) in [
            ("张三", "*三"),
            ("欧阳小明", "欧**明"),
            ("阿卜杜拉·买买提", "阿**"),
            ("葛\u{E0100}三", "*三"),
            ("某", "*"),
            ("Mary", "M**y"),
        ] {
            assert_eq!(name(raw).masked(), mask, "{raw}");
        }
        assert_eq!(format!("{:?}", name("张三")), "PersonName(*三)");
    }

    #[test]
    fn a_name_survives_json() {
        let person = name("阿卜杜拉•买买提");
        let json = serde_json::to_string(&person).unwrap();
        assert_eq!(serde_json::from_str::<PersonName>(&json).unwrap(), person);
    }

    const SHAPES: &str =
        "\\PC*|[a-zA-Z .,'-]{0,20}|[张三欧阳\u{2F800}\u{F9D1}\u{E81E}\u{387}\u{B7}.•・ A]{0,12}";

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(raw in SHAPES) {
            for rules in [NameRules::default(), NameRules::for_document(IdType::Passport)] {
                if let Ok(name) = PersonName::parse(&raw, &rules) {
                    prop_assert_eq!(PersonName::parse(name.display(), &rules).unwrap(), name.clone());
                    let _ = (name.masked(), name.match_key());
                }
            }
        }
    }
}
