//! The documented test data of the simulated banks (`bank.toml`), and the rule that turns it into answers.
//!
//! Pure: the same request gets the same verdict, at any time and in any order.

use serde::{Deserialize, Serialize};

/// How the phones of the tests begin.
const TEST_PHONES: &str = "1990000";

/// `POST /bank/v1/verify`: the four elements, and the caller's idempotency key. No `Debug`: it is personal data.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    pub request_id: String,
    pub bank: String,
    pub card_no: String,
    pub name: String,
    pub id_type: String,
    pub id_number: String,
    pub phone: String,
}

/// `POST /unionpay/v1/verify`: the same without a bank. No `Debug`: it is personal data.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UnionPayRequest {
    pub request_id: String,
    pub card_no: String,
    pub name: String,
    pub id_type: String,
    pub id_number: String,
    pub phone: String,
}

impl UnionPayRequest {
    /// Addressed to the bank whose card it is; to nobody when no bank issues such cards.
    pub(super) fn at_its_bank(self, table: &Table) -> VerifyRequest {
        let issuer = table.banks.iter().find(|bank| self.card_no.starts_with(&bank.prefix));
        VerifyRequest {
            request_id: self.request_id,
            bank: issuer.map(|bank| bank.code.clone()).unwrap_or_default(),
            card_no: self.card_no,
            name: self.name,
            id_type: self.id_type,
            id_number: self.id_number,
            phone: self.phone,
        }
    }
}

/// The test data of both.
#[derive(Clone, Debug)]
pub struct Tables {
    pub bank: Table,
    pub unionpay: Table,
}

impl Tables {
    /// The tables inside the binary.
    ///
    /// # Errors
    /// As for [`Table::embedded`].
    pub fn embedded() -> Result<Self, toml::de::Error> {
        Ok(Self { bank: Table::embedded()?, unionpay: toml::from_str(include_str!("unionpay.toml"))? })
    }
}

/// What the bank says (`domain.md` §2.1, without the prefix `BANK_`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    Ok,
    IdMismatch,
    PhoneMismatch,
    CardInvalid,
    CardStatus,
    NotDebit,
    Unsupported,
    NoReservedPhone,
    NotEnabled,
    IdTypeUnsupported,
    Limit,
    Unknown,
    Busy,
}

impl Verdict {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::IdMismatch => "ID_MISMATCH",
            Self::PhoneMismatch => "PHONE_MISMATCH",
            Self::CardInvalid => "CARD_INVALID",
            Self::CardStatus => "CARD_STATUS",
            Self::NotDebit => "NOT_DEBIT",
            Self::Unsupported => "UNSUPPORTED",
            Self::NoReservedPhone => "NO_RESERVED_PHONE",
            Self::NotEnabled => "NOT_ENABLED",
            Self::IdTypeUnsupported => "ID_TYPE_UNSUPPORTED",
            Self::Limit => "LIMIT",
            Self::Unknown => "UNKNOWN",
            Self::Busy => "BUSY",
        }
    }
}

/// One bank: its code and name (`domain.md` §1.11, S1-34) and how its cards begin.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    pub code: String,
    pub name: String,
    pub prefix: String,
}

/// The two digits before a card's check digit that make the bank answer so.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeRow {
    pub digits: String,
    pub result: Verdict,
    pub meaning: String,
}

/// An account as its bank keeps it. The holders are invented.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub bank: String,
    pub card_no: String,
    pub name: String,
    pub id_type: String,
    pub id_number: String,
    pub phone: String,
}

impl Account {
    fn compare(&self, request: &VerifyRequest) -> Verdict {
        if request.bank != self.bank {
            return Verdict::CardInvalid;
        }
        let holder = (&request.name, &request.id_type, &request.id_number);
        if holder != (&self.name, &self.id_type, &self.id_number) {
            return Verdict::IdMismatch;
        }
        if national(&request.phone) == national(&self.phone) { Verdict::Ok } else { Verdict::PhoneMismatch }
    }
}

