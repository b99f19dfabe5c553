//! Identity documents of persons: type and number, parsed once (`domain.md` §1.1–§1.6, §1.9).

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::id_number::{self, Facts};
use super::{Country, Message, Sex, canon};

/// The documents a person may hold, by the codes used everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum IdType {
    /// 居民身份证
    #[serde(rename = "CN_RID")]
    CnRid,
    /// 港澳居民来往内地通行证
    #[serde(rename = "CN_HKM_PERMIT")]
    CnHkmPermit,
    /// 台湾居民来往大陆通行证
    #[serde(rename = "CN_TW_PERMIT")]
    CnTwPermit,
    /// 港澳台居民居住证
    #[serde(rename = "CN_HMT_RP")]
    CnHmtRp,
    /// 外国人永久居留身份证
    #[serde(rename = "CN_FPR")]
    CnFpr,
    /// 护照
    #[serde(rename = "PASSPORT")]
    Passport,
}

impl IdType {
    /// In the order of the select on the page.
    pub const ALL: [Self; 6] =
        [Self::CnRid, Self::CnHkmPermit, Self::CnTwPermit, Self::CnHmtRp, Self::CnFpr, Self::Passport];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CnRid => "CN_RID",
            Self::CnHkmPermit => "CN_HKM_PERMIT",
            Self::CnTwPermit => "CN_TW_PERMIT",
            Self::CnHmtRp => "CN_HMT_RP",
            Self::CnFpr => "CN_FPR",
            Self::Passport => "PASSPORT",
        }
    }

    /// Whether the page asks for an expiry date: permits, passport and the permanent resident card.
    #[must_use]
    pub const fn expires(self) -> bool {
        !matches!(self, Self::CnRid | Self::CnHmtRp)
    }

    /// Whether the page asks for a nationality.
    #[must_use]
    pub const fn asks_country(self) -> bool {
        matches!(self, Self::CnFpr | Self::Passport)
    }
}

impl fmt::Display for IdType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for IdType {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::ALL.into_iter().find(|id_type| id_type.as_str() == text).ok_or(IdError::Type)
    }
}

/// Why a number is no document of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("no such document type")]
    Type,
    #[error("wrong length or characters")]
    Format,
    #[error("unknown province")]
    Region,
    #[error("not an address of a residence permit")]
    Address,
    #[error("wrong first character")]
    Prefix,
    #[error("no date of the calendar")]
    Date,
    #[error("birth before the earliest date or in the future")]
    DateRange,
    #[error("wrong check character")]
    Check,
    #[error("the stated birth date is not that of the number")]
    BirthMismatch,
    #[error("the stated sex is not that of the number")]
    SexMismatch,
}

impl IdError {
    #[must_use]
    pub const fn message_key(self) -> &'static str {
        match self {
            Self::Check => "E_ID_CHECK",
            Self::BirthMismatch => "E_ID_BIRTH_MISMATCH",
            Self::SexMismatch => "E_ID_SEX_MISMATCH",
            _ => "E_ID_FORMAT",
        }
    }
}

/// What the judgement of a number depends on, beside the number.
#[derive(Clone, Copy, Debug)]
pub struct IdRules {
    /// Today in Asia/Shanghai.
    pub today: NaiveDate,
    pub earliest_birth: NaiveDate,
}

impl From<NaiveDate> for IdRules {
    /// Births from 1900-01-01 to `today`.
    fn from(today: NaiveDate) -> Self {
        Self { today, earliest_birth: NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or(NaiveDate::MIN) }
    }
}

/// A document whose number is valid for its type.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdDocument {
    id_type: IdType,
    number: String,
    /// The issuing country of a passport.
    country: Option<Country>,
    birthdate: Option<NaiveDate>,
    sex: Option<Sex>,
}

impl IdDocument {
    /// A number typed in a form. A residence permit or permanent resident card typed as 居民身份证 becomes what it
    /// is: see [`Self::switched_from`]. A passport is taken as Chinese; others by [`Self::passport`].
    ///
    /// # Errors
    /// When the number is not valid for the type.
    pub fn parse(id_type: IdType, raw: &str, rules: impl Into<IdRules>) -> Result<Self, IdError> {
        let text = canon::upper_identifier(raw);
        let rules = rules.into();
        match id_type {
            IdType::CnRid if is_residence_permit(&text) => Self::of(IdType::CnHmtRp, text, &rules),
            IdType::CnRid if text.len() == 18 && text.starts_with('9') => {
                Self::of(IdType::CnFpr, text, &rules)
            }
            IdType::Passport => Self::passport(Country::CHINA, raw),
            _ => Self::of(id_type, text, &rules),
        }
    }

