//! What the pages send, and what it becomes: each input parsed once, every fault found at once. Pure.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::{
        BankCard, Country, Email, IdDocument, IdType, Message, NameRules, PersonName, Phone, Secret, Sex,
    },
    proofing::{Channel, may_be_registered_as},
};

use super::Identity;

/// Something to correct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The input it belongs to; `None`: the form as a whole.
    pub field: Option<&'static str>,
    pub message: Message,
}

/// All there is to correct in a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// The form as a whole is refused.
    pub fn whole(message: Message) -> Self {
        Self(vec![Fault { field: None, message }])
    }

    /// One input is wrong.
    pub fn of(field: &'static str, key: &'static str) -> Self {
        Self::at(field, Message::new(key))
    }

    /// One input is wrong, said with arguments.
    pub fn at(field: &'static str, message: Message) -> Self {
        Self(vec![Fault { field: Some(field), message }])
    }

    /// In the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    pub(super) fn add(&mut self, field: &'static str, message: Message) {
        self.0.push(Fault { field: Some(field), message });
    }

    /// The value, or its fault noted down.
    pub(super) fn keep<T>(&mut self, field: &'static str, parsed: Result<T, Message>) -> Option<T> {
        parsed.map_err(|message| self.add(field, message)).ok()
    }

    pub(super) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

/// P1 as sent.
#[derive(Clone, Debug, Default)]
pub struct LoginInput {
    pub username: String,
    pub password: Secret,
    pub confirm: Secret,
    pub captcha: String,
    pub captcha_id: String,
    pub agree: String,
}

/// P2 as sent; an unfinished one is kept when the person goes back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IdentityInput {
    pub name: String,
    pub id_type: String,
    pub id_number: String,
    pub nationality: String,
    pub valid_until: String,
    pub sex: String,
    pub birthdate: String,
}

/// P3 as sent, and the form of the bank check for a signed-in person.
#[derive(Clone, Debug, Default)]
pub struct ProofInput {
    pub choice: String,
    pub bank: String,
    pub account: Secret,
    pub bankname: String,
    pub phone: String,
    pub sms: Secret,
    pub bankok: String,
    pub email: String,
}

/// The check of a card, parsed. The code is compared later, and only when the phone was not proved already.
#[derive(Clone, Debug)]
pub struct CardForm {
    pub channel: Channel,
    pub card: BankCard,
    pub registered_name: Option<String>,
    pub phone: Phone,
}

/// 稍后认证, parsed.
#[derive(Clone, Debug)]
pub struct LaterForm {
    pub phone: Phone,
    pub email: Option<Email>,
}

/// E_REQUIRED with the key of the input's label.
pub(super) fn required(label: &'static str) -> Message {
    Message::new("E_REQUIRED").with("field", label)
}

/// A text that must be there.
pub(super) fn given<'a>(text: &'a str, label: &'static str) -> Result<&'a str, Message> {
    let text = text.trim();
    if text.is_empty() { Err(required(label)) } else { Ok(text) }
}

/// 长期: the document does not end.
const WITHOUT_END: [&str; 2] = ["长期", "長期"];

/// P2 on a day, for people of a least age.
pub fn identity(input: &IdentityInput, today: NaiveDate, least_age: u8) -> Result<Identity, Faults> {
    let mut faults = Faults::default();
    let id_type = faults.keep("id_type", id_type(&input.id_type));
    let rules = NameRules::for_document(id_type.unwrap_or(IdType::CnRid));
    let name = faults.keep("name", name(&input.name, &rules));
    let Some(id_type) = id_type else { return Err(faults) };
    let nationality = faults.keep("nationality", nationality(&input.nationality, id_type));
    let valid_until = faults.keep("valid_until", valid_until(&input.valid_until, id_type, today));
    // the form of a passport's number depends on its country
    let Some(nationality) = nationality else { return Err(faults) };
    let document = faults.keep("id_number", document(input, id_type, nationality, today));
    let Some(document) = document else { return Err(faults) };
    let sex = faults.keep("sex", sex(&input.sex, &document));
    let birthdate = faults.keep("birthdate", birthdate(&input.birthdate, &document, today));
    if let Err(error) = document.agrees_with(birthdate, sex) {
        let field = if error.message_key() == "E_ID_SEX_MISMATCH" { "sex" } else { "birthdate" };
        faults.add(field, Message::new(error.message_key()));
    }
    let (Some(name), Some(sex), Some(birthdate)) = (name, sex, birthdate) else { return Err(faults) };
    let valid_until = valid_until.flatten();
    let identity = Identity { name, document, sex, birthdate, nationality, valid_until };
    if identity.age(today) < u32::from(least_age) {
        let field = if identity.document.birthdate().is_some() { "id_number" } else { "birthdate" };
        faults.add(field, Message::new("E_UNDER_AGE").with("age", least_age));
    }
    faults.or(identity)
}

fn id_type(text: &str) -> Result<IdType, Message> {
    given(text, "id-type")?.parse().map_err(|_| Message::new("E_ID_TYPE"))
}

fn name(text: &str, rules: &NameRules) -> Result<PersonName, Message> {
    PersonName::parse(given(text, "name")?, rules).map_err(|error| Message::new(error.message_key()))
}

