//! The published vectors of `tests/vectors/identifiers.json`, every one of them.

use chrono::NaiveDate;
use serde_json::Value;

use super::*;

/// A vector's view of a value: what it says when valid, why it is refused when not.
type Judged = Result<Vec<(&'static str, String)>, String>;

fn judge(kind: &str, input: &str, today: NaiveDate) -> Judged {
    match kind {
        "CN_RID_15" => id_facts(IdDocument::parse_legacy(IdType::CnRid, input, today)),
        "CN_USCC" => input.parse::<Uscc>().map(|code| uscc_facts(&code)).map_err(|fault| debug_word(&fault)),
        "CN_ORG" => input
            .parse::<OrgCode>()
            .map(|code| vec![("canonical", code.as_str().to_owned())])
            .map_err(|fault| debug_word(&fault)),
        "MOBILE" => input.parse::<Phone>().map(|_| vec![]).map_err(|_| "format".to_owned()),
        "BANK_CARD" => input.parse::<BankCard>().map(|_| vec![]).map_err(|fault| debug_word(&fault)),
        "USERNAME" => Username::choose(input, &UsernameRules::default())
            .map(|_| vec![])
            .map_err(|fault| debug_word(&fault)),
        "PASSWORD" => PasswordRules::default()
            .check(&Secret::from(input), &Known::default())
            .map(|()| vec![])
            .map_err(|fault| debug_word(&fault)),
        "NAME" => PersonName::parse(input, &NameRules::default())
            .map(|name| vec![("normalized", name.display().to_owned())])
            .map_err(|fault| debug_word(&fault)),
        document => id_facts(IdDocument::parse(document.parse().unwrap(), input, today)),
    }
}

fn id_facts(parsed: Result<IdDocument, IdError>) -> Judged {
    let id = parsed.map_err(|fault| debug_word(&fault))?;
    let key = id.unique_key();
    let number = id.number().to_owned();
    let mut facts = vec![
        ("normalized", number.clone()),
        ("converted", number.clone()),
        ("unique_key", key.rsplit(':').next().unwrap().to_owned()),
        ("form", if number.len() == 15 { "old15" } else { "new18" }.to_owned()),
    ];
    facts.extend(id.birthdate().map(|date| ("birthdate", date.to_string())));
    facts.extend(id.sex().map(|sex| ("sex", sex.as_str().to_owned())));
    Ok(facts)
}

fn uscc_facts(code: &Uscc) -> Vec<(&'static str, String)> {
    let org_code = code.org_code().unwrap();
    vec![("normalized", code.as_str().to_owned()), ("org_code", org_code.as_str().to_owned())]
}

/// `DateRange` as the vectors write it: `date-range`; the words they use otherwise.
fn debug_word(fault: &impl std::fmt::Debug) -> String {
    let mut word = String::new();
    for c in format!("{fault:?}").chars() {
        if c.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(c.to_ascii_lowercase());
    }
    if word == "private-use" { "pua".to_owned() } else { word }
}

fn complaint(vector: &Value, today: NaiveDate) -> Option<String> {
    let text = |member: &str| vector.get(member).and_then(Value::as_str);
    let judged = judge(text("type").unwrap(), text("input").unwrap(), today);
    let expected_valid = vector["valid"].as_bool().unwrap();
    match &judged {
        Ok(_) if !expected_valid => Some(format!("{vector} was accepted")),
        Err(why) if expected_valid => Some(format!("{vector} was refused: {why}")),
        Err(why) => {
            let reason = text("reason").map(|reason| reason.split('(').next().unwrap());
            (reason.is_some_and(|reason| reason != why)).then(|| format!("{vector} was refused for {why}"))
        }
        Ok(facts) => {
            let stated = vector
                .as_object()
                .unwrap()
                .keys()
                .filter(|key| !["type", "input", "valid"].contains(&key.as_str()));
            let missing: Vec<_> = stated
                .filter(|key| {
                    !facts.iter().any(|(name, fact)| name == key && Some(fact.as_str()) == text(key))
                })
                .collect();
            (!missing.is_empty()).then(|| format!("{vector}: {missing:?} differ, we have {facts:?}"))
        }
    }
}

#[test]
fn all_108_published_vectors_hold() {
    let file: Value = serde_json::from_str(include_str!("../../tests/vectors/identifiers.json")).unwrap();
    let today: NaiveDate = file["today"].as_str().unwrap().parse().unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    let complaints: Vec<String> = vectors.iter().filter_map(|vector| complaint(vector, today)).collect();
    assert_eq!(vectors.len(), 108);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