/// The whole of `bank.toml`, or of `unionpay.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    #[serde(rename = "bank")]
    pub banks: Vec<Bank>,
    #[serde(rename = "outcome")]
    pub outcomes: Vec<OutcomeRow>,
    #[serde(rename = "account")]
    pub accounts: Vec<Account>,
}

impl Table {
    /// The table inside the binary.
    ///
    /// # Errors
    /// When the file is not well-formed; a test reads it, so a build that passed its tests has none.
    pub fn embedded() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("bank.toml"))
    }

    /// The bank with this code.
    #[must_use]
    pub fn find_bank(&self, code: &str) -> Option<&Bank> {
        self.banks.iter().find(|bank| bank.code == code)
    }

    /// What the bank answers: the six rules at the head of `bank.toml`, in their order.
    #[must_use]
    pub fn decide(&self, request: &VerifyRequest) -> Verdict {
        if !is_card_number(&request.card_no) {
            return Verdict::CardInvalid;
        }
        let Some(bank) = self.find_bank(&request.bank) else {
            return Verdict::Unsupported;
        };
        if let Some(account) = self.accounts.iter().find(|account| account.card_no == request.card_no) {
            return account.compare(request);
        }
        if !request.card_no.starts_with(&bank.prefix) {
            return Verdict::CardInvalid;
        }
        self.outcomes.iter().find(|row| chooses(row, &request.card_no)).map_or(Verdict::Ok, |row| row.result)
    }

    /// Whether the phone is the card's: that of the account, and any phone of the tests' range for another card.
    #[must_use]
    pub fn knows_phone(&self, request: &VerifyRequest) -> bool {
        let phone = national(&request.phone);
        let account = self.accounts.iter().find(|account| account.card_no == request.card_no);
        account.map_or_else(|| phone.starts_with(TEST_PHONES), |account| national(&account.phone) == phone)
    }

    /// A card of this bank that gets this answer; another `serial` is another card.
    #[must_use]
    pub fn card_for(&self, bank: &str, result: Verdict, serial: u32) -> Option<String> {
        let prefix = &self.find_bank(bank)?.prefix;
        let digits = &self.outcomes.iter().find(|row| row.result == result)?.digits;
        Some(with_check_digit(&format!("{prefix}{serial:010}{digits}")))
    }
}

fn chooses(row: &OutcomeRow, card_no: &str) -> bool {
    card_no
        .len()
        .checked_sub(1)
        .and_then(|end| card_no.get(..end))
        .is_some_and(|body| body.ends_with(&row.digits))
}

fn is_card_number(text: &str) -> bool {
    (16..=19).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && luhn_sum(text).is_multiple_of(10)
}

fn with_check_digit(body: &str) -> String {
    let missing = (10 - luhn_sum(&format!("{body}0")) % 10) % 10;
    format!("{body}{missing}")
}

/// ISO/IEC 7812-1 annex B: every second digit from the right counts double, its digits summed.
fn luhn_sum(digits: &str) -> u32 {
    let weigh = |(place, digit): (usize, u32)| match (place % 2, digit * 2) {
        (0, _) => digit,
        (_, double) if double > 9 => double - 9,
        (_, double) => double,
    };
    digits.chars().rev().filter_map(|c| c.to_digit(10)).enumerate().map(weigh).sum()
}

