//! A name as a bank may hold it (`domain.md` §1.13, S1-44): which other spelling is allowed, and the one that is tried
//! when the bank does not know the first. Pure.

use std::{collections::HashSet, sync::LazyLock};

use crate::kernel::PersonName;

/// U+00B7, between the parts of a name.
const MIDDLE_DOT: char = '\u{b7}';
/// U+2022, which many banks' systems hold instead.
const BULLET: char = '\u{2022}';
/// How many characters may stand for a rare one: its pinyin, `?`, or another form.
const LONGEST_SUBSTITUTE: usize = 6;

static GB2312: LazyLock<HashSet<char>> =
    LazyLock::new(|| include_str!("gb2312.txt").chars().filter(|c| *c != '\n').collect());

/// The one other spelling that is asked after a mismatch of the name, or `None`.
///
/// 银行登记姓名 when the person gave it, else the same name with the dot that banks use.
pub(super) fn likely_variant(name: &PersonName, registered: Option<&str>) -> Option<String> {
    let canonical = name.display();
    let variant =
        registered.map_or_else(|| canonical.replace(MIDDLE_DOT, &BULLET.to_string()), ToOwned::to_owned);
    (variant != canonical).then_some(variant)
}

/// Whether 银行登记姓名 may stand for the name: it may differ in dots, and where the name has a character outside
/// GB 2312. Anything else is another name.
pub fn may_be_registered_as(name: &PersonName, registered: &str) -> bool {
    let own: Vec<char> = name.display().chars().filter(|c| !is_dot(*c)).collect();
    let theirs: Vec<char> = registered.chars().filter(|c| !is_dot(*c)).collect();
    !theirs.is_empty() && fits(&own, &theirs)
}

fn fits(own: &[char], theirs: &[char]) -> bool {
    let Some((first, rest)) = own.split_first() else { return theirs.is_empty() };
    if is_rare(*first) {
        let longest = LONGEST_SUBSTITUTE.min(theirs.len());
        return (1..=longest).any(|taken| theirs.get(taken..).is_some_and(|left| fits(rest, left)));
    }
    theirs.split_first().is_some_and(|(same, left)| same == first && fits(rest, left))
}

fn is_rare(c: char) -> bool {
    !c.is_ascii() && !GB2312.contains(&c)
}

fn is_dot(c: char) -> bool {
    matches!(
        c,
        MIDDLE_DOT
            | BULLET
            | '.'
            | '\u{2027}'
            | '\u{30fb}'
            | '\u{ff65}'
            | '\u{22c5}'
            | '\u{2219}'
            | '\u{ff0e}'
            | '\u{25cf}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PersonName {
        text.parse().unwrap()
    }

    #[test]
    fn s1_44_the_likely_variant_is_the_dot_that_banks_hold() {
        assert_eq!(likely_variant(&name("阿卜杜拉·买买提"), None).as_deref(), Some("阿卜杜拉•买买提"));
    }

    #[test]
    fn a_name_without_a_dot_has_no_variant_of_its_own() {
        assert_eq!(likely_variant(&name("林晓雨"), None), None);
    }

    #[test]
    fn s1_44_the_spelling_the_person_gave_comes_first() {
        assert_eq!(likely_variant(&name("王𬱖"), Some("王WEI")).as_deref(), Some("王WEI"));
        assert_eq!(likely_variant(&name("王小明"), Some("王小明")), None);
    }

    #[test]
    fn only_dots_and_rare_characters_may_differ() {
        for (own, registered) in [
            ("阿卜杜拉·买买提", "阿卜杜拉买买提"),
            ("阿卜杜拉·买买提", "阿卜杜拉.买买提"),
            ("王𬱖", "王WEI"),
            ("王𬱖", "王?"),
            ("𠮷田爱", "吉田爱"),
            ("李喆宇", "李ZHE宇"),
        ] {
            assert!(may_be_registered_as(&name(own), registered), "{own} {registered}");
        }
        for (own, registered) in
            [("林晓雨", "林小雨"), ("王𬱖", "李WEI"), ("王𬱖", "王"), ("林晓雨", ""), ("林晓雨", "林晓雨雨")]
        {
            assert!(!may_be_registered_as(&name(own), registered), "{own} {registered}");
        }
    }
}