    /// A passport of any country.
    ///
    /// # Errors
    /// When the number does not have the form of that country's passports.
    pub fn passport(country: Country, raw: &str) -> Result<Self, IdError> {
        let number = canon::upper_identifier(raw);
        let fits = if country == Country::CHINA {
            id_number::is_chinese_passport(&number)
        } else {
            id_number::is_foreign_passport(&number)
        };
        let document =
            Self { id_type: IdType::Passport, number, country: Some(country), birthdate: None, sex: None };
        if fits { Ok(document) } else { Err(IdError::Format) }
    }

    /// As [`Self::parse`], and also the forms that only recovery and migration take: 15-digit resident IDs, which
    /// become 18, and the old Taiwan booklet (`domain.md` §1.2, §1.4).
    ///
    /// # Errors
    /// When the number is not valid for the type.
    pub fn parse_legacy(id_type: IdType, raw: &str, rules: impl Into<IdRules>) -> Result<Self, IdError> {
        let text = canon::upper_identifier(raw);
        match id_type {
            IdType::CnRid if text.len() < 18 => {
                let number = id_number::eighteen_of_fifteen(&text).ok_or(IdError::Format)?;
                Self::of(id_type, number, &rules.into())
            }
            IdType::CnTwPermit if id_number::is_old_tw_permit(&text) => Ok(Self::bare(id_type, text)),
            _ => Self::parse(id_type, raw, rules),
        }
    }

    fn of(id_type: IdType, number: String, rules: &IdRules) -> Result<Self, IdError> {
        let facts = match id_type {
            IdType::CnRid => id_number::resident(&number, rules)?,
            IdType::CnHmtRp => id_number::residence_permit(&number, rules)?,
            IdType::CnFpr => id_number::permanent_resident(&number, rules)?,
            IdType::CnHkmPermit => form(id_number::is_hkm_permit(&number))?,
            IdType::CnTwPermit => form(id_number::is_tw_permit(&number))?,
            IdType::Passport => return Self::passport(Country::CHINA, &number),
        };
        Ok(Self { birthdate: facts.birthdate, sex: facts.sex, ..Self::bare(id_type, number) })
    }

    const fn bare(id_type: IdType, number: String) -> Self {
        Self { id_type, number, country: None, birthdate: None, sex: None }
    }

    #[must_use]
    pub const fn id_type(&self) -> IdType {
        self.id_type
    }

    /// The canonical number as entered: what a bank is asked about.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The issuing country of a passport.
    #[must_use]
    pub const fn country(&self) -> Option<Country> {
        self.country
    }

    /// The birth date, where the number tells it: shown read-only.
    #[must_use]
    pub const fn birthdate(&self) -> Option<NaiveDate> {
        self.birthdate
    }

    /// The sex, where the number tells it: shown read-only.
    #[must_use]
    pub const fn sex(&self) -> Option<Sex> {
        self.sex
    }

    /// One person, one key: what the unique blind index is made of (`domain.md` D5). Type and number; of a HK/Macao
    /// permit the first nine characters, which outlive renewals; of a passport with its country.
    #[must_use]
    pub fn unique_key(&self) -> String {
        let lasting = match self.id_type {
            IdType::CnHkmPermit => canon::part(&self.number, 0, 9).unwrap_or(&self.number),
            _ => &self.number,
        };
        match self.country {
            Some(country) => format!("{}:{}:{lasting}", self.id_type, country.as_str()),
            None => format!("{}:{lasting}", self.id_type),
        }
    }

    /// What of a renewed HK/Macao permit outlives the renewal: banks store either form (`domain.md` §1.3).
    #[must_use]
    pub fn lifelong_number(&self) -> Option<&str> {
        let renewed = self.id_type == IdType::CnHkmPermit && self.number.len() > 9;
        renewed.then(|| canon::part(&self.number, 0, 9)).flatten()
    }

    /// The text to show when the number was typed under `asked` but is another document (`domain.md` §1.5).
    #[must_use]
    pub fn switched_from(&self, asked: IdType) -> Option<Message> {
        (self.id_type != asked).then(|| Message::new("I_ID_TYPE_SWITCHED").with("type", self.id_type))
    }