/// Asked with a passport and the permanent resident card only.
fn nationality(text: &str, id_type: IdType) -> Result<Option<Country>, Message> {
    if !id_type.asks_country() {
        return Ok(None);
    }
    let text = given(text, "nationality")?.to_ascii_uppercase();
    text.parse().map(Some).map_err(|_| Message::new("E_NATIONALITY"))
}

/// Asked with permits, passport and the permanent resident card; a document is good until the end of its last day.
fn valid_until(text: &str, id_type: IdType, today: NaiveDate) -> Result<Option<NaiveDate>, Message> {
    if !id_type.expires() {
        return Ok(None);
    }
    let text = given(text, "valid-until")?;
    if WITHOUT_END.contains(&text) {
        return Ok(None);
    }
    let until = date(text)?;
    if until < today { Err(Message::new("E_ID_EXPIRED")) } else { Ok(Some(until)) }
}

fn date(text: &str) -> Result<NaiveDate, Message> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| Message::new("E_DATE_FORMAT"))
}

fn document(
    input: &IdentityInput,
    id_type: IdType,
    country: Option<Country>,
    today: NaiveDate,
) -> Result<IdDocument, Message> {
    let number = given(&input.id_number, "id-number")?;
    let parsed = match (id_type, country) {
        (IdType::Passport, Some(country)) => IdDocument::passport(country, number),
        _ => IdDocument::parse(id_type, number, today),
    };
    parsed.map_err(|error| Message::new(error.message_key()))
}

/// Typed only where the number does not tell it; told and typed must agree.
fn sex(text: &str, document: &IdDocument) -> Result<Sex, Message> {
    match (text.trim(), document.sex()) {
        ("", Some(told)) => Ok(told),
        ("", None) => Err(required("sex")),
        (stated, _) => stated.parse().map_err(|_| required("sex")),
    }
}

fn birthdate(text: &str, document: &IdDocument, today: NaiveDate) -> Result<NaiveDate, Message> {
    match (text.trim(), document.birthdate()) {
        ("", Some(told)) => Ok(told),
        ("", None) => Err(required("birthdate")),
        (typed, _) => date(typed)
            .and_then(|date| if date > today { Err(Message::new("E_DATE_FORMAT")) } else { Ok(date) }),
    }
}

/// A phone to send a code to.
pub(super) fn phone(input: &ProofInput) -> Result<Phone, Message> {
    given(&input.phone, "phone")?.parse().map_err(|_| Message::new("E_PHONE_FORMAT"))
}

/// P3 with the bank, for a name.
///
/// # Errors
/// [`Faults`], at least one.
pub fn bank(input: &ProofInput, name: &PersonName) -> Result<CardForm, Faults> {
    let mut faults = Faults::default();
    let bank = faults.keep("bank", given(&input.bank, "bank").map(ToOwned::to_owned));
    let card = faults.keep("account", card(&input.account, "bank-account"));
    let registered_name = faults.keep("bankname", registered_name(&input.bankname, name));
    let phone = faults.keep("phone", phone(input));
    if input.bankok.is_empty() {
        faults.add("bankok", Message::new("E_BANK_CONSENT"));
    }
    match (bank, card, registered_name, phone) {
        (Some(bank), Some(card), Some(registered_name), Some(phone)) => {
            faults.or(CardForm { channel: Channel::Bank(bank), card, registered_name, phone })
        }
        _ => Err(faults),
    }
}

/// A6: UnionPay knows the bank by the number, and asks for nothing but number and phone (S3-02).
///
/// # Errors
/// [`Faults`], at least one.
pub fn unionpay(input: &ProofInput) -> Result<CardForm, Faults> {
    let mut faults = Faults::default();
    let card = faults.keep("account", card(&input.account, "unionpay-card"));
    let phone = faults.keep("phone", phone(input));
    if input.bankok.is_empty() {
        faults.add("bankok", Message::new("E_UNIONPAY_CONSENT"));
    }
    match (card, phone) {
        (Some(card), Some(phone)) => {
            faults.or(CardForm { channel: Channel::UnionPay, card, registered_name: None, phone })
        }
        _ => Err(faults),
    }
}

fn card(text: &Secret, label: &'static str) -> Result<BankCard, Message> {
    let text = given(text.expose(), label)?;
    text.parse().map_err(|error: crate::kernel::BankCardError| Message::new(error.message_key()))
}

/// `domain.md` §1.13: it may differ in dots and in rare characters only.
fn registered_name(text: &str, name: &PersonName) -> Result<Option<String>, Message> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if may_be_registered_as(name, text) {
        Ok(Some(text.to_owned()))
    } else {
        Err(Message::new("E_NAME_FORMAT"))
    }
}

/// P3 without the bank.
///
/// # Errors
/// [`Faults`], at least one.
pub fn later(input: &ProofInput) -> Result<LaterForm, Faults> {
    let mut faults = Faults::default();
    let phone = faults.keep("phone", phone(input));
    let email = faults.keep("email", email(&input.email));
    match (phone, email) {
        (Some(phone), Some(email)) => faults.or(LaterForm { phone, email }),
        _ => Err(faults),
    }
}

fn email(text: &str) -> Result<Option<Email>, Message> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Message::new("E_EMAIL_FORMAT")),
    }
}

#[cfg(test)]
mod tests;