/// A phone without its country code, as banks keep it.
pub(super) fn national(phone: &str) -> &str {
    phone.strip_prefix("+86").unwrap_or(phone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table::embedded().unwrap()
    }

    fn stranger(bank: &str, card_no: &str) -> VerifyRequest {
        VerifyRequest {
            request_id: "r-1".into(),
            bank: bank.into(),
            card_no: card_no.into(),
            name: "某人".into(),
            id_type: "CN_RID".into(),
            id_number: "440301199003070019".into(),
            phone: "+8613800138000".into(),
        }
    }

    fn holder(account: &Account) -> VerifyRequest {
        VerifyRequest {
            request_id: "r-2".into(),
            bank: account.bank.clone(),
            card_no: account.card_no.clone(),
            name: account.name.clone(),
            id_type: account.id_type.clone(),
            id_number: account.id_number.clone(),
            phone: format!("+86{}", account.phone),
        }
    }

    #[test]
    fn the_twelve_banks_and_the_social_security_card_are_there() {
        let names: Vec<_> = table().banks.into_iter().map(|bank| bank.name).collect();
        let expected = "建设银行 工商银行 中国银行 农业银行 招商银行 平安银行 深圳农村商业银行 邮储银行 交通银行 中信银行 光大银行 民生银行 深圳金融社保卡";
        assert_eq!(names.join(" "), expected);
    }

    #[test]
    fn every_bank_gives_every_answer_to_the_card_made_for_it() {
        let table = table();
        for bank in &table.banks {
            for row in &table.outcomes {
                let card = table.card_for(&bank.code, row.result, 7).unwrap();
                assert!(is_card_number(&card), "{card}");
                assert_eq!(table.decide(&stranger(&bank.code, &card)), row.result, "{} {card}", bank.code);
            }
        }
        assert_eq!(table.outcomes.len(), 13);
    }

    #[test]
    fn the_word_on_the_wire_is_the_word_in_the_table() {
        for row in table().outcomes {
            assert_eq!(serde_json::to_value(row.result).unwrap(), row.result.as_str());
        }
    }

    #[test]
    fn a_holder_with_all_four_elements_right_is_confirmed() {
        let table = table();
        for account in &table.accounts {
            assert_eq!(table.decide(&holder(account)), Verdict::Ok, "{}", account.card_no);
        }
    }

    #[test]
    fn another_name_type_or_number_than_the_holders_is_an_id_mismatch() {
        let table = table();
        let right = holder(&table.accounts[0]);
        let wrong = [
            VerifyRequest { name: "别人".into(), ..right.clone() },
            VerifyRequest { id_type: "PASSPORT".into(), ..right.clone() },
            VerifyRequest { id_number: "440301199003070019".into(), ..right.clone() },
            VerifyRequest { name: "别人".into(), phone: "13800138000".into(), ..right },
        ];
        for request in wrong {
            assert_eq!(table.decide(&request), Verdict::IdMismatch);
        }
    }

    #[test]
    fn another_phone_than_the_reserved_one_is_a_phone_mismatch() {
        let table = table();
        let request = VerifyRequest { phone: "+8613800138000".into(), ..holder(&table.accounts[0]) };
        assert_eq!(table.decide(&request), Verdict::PhoneMismatch);
    }

    #[test]
    fn a_holders_card_asked_at_another_bank_is_no_account_there() {
        let table = table();
        let request = VerifyRequest { bank: "ABC".into(), ..holder(&table.accounts[0]) };
        assert_eq!(table.decide(&request), Verdict::CardInvalid);
    }

    #[test]
    fn malformed_cards_unknown_banks_and_foreign_prefixes_are_told_apart() {
        let table = table();
        for (bank, card, expected) in [
            ("ABC", "6228480123456789011", Verdict::CardInvalid),
            ("ABC", "62148301234567", Verdict::CardInvalid),
            ("ABC", "622848012345678901５", Verdict::CardInvalid),
            ("ABC", "", Verdict::CardInvalid),
            ("HSBC", "6228480123456789015", Verdict::Unsupported),
            ("CMB", "6228480123456789015", Verdict::CardInvalid),
            ("ABC", "6228480123456789015", Verdict::Ok),
            ("CMB", "6214830123456781", Verdict::Ok),
        ] {
            assert_eq!(table.decide(&stranger(bank, card)), expected, "{bank} {card}");
        }
    }

    #[test]
    fn the_holders_cards_are_cards_of_their_banks_and_belong_to_one_person_each() {
        let table = table();
        let mut seen = std::collections::BTreeSet::new();
        for account in &table.accounts {
            let bank = table.find_bank(&account.bank).unwrap();
            assert!(account.card_no.starts_with(&bank.prefix) && is_card_number(&account.card_no));
            assert!(
                seen.insert(&account.card_no)
                    && seen.insert(&account.id_number)
                    && seen.insert(&account.phone)
            );
        }
    }
}
