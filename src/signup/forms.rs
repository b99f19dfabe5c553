//! What the pages send, and what it becomes: each input parsed once, every fault found at once. Pure.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::{
        Country, Email, Faults, IdDocument, IdType, Message, NameRules, PersonName, Phone, Secret, Sex,
        given, required,
    },
    people::Person,
    proofing::{CardForm, TypedCard, bank_form, typed_phone, unionpay_form},
};

use super::Identity;

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

impl ProofInput {
    fn card(&self) -> TypedCard<'_> {
        let Self { bank, account, bankname, phone, bankok, .. } = self;
        TypedCard { bank, account, bankname, phone, bankok }
    }
}

/// 稍后认证, parsed.
#[derive(Clone, Debug)]
pub struct LaterForm {
    pub phone: Phone,
    pub email: Option<Email>,
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

/// A3: the name as typed, or the account's own where none was.
///
/// # Errors
/// E_NAME_FORMAT and its kin.
pub fn new_name(typed: &str, person: &Person) -> Result<PersonName, Faults> {
    if typed.trim().is_empty() {
        return Ok(person.profile.name.clone());
    }
    let id_type = person.profile.document.as_ref().map_or(IdType::CnRid, IdDocument::id_type);
    name(typed, &NameRules::for_document(id_type)).map_err(|message| Faults::at("name", message))
}

/// P3 with the bank, for a name.
///
/// # Errors
/// [`Faults`], at least one.
pub fn bank(input: &ProofInput, name: &PersonName) -> Result<CardForm, Faults> {
    bank_form(input.card(), Some(name))
}

/// A6.
///
/// # Errors
/// [`Faults`], at least one.
pub fn unionpay(input: &ProofInput) -> Result<CardForm, Faults> {
    unionpay_form(input.card())
}

/// P3 without the bank.
///
/// # Errors
/// [`Faults`], at least one.
pub fn later(input: &ProofInput) -> Result<LaterForm, Faults> {
    let mut faults = Faults::default();
    let phone = faults.keep("phone", typed_phone(&input.phone));
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
