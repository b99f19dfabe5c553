//! The people whom `menfu demo` finds in place: invented, with well-formed numbers (`people.toml`).

use serde::Deserialize;

use crate::kernel::{About, Email, RealNameLevel, Secret};

/// One person of the demo. A person at L2 was verified with the card; one at L1 owns it and has yet to.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    pub username: String,
    pub password: Secret,
    pub name: String,
    /// As `IdType` spells it.
    pub id_type: String,
    pub id_number: String,
    pub phone: String,
    pub level: RealNameLevel,
    /// A bank code of `domain.md` §1.11.
    pub bank: String,
    pub card_no: String,
    #[serde(default)]
    pub email: Option<Email>,
    /// What hardly anybody tells.
    #[serde(default)]
    pub about: About,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    #[serde(rename = "person")]
    people: Vec<Seed>,
}

/// The demo's people, in the order in which it shows them.
///
/// # Errors
/// When the embedded file is not well-formed; a test reads it, so a build that passed its tests has none.
pub fn seeds() -> Result<Vec<Seed>, toml::de::Error> {
    toml::from_str::<People>(include_str!("people.toml")).map(|file| file.people)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{BankCard, IdDocument, IdType, PersonName, Phone, Username};

    #[test]
    fn there_are_people_at_both_levels() {
        let levels: Vec<_> = seeds().unwrap().into_iter().map(|seed| seed.level).collect();
        use RealNameLevel::{L1, L2};
        assert_eq!(levels, [L2, L2, L1, L1, L1]);
    }

    #[test]
    fn every_number_is_well_formed() {
        let today: chrono::NaiveDate = "2026-11-21".parse().unwrap();
        for seed in seeds().unwrap() {
            let id_type: IdType = seed.id_type.parse().unwrap();
            assert!(IdDocument::parse(id_type, &seed.id_number, today).is_ok(), "{}", seed.username);
            assert!(seed.phone.parse::<Phone>().is_ok() && seed.card_no.parse::<BankCard>().is_ok());
            assert!(seed.username.parse::<Username>().is_ok() && seed.name.parse::<PersonName>().is_ok());
        }
    }

    #[test]
    fn no_two_people_share_a_name_document_phone_or_card() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in seeds().unwrap() {
            for value in [seed.username, seed.name, seed.id_number, seed.phone, seed.card_no] {
                assert!(seen.insert(value.clone()), "{value}");
            }
        }
    }
}
