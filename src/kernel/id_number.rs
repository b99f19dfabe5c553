//! The algorithms behind personal document numbers (`domain.md` §1.1–§1.6, §1.9), over preprocessed text.

use chrono::{Datelike, NaiveDate};

use super::id_document::{IdError, IdRules};
use super::{Sex, canon, region};

/// GB 11643-1999 §3: weights and check characters of ISO 7064 MOD 11-2.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

/// What a document number itself tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub birthdate: Option<NaiveDate>,
    pub sex: Option<Sex>,
}

/// 居民身份证, 18 characters. An unknown county is no fault: old people hold codes of abolished ones.
pub(super) fn resident(text: &str, rules: &IdRules) -> Result<Facts, IdError> {
    let body = eighteen(text)?;
    if !canon::part(body, 0, 2).is_some_and(region::is_mainland_province) {
        return Err(IdError::Region);
    }
    checked_facts(text, body, rules)
}

/// 港澳台居民居住证: 810000, 820000 or 830000, else as the resident ID.
pub(super) fn residence_permit(text: &str, rules: &IdRules) -> Result<Facts, IdError> {
    let body = eighteen(text)?;
    if !matches!(canon::part(body, 0, 6), Some("810000" | "820000" | "830000")) {
        return Err(IdError::Address);
    }
    checked_facts(text, body, rules)
}

/// 外国人永久居留身份证: 18 characters from 9 (since 2023-12), or three letters and twelve digits (before).
pub(super) fn permanent_resident(text: &str, rules: &IdRules) -> Result<Facts, IdError> {
    if text.len() == 15 {
        return old_permanent_resident(text, rules);
    }
    let body = eighteen(text)?;
    if !body.starts_with('9') {
        return Err(IdError::Prefix);
    }
    // The parity of the sequence says nothing certain about sex here: it is asked.
    checked_facts(text, body, rules).map(|facts| Facts { sex: None, ..facts })
}

/// Its two digits of the year leave the century open, and its check digit is not published: neither is judged.
fn old_permanent_resident(text: &str, rules: &IdRules) -> Result<Facts, IdError> {
    let (country, digits) = text.split_at_checked(3).ok_or(IdError::Format)?;
    if !country.bytes().all(|b| b.is_ascii_uppercase()) || !canon::is_digits(digits) {
        return Err(IdError::Format);
    }
    let short = canon::part(text, 7, 6).ok_or(IdError::Format)?;
    let possible = |century: &str| date(&format!("{century}{short}")).is_ok_and(|date| date <= rules.today);
    if possible("19") || possible("20") { Ok(Facts::default()) } else { Err(IdError::Date) }
}

/// YYMMDD of the old permanent resident card: the part of the birth date that it tells.
pub(super) fn old_permanent_resident_agrees(text: &str, birthdate: NaiveDate) -> bool {
    let short =
        format!("{:02}{:02}{:02}", birthdate.year().rem_euclid(100), birthdate.month(), birthdate.day());
    canon::part(text, 7, 6) == Some(short.as_str())
}

/// `^[HM]([0-9]{8}|[0-9]{10})$`
pub(super) fn is_hkm_permit(text: &str) -> bool {
    let digits = text.strip_prefix(['H', 'M']).unwrap_or_default();
    matches!(digits.len(), 8 | 10) && canon::is_digits(digits)
}

/// `^[0-9]{8}$`
pub(super) fn is_tw_permit(text: &str) -> bool {
    text.len() == 8 && canon::is_digits(text)
}

/// The booklet before 2015: `^[0-9]{10}[A-Z]?$`
pub(super) fn is_old_tw_permit(text: &str) -> bool {
    let digits = text.strip_suffix(|c: char| c.is_ascii_uppercase()).unwrap_or(text);
    digits.len() == 10 && canon::is_digits(digits)
}

/// `^(E[0-9A-HJ-NP-Z][0-9]{7}|G[0-9]{8}|[SDP][0-9]{8}|(SE|DE|PE)[0-9]{7})$`
pub(super) fn is_chinese_passport(text: &str) -> bool {
    let mut chars = text.chars();
    let (Some(first), Some(second), digits) = (chars.next(), chars.next(), chars.as_str()) else {
        return false;
    };
    let second_fits = match first {
        'E' => second.is_ascii_digit() || (second.is_ascii_uppercase() && !matches!(second, 'I' | 'O')),
        'S' | 'D' | 'P' => second.is_ascii_digit() || second == 'E',
        'G' => second.is_ascii_digit(),
        _ => false,
    };
    second_fits && digits.len() == 7 && canon::is_digits(digits)
}