    /// Whether birth date and sex stated in the form agree with the number, as far as it tells them.
    ///
    /// # Errors
    /// [`IdError::BirthMismatch`] or [`IdError::SexMismatch`].
    pub fn agrees_with(&self, birthdate: Option<NaiveDate>, sex: Option<Sex>) -> Result<(), IdError> {
        let old_card = self.id_type == IdType::CnFpr && self.birthdate.is_none();
        let birth_differs = birthdate.is_some_and(|stated| match self.birthdate {
            Some(told) => told != stated,
            None => old_card && !id_number::old_permanent_resident_agrees(&self.number, stated),
        });
        if birth_differs {
            return Err(IdError::BirthMismatch);
        }
        let sex_differs = matches!((self.sex, sex), (Some(told), Some(stated)) if told != stated);
        if sex_differs { Err(IdError::SexMismatch) } else { Ok(()) }
    }

    /// `4***************19`, `H1****78` (`domain.md` §5 Masking).
    #[must_use]
    pub fn masked(&self) -> String {
        if self.number.len() == 18 {
            canon::masked(&self.number, 1, 15, 2)
        } else {
            canon::masked(&self.number, 2, 4, 2)
        }
    }

    /// On the owner's pages after step-up: `440301********0019`; other documents as [`Self::masked`].
    #[must_use]
    pub fn masked_for_owner(&self) -> String {
        if self.number.len() == 18 { canon::masked(&self.number, 6, 8, 4) } else { self.masked() }
    }
}

fn form(fits: bool) -> Result<Facts, IdError> {
    if fits { Ok(Facts::default()) } else { Err(IdError::Format) }
}

fn is_residence_permit(text: &str) -> bool {
    text.len() == 18 && matches!(canon::part(text, 0, 2), Some("81" | "82" | "83"))
}

impl fmt::Debug for IdDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdDocument({} {})", self.id_type, self.masked())
    }
}

/// The stored form: type, number and, of a passport, the country.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    #[serde(rename = "type")]
    id_type: IdType,
    number: std::borrow::Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<Country>,
}

impl Serialize for IdDocument {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = self.number.as_str().into();
        Stored { id_type: self.id_type, number, country: self.country }.serialize(serializer)
    }
}

