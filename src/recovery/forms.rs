//! What the pages send, and what it becomes. Pure.

use chrono::NaiveDate;

use crate::{
    kernel::{
        Country, Faults, IdDocument, IdType, Message, NameRules, PersonName, Phone, Secret, TypedName,
        canonical_password, given, required,
    },
    people::Answers,
    proofing::typed_phone,
};

/// R1 ①, step 1 (S1-17).
#[derive(Clone, Debug, Default)]
pub struct AccountInput {
    pub name: String,
    pub document: DocumentInput,
    pub captcha: CaptchaInput,
}

/// A document as typed.
#[derive(Clone, Debug, Default)]
pub struct DocumentInput {
    pub id_type: String,
    pub id_number: String,
    /// Of a passport and a permanent resident card.
    pub nationality: String,
}

/// A captcha as read.
#[derive(Clone, Debug, Default)]
pub struct CaptchaInput {
    pub id: String,
    pub answer: String,
}

/// R2, way 1 (S1-24).
#[derive(Clone, Debug, Default)]
pub struct ProofInput {
    pub document: DocumentInput,
    pub phone: String,
    pub sms: Secret,
}

/// R2, way 2 (S1-26).
#[derive(Debug)]
pub struct AnswersInput {
    pub document: DocumentInput,
    pub answers: Answers,
}

/// R2, step 4 (S1-29).
#[derive(Clone, Debug, Default)]
pub struct NewPasswordInput {
    pub password: Secret,
    pub confirm: Secret,
}

/// Who the person says to be; the captcha is checked by whoever has it.
pub(super) fn identity(
    faults: &mut Faults,
    input: &AccountInput,
    today: NaiveDate,
) -> Option<(PersonName, IdDocument)> {
    let rules = NameRules::for_document(input.document.id_type.parse().unwrap_or(IdType::CnRid));
    let parse = |text| PersonName::parse(text, &rules).map_err(|error| Message::new(error.message_key()));
    let name = faults.keep("name", given(&input.name, "name").and_then(parse));
    let document = document(faults, &input.document, today);
    name.zip(document)
}

/// A document, in the forms that only recovery takes too: 15 digits, the old Taiwan booklet (`domain.md` §1.2, §1.4).
pub(super) fn document(faults: &mut Faults, input: &DocumentInput, today: NaiveDate) -> Option<IdDocument> {
    let id_type = faults.keep("id_type", id_type(&input.id_type))?;
    let country = faults.keep("nationality", nationality(&input.nationality, id_type))?;
    let number = faults.keep("id_number", given(&input.id_number, "id-number"))?;
    let parsed = match (id_type, country) {
        (IdType::Passport, Some(country)) => IdDocument::passport(country, number),
        _ => IdDocument::parse_legacy(id_type, number, today),
    };
    faults.keep("id_number", parsed.map_err(|error| Message::new(error.message_key())))
}

fn id_type(text: &str) -> Result<IdType, Message> {
    given(text, "id-type")?.parse().map_err(|_| Message::new("E_ID_TYPE"))
}

fn nationality(text: &str, id_type: IdType) -> Result<Option<Country>, Message> {
    if id_type != IdType::Passport {
        return Ok(None);
    }
    let text = given(text, "nationality")?.to_ascii_uppercase();
    text.parse().map(Some).map_err(|_| Message::new("E_NATIONALITY"))
}

/// R2's proof, without its code.
pub(super) fn proof(input: &ProofInput, today: NaiveDate) -> Result<(IdDocument, Phone), Faults> {
    let mut faults = Faults::default();
    let document = document(&mut faults, &input.document, today);
    let phone = faults.keep("phone", typed_phone(&input.phone));
    faults.complete(document.zip(phone))
}

/// A name as typed; a text that nobody can have for a name is one that nobody has.
pub(super) fn username(typed: &str) -> Result<TypedName, Faults> {
    let name = TypedName::new(typed);
    if name.is_empty() { Err(Faults::at("username", required("username-login"))) } else { Ok(name) }
}

/// The code as typed.
pub(super) fn code(typed: &Secret) -> Result<(), Faults> {
    if typed.expose().trim().is_empty() { Err(Faults::at("sms", required("sms-code"))) } else { Ok(()) }
}

/// Whether both inputs have the same password.
pub(super) fn is_confirmed(input: &NewPasswordInput) -> bool {
    canonical_password(&input.password).matches(&canonical_password(&input.confirm))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 25).unwrap()
    }

    fn read(id_type: &str, number: &str) -> Result<IdDocument, Faults> {
        let mut faults = Faults::default();
        let input = DocumentInput {
            id_type: id_type.to_owned(),
            id_number: number.to_owned(),
            nationality: String::new(),
        };
        let read = document(&mut faults, &input, today());
        faults.complete(read)
    }

    #[test]
    fn a_number_of_fifteen_digits_is_that_of_eighteen() {
        let long = read("CN_RID", "440399199205180246").unwrap();
        let short = read("CN_RID", "440399920518024").unwrap();
        assert_eq!(short.unique_key(), long.unique_key());
    }

    #[test]
    fn s1_17_every_empty_input_is_named() {
        let mut faults = Faults::default();
        assert!(identity(&mut faults, &AccountInput::default(), today()).is_none());
        let fields: Vec<_> = faults.iter().filter_map(|fault| fault.field).collect();
        assert_eq!(fields, ["name", "id_type"]);
        assert!(read("CN_RID", "").is_err());
    }

    #[test]
    fn s1_24_document_and_phone_are_asked_for() {
        let faults = proof(&ProofInput::default(), today()).unwrap_err();
        let fields: Vec<_> = faults.iter().filter_map(|fault| fault.field).collect();
        assert_eq!(fields, ["id_type", "phone"]);
    }
}