/// `^[A-Z0-9]{5,17}$`
pub(super) fn is_foreign_passport(text: &str) -> bool {
    (5..=17).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// `domain.md` §1.2: the 15 digits of before 1999 as 18, with the century 19 and the check character.
pub(super) fn eighteen_of_fifteen(text: &str) -> Option<String> {
    if text.len() != 15 || !canon::is_digits(text) {
        return None;
    }
    let (address, rest) = text.split_at_checked(6)?;
    let body = format!("{address}19{rest}");
    check_character(&body).map(|check| format!("{body}{check}"))
}

/// The first 17, when they are digits and the 18th is a digit or `X`.
fn eighteen(text: &str) -> Result<&str, IdError> {
    let (body, last) = text.split_at_checked(17).ok_or(IdError::Format)?;
    let form = canon::is_digits(body) && last.len() == 1 && (last == "X" || canon::is_digits(last));
    if form { Ok(body) } else { Err(IdError::Format) }
}

fn checked_facts(text: &str, body: &str, rules: &IdRules) -> Result<Facts, IdError> {
    let birthdate = date(canon::part(body, 6, 8).ok_or(IdError::Format)?)?;
    if birthdate < rules.earliest_birth || birthdate > rules.today {
        return Err(IdError::DateRange);
    }
    if check_character(body) != text.chars().last() {
        return Err(IdError::Check);
    }
    let male = body.bytes().last().is_some_and(|b| b % 2 == 1);
    Ok(Facts { birthdate: Some(birthdate), sex: Some(if male { Sex::Male } else { Sex::Female }) })
}

fn check_character(body: &str) -> Option<char> {
    let sum: u32 = body.chars().zip(WEIGHTS).filter_map(|(c, weight)| Some(c.to_digit(10)? * weight)).sum();
    CHECK.get(usize::try_from(sum % 11).ok()?).copied()
}

/// `YYYYMMDD` as a date of the calendar.
fn date(digits: &str) -> Result<NaiveDate, IdError> {
    let number = |start, count| canon::part(digits, start, count).and_then(|part| part.parse::<u32>().ok());
    let year = number(0, 4).and_then(|year| i32::try_from(year).ok());
    let (Some(year), Some(month), Some(day)) = (year, number(4, 2), number(6, 2)) else {
        return Err(IdError::Date);
    };
    NaiveDate::from_ymd_opt(year, month, day).ok_or(IdError::Date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_has_the_check_character_x() {
        assert_eq!(check_character("11010519491231002"), Some('X'));
    }

    #[test]
    fn permits_have_a_letter_and_eight_or_ten_digits() {
        for (text, valid) in [("H12345678", true), ("M1234567800", true), ("H123456789", false), ("H", false)]
        {
            assert_eq!(is_hkm_permit(text), valid, "{text}");
        }
    }

    #[test]
    fn the_taiwan_permit_is_a_card_or_an_old_booklet() {
        assert!(is_tw_permit("01234567"));
        assert!(!is_tw_permit("T12345678"));
        assert!(is_old_tw_permit("0123456789") && is_old_tw_permit("0123456789B"));
        assert!(!is_old_tw_permit("01234567890") && !is_old_tw_permit("0123456789BB"));
    }

    #[test]
    fn chinese_passports_by_series() {
        for valid in ["E12345678", "EA1234567", "G12345678", "D12345678", "SE1234567", "PE1234567"] {
            assert!(is_chinese_passport(valid), "{valid}");
        }
        for invalid in ["", "E", "E1234567", "EI1234567", "EO1234567", "A12345678", "GE1234567", "E123456789"]
        {
            assert!(!is_chinese_passport(invalid), "{invalid}");
        }
    }

    #[test]
    fn the_old_permanent_resident_card_tells_a_short_birth_date() {
        let born = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        assert!(old_permanent_resident_agrees("KAZ110090123105", born(1990, 12, 31)));
        assert!(!old_permanent_resident_agrees("KAZ110090123105", born(1990, 12, 30)));
    }
}