/// What was valid when stored is read back whatever today is.
impl<'de> Deserialize<'de> for IdDocument {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        let always = IdRules { today: NaiveDate::MAX, earliest_birth: NaiveDate::MIN };
        let document = match stored.country {
            Some(country) => Self::passport(country, &stored.number),
            None => Self::parse_legacy(stored.id_type, &stored.number, always),
        };
        document.map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()
    }

    fn document(id_type: IdType, raw: &str) -> IdDocument {
        IdDocument::parse(id_type, raw, today()).unwrap()
    }

    #[test]
    fn a_residence_permit_typed_as_resident_id_switches_the_type_and_says_so() {
        let permit = document(IdType::CnRid, "810000199001010019");
        assert_eq!(permit.id_type(), IdType::CnHmtRp);
        assert_eq!(permit.switched_from(IdType::CnRid).unwrap().key, "I_ID_TYPE_SWITCHED");
        assert_eq!(permit.switched_from(IdType::CnHmtRp), None);
    }

    #[test]
    fn a_permanent_resident_card_typed_as_resident_id_switches_too() {
        assert_eq!(document(IdType::CnRid, "932682198501010017").id_type(), IdType::CnFpr);
    }

    #[test]
    fn renewed_permits_are_one_person() {
        let first = document(IdType::CnHkmPermit, "H1234567800");
        let second = document(IdType::CnHkmPermit, "H1234567801");
        assert_eq!(first.unique_key(), "CN_HKM_PERMIT:H12345678");
        assert_eq!(first.unique_key(), second.unique_key());
        assert_ne!(first.number(), second.number());
    }

    #[test]
    fn the_same_passport_number_of_two_countries_is_two_persons() {
        let of =
            |country: &str| IdDocument::passport(country.parse().unwrap(), "AB1234567").unwrap().unique_key();
        assert_eq!(of("DEU"), "PASSPORT:DEU:AB1234567");
        assert_ne!(of("DEU"), of("FRA"));
    }

    #[test]
    fn passports_follow_the_form_of_their_country() {
        assert!(IdDocument::parse(IdType::Passport, "E12345678", today()).is_ok());
        assert_eq!(IdDocument::parse(IdType::Passport, "E1234567", today()), Err(IdError::Format));
        assert_eq!(IdDocument::passport("USA".parse().unwrap(), "X 1"), Err(IdError::Format));
    }

    #[test]
    fn stated_facts_must_agree_with_the_number() {
        let id = document(IdType::CnRid, "440301199003070019");
        let born = NaiveDate::from_ymd_opt(1990, 3, 7);
        assert_eq!(id.agrees_with(born, Some(Sex::Male)), Ok(()));
        assert_eq!(id.agrees_with(None, None), Ok(()));
        assert_eq!(id.agrees_with(born.and_then(|d| d.succ_opt()), None), Err(IdError::BirthMismatch));
        assert_eq!(id.agrees_with(born, Some(Sex::Female)), Err(IdError::SexMismatch));
    }

    #[test]
    fn the_old_permanent_resident_card_is_held_to_its_short_date() {
        let card = document(IdType::CnFpr, "KAZ110090123105");
        assert_eq!(card.agrees_with(NaiveDate::from_ymd_opt(1990, 12, 31), Some(Sex::Male)), Ok(()));
        assert_eq!(card.agrees_with(NaiveDate::from_ymd_opt(1990, 12, 1), None), Err(IdError::BirthMismatch));
    }

    #[test]
    fn numbers_show_themselves_masked() {
        let id = document(IdType::CnRid, "440301199003070019");
        assert_eq!(id.masked(), "4***************19");
        assert_eq!(id.masked_for_owner(), "440301********0019");
        assert_eq!(document(IdType::CnHkmPermit, "H12345678").masked(), "H1****78");
        assert_eq!(format!("{id:?}"), "IdDocument(CN_RID 4***************19)");
    }

    #[test]
    fn old_forms_are_for_recovery_only() {
        assert_eq!(IdDocument::parse(IdType::CnRid, "110105491231002", today()), Err(IdError::Format));
        let old = IdDocument::parse_legacy(IdType::CnRid, "110105491231002", today()).unwrap();
        assert_eq!(old.number(), "11010519491231002X");
        assert_eq!(IdDocument::parse(IdType::CnTwPermit, "0123456789B", today()), Err(IdError::Format));
        assert!(IdDocument::parse_legacy(IdType::CnTwPermit, "0123456789B", today()).is_ok());
    }

    #[test]
    fn documents_survive_json() {
        let passport = IdDocument::passport("FRA".parse().unwrap(), "12AB34567").unwrap();
        let booklet = IdDocument::parse_legacy(IdType::CnTwPermit, "0123456789B", today()).unwrap();
        for id in [document(IdType::CnRid, "440301199003070019"), passport, booklet] {
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(serde_json::from_str::<IdDocument>(&json).unwrap(), id, "{json}");
        }
        assert!(serde_json::from_str::<IdDocument>(r#"{"type":"CN_RID","number":"1"}"#).is_err());
    }

    #[test]
    fn every_type_reads_its_own_code_and_knows_what_to_ask() {
        for id_type in IdType::ALL {
            assert_eq!(id_type.as_str().parse(), Ok(id_type));
        }
        assert_eq!("CN_USCC".parse::<IdType>(), Err(IdError::Type));
        assert!(IdType::Passport.asks_country() && IdType::CnTwPermit.expires());
        assert!(!IdType::CnRid.asks_country() && !IdType::CnRid.expires());
    }

    #[test]
    fn faults_map_to_the_texts_of_the_catalogue() {
        assert_eq!(IdError::Check.message_key(), "E_ID_CHECK");
        assert_eq!(IdError::Date.message_key(), "E_ID_FORMAT");
        assert_eq!(IdError::BirthMismatch.message_key(), "E_ID_BIRTH_MISMATCH");
        assert_eq!(IdError::SexMismatch.message_key(), "E_ID_SEX_MISMATCH");
    }

    fn any_type() -> impl Strategy<Value = IdType> {
        prop::sample::select(&IdType::ALL[..])
    }

    const SHAPES: &str = "\\PC*|[0-9]{17}[0-9Xx]|[1-9][0-9]{5}19[5-9][0-9]0[1-9][0-2][1-8][0-9]{3}[0-9X]\
        |[0-9]{15}|[HM][0-9]{8,10}|[A-Z]{3}[0-9]{12}|[EGDSP][0-9A-Z][0-9]{7}|8[123]0000[0-9]{12}";

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(id_type in any_type(), raw in SHAPES) {
            if let Ok(id) = IdDocument::parse(id_type, &raw, today()) {
                prop_assert_eq!(IdDocument::parse(id.id_type(), id.number(), today()).unwrap(), id);
            }
        }

        #[test]
        fn old_forms_never_panic_and_are_idempotent(id_type in any_type(), raw in SHAPES) {
            if let Ok(id) = IdDocument::parse_legacy(id_type, &raw, today()) {
                prop_assert_eq!(&IdDocument::parse_legacy(id.id_type(), id.number(), today()).unwrap(), &id);
                let json = serde_json::to_string(&id).unwrap();
                prop_assert_eq!(serde_json::from_str::<IdDocument>(&json).unwrap(), id);
            }
        }
    }
}
