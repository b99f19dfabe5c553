//! Tables of what people type.

use super::*;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()
}

fn lin() -> IdentityInput {
    IdentityInput {
        name: "林晓雨".to_owned(),
        id_type: "CN_RID".to_owned(),
        id_number: "440399199205180246".to_owned(),
        ..IdentityInput::default()
    }
}

fn passport() -> IdentityInput {
    IdentityInput {
        name: "Anna Lind".to_owned(),
        id_type: "PASSPORT".to_owned(),
        id_number: "X1234567".to_owned(),
        nationality: "swe".to_owned(),
        valid_until: "2030-12-31".to_owned(),
        sex: "F".to_owned(),
        birthdate: "1990-03-07".to_owned(),
    }
}

fn parse(input: &IdentityInput) -> Result<Identity, Faults> {
    identity(input, today(), 14)
}

/// The faults as `field: key`.
fn faults<T: std::fmt::Debug>(result: Result<T, Faults>) -> Vec<String> {
    let faults = result.unwrap_err();
    faults.iter().map(|fault| format!("{}: {}", fault.field.unwrap_or("-"), fault.message.key)).collect()
}

#[test]
fn s1_07_sex_and_birth_date_follow_from_a_resident_id() {
    let identity = parse(&lin()).unwrap();
    assert_eq!((identity.sex, identity.birthdate.to_string().as_str()), (Sex::Female, "1992-05-18"));
    assert_eq!((identity.nationality, identity.valid_until), (None, None));
}

#[test]
fn s1_07_a_passport_needs_everything_typed() {
    let identity = parse(&passport()).unwrap();
    assert_eq!(identity.nationality.unwrap().as_str(), "SWE");
    assert_eq!(identity.document.country().unwrap().as_str(), "SWE");
    assert_eq!(identity.valid_until.unwrap().to_string(), "2030-12-31");
    let bare = IdentityInput { sex: String::new(), birthdate: String::new(), ..passport() };
    assert_eq!(faults(parse(&bare)), ["sex: E_REQUIRED", "birthdate: E_REQUIRED"]);
}

#[test]
fn nothing_typed_is_told_at_once() {
    assert_eq!(faults(parse(&IdentityInput::default())), ["id_type: E_REQUIRED", "name: E_REQUIRED"]);
    let no_number = IdentityInput { id_number: " ".to_owned(), name: String::new(), ..lin() };
    assert_eq!(faults(parse(&no_number)), ["name: E_REQUIRED", "id_number: E_REQUIRED"]);
}

#[test]
fn every_fault_of_p2_has_its_text() {
    let cases: [(&str, IdentityInput); 11] = [
        ("id_type: E_ID_TYPE", IdentityInput { id_type: "CN_USCC".into(), ..lin() }),
        ("name: E_NAME_FORMAT", IdentityInput { name: "林1".into(), ..lin() }),
        ("name: E_NAME_PUA", IdentityInput { name: "林\u{E000}".into(), ..lin() }),
        ("id_number: E_ID_FORMAT", IdentityInput { id_number: "4403".into(), ..lin() }),
        ("id_number: E_ID_CHECK", IdentityInput { id_number: "440399199205180247".into(), ..lin() }),
        ("birthdate: E_ID_BIRTH_MISMATCH", IdentityInput { birthdate: "1992-05-19".into(), ..lin() }),
        ("sex: E_ID_SEX_MISMATCH", IdentityInput { sex: "M".into(), ..lin() }),
        ("nationality: E_NATIONALITY", IdentityInput { nationality: "XXY".into(), ..passport() }),
        ("valid_until: E_DATE_FORMAT", IdentityInput { valid_until: "31.12.2030".into(), ..passport() }),
        ("valid_until: E_ID_EXPIRED", IdentityInput { valid_until: "2026-11-20".into(), ..passport() }),
        ("birthdate: E_DATE_FORMAT", IdentityInput { birthdate: "2027-01-01".into(), ..passport() }),
    ];
    for (fault, input) in cases {
        assert_eq!(faults(parse(&input)), [fault], "{input:?}");
    }
}

#[test]
fn a_document_is_good_until_the_end_of_its_last_day_or_without_end() {
    for until in ["2026-11-21", "长期", "長期"] {
        assert!(parse(&IdentityInput { valid_until: until.into(), ..passport() }).is_ok(), "{until}");
    }
}

#[test]
fn under_fourteen_is_for_the_counter() {
    let born = |birthdate: &str| IdentityInput { birthdate: birthdate.into(), ..passport() };
    assert_eq!(faults(parse(&born("2012-11-22"))), ["birthdate: E_UNDER_AGE"]);
    assert!(parse(&born("2012-11-21")).is_ok());
}

#[test]
fn a_residence_permit_typed_as_resident_id_becomes_one() {
    let permit = IdentityInput { id_number: "810000199909120357".into(), ..lin() };
    assert_eq!(parse(&permit).unwrap().document.id_type(), IdType::CnHmtRp);
}

fn proof() -> ProofInput {
    ProofInput {
        bank: "CCB".to_owned(),
        account: "6217 0001 2345 6789 019".into(),
        phone: "199 0000 0101".to_owned(),
        bankok: "on".to_owned(),
        ..ProofInput::default()
    }
}

fn lin_name() -> PersonName {
    "林晓雨".parse().unwrap()
}

#[test]
fn s1_09_the_bank_form_is_read() {
    let form = bank(&proof(), &lin_name()).unwrap();
    assert_eq!((form.channel.bank(), form.card.last_four()), (Some("CCB"), "9019"));
    assert_eq!((form.phone.as_str(), form.registered_name), ("+8619900000101", None));
}

#[test]
fn every_fault_of_p3_has_its_text() {
    assert_eq!(
        faults(bank(&ProofInput::default(), &lin_name())),
        ["bank: E_REQUIRED", "account: E_REQUIRED", "phone: E_REQUIRED", "bankok: E_BANK_CONSENT"]
    );
    let wrong = ProofInput { account: "6217000123456789018".into(), phone: "12800138000".into(), ..proof() };
    assert_eq!(faults(bank(&wrong, &lin_name())), ["account: E_CARD_NO", "phone: E_PHONE_FORMAT"]);
    let other_name = ProofInput { bankname: "周婉清".into(), ..proof() };
    assert_eq!(faults(bank(&other_name, &lin_name())), ["bankname: E_NAME_FORMAT"]);
    let mail = ProofInput { email: "nobody".into(), ..proof() };
    assert_eq!(faults(later(&mail)), ["email: E_EMAIL_FORMAT"]);
}

#[test]
fn s1_44_a_rare_character_may_be_spelled_as_the_bank_has_it() {
    let rare: PersonName = "王𬱖".parse().unwrap();
    let form = bank(&ProofInput { bankname: "王WEI".into(), ..proof() }, &rare).unwrap();
    assert_eq!(form.registered_name.as_deref(), Some("王WEI"));
}

#[test]
fn s3_01_later_needs_a_phone_and_may_have_a_mail_address() {
    let form = later(&ProofInput { email: "lin@mail.example".into(), ..proof() }).unwrap();
    assert_eq!(form.email.unwrap().as_str(), "lin@mail.example");
    assert_eq!(later(&proof()).unwrap().email, None);
    assert_eq!(faults(later(&ProofInput::default())), ["phone: E_REQUIRED"]);
}
