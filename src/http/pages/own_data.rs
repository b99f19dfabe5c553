//! What the owner sees or takes along after giving the password once more: A2 in full `/account/profile/full`, and the
//! export of A16 `/account/privacy/export`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::{Value, json};

use super::account::{full_profile, owner};
use super::faults;
use crate::audit::Recorded;
use crate::consents::{Agreement, Granted, Holder};
use crate::http::page::{go, show};
use crate::http::url::Link;
use crate::http::view::{OwnData, OwnDataKind};
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::{RealNameLevel, Timestamp};
use crate::ledger::Entry;
use crate::people::Person;
use crate::proofing::{Detail, Evidence, level};
use crate::render::Form;
use crate::sessions::Session;
use crate::signin::ConfirmError;

/// Sign-ins of a year fit.
const SIGN_INS: u64 = 5_000;

/// Asks for the password.
pub async fn full(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    ask(&app, &visit, OwnDataKind::Profile)
}

/// The profile, unmasked, in this answer and nowhere else.
pub async fn post_full(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    match opened(&app, &visit, &posted, OwnDataKind::Profile).await? {
        Ok(person) => full_profile(&app, &visit, &person).await,
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// Asks for the password.
pub async fn export(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    ask(&app, &visit, OwnDataKind::Export)
}

/// A file with everything that is kept of the person (Personal Information Protection Law, article 45).
pub async fn post_export(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    match opened(&app, &visit, &posted, OwnDataKind::Export).await? {
        Ok(person) => {
            let told = everything(&app, &visit, &person).await?;
            let name = format!("{}-{}.json", person.username.as_str(), visit.ctx.now.china_date());
            Ok(file(&name, &told))
        }
        Err(elsewhere) => Ok(elsewhere),
    }
}

fn ask(app: &App, visit: &Visit, kind: OwnDataKind) -> Result<Response, Failure> {
    match owner(visit) {
        Ok(_) => Ok(page(app, visit, kind, Form::new())),
        Err(elsewhere) => Ok(elsewhere),
    }
}

fn page(app: &App, visit: &Visit, kind: OwnDataKind, form: Form) -> Response {
    show(app, visit, &OwnData { form, kind, capped: visit.is_capped() })
}

/// The person whose password it was; else what to answer. Whoever came by a recovery proves themselves first.
async fn opened(
    app: &App,
    visit: &Visit,
    posted: &Posted,
    kind: OwnDataKind,
) -> Result<Result<Person, Response>, Failure> {
    let person = match owner(visit) {
        Ok(person) if !visit.is_capped() => person,
        Ok(_) => return Ok(Err(go(Link::to(kind.path())))),
        Err(elsewhere) => return Ok(Err(elsewhere)),
    };
    let password = (&posted.secret("password"), visit.device.as_deref());
    match app.signin.open_own_data(&visit.ctx, person, password, kind.as_str()).await {
        Ok(()) => Ok(Ok(person.clone())),
        Err(ConfirmError::Invalid(found)) => {
            Ok(Err(page(app, visit, kind, faults::mark(app, visit, Form::new(), &found))))
        }
        Err(ConfirmError::Signin(error)) => {
            let message = error.message().ok_or(error)?;
            Ok(Err(page(app, visit, kind, Form::new().refused(message))))
        }
    }
}

async fn everything(app: &App, visit: &Visit, person: &Person) -> Result<Value, Failure> {
    let evidence = app.proofing.evidence(person.id).await?;
    let granted = app.consents.all_of(person.id).await?;
    let agreements = app.consents.agreements(Holder::Person(person.id)).await?;
    let sign_ins = app.audit.sign_ins(person.id, None, SIGN_INS).await?;
    let book = app.ledger.book(person.id, None, usize::MAX).await?;
    let questions = app.people.questions(person.id).await?.map(|set| rfc3339(set.set_at));
    let sessions = app.sessions.live_of(person.id, visit.ctx.now).await?;
    let level = level(&evidence, visit.ctx.now).map(RealNameLevel::as_str);
    Ok(json!({
        "exported_at": rfc3339(visit.ctx.now),
        "issuer": app.issuer.as_str().trim_end_matches('/'),
        "account": account(person, level, questions.as_deref()),
        "person": of_person(person),
        "verifications": list(evidence.iter(), |row| verification(row, visit.ctx.now)),
        "consents": list(granted.iter(), consent),
        "agreements": list(agreements.iter(), agreement),
        "sessions": list(sessions.iter(), session),
        "sign_ins": list(sign_ins.iter(), sign_in),
        "disclosures": list(book.entries.iter(), disclosure),
    }))
}

fn list<T>(rows: impl Iterator<Item = T>, told: impl Fn(T) -> Value) -> Value {
    rows.map(told).collect()
}

fn account(person: &Person, level: Option<&str>, questions_set_at: Option<&str>) -> Value {
    json!({
        "username": person.username.as_str(),
        "created_at": rfc3339(person.created_at),
        "real_name_level": level,
        "security_questions_set_at": questions_set_at,
    })
}

fn consent(granted: &Granted) -> Value {
    json!({ "client_id": granted.client, "scope": granted.scope, "given_at": rfc3339(granted.at) })
}

fn agreement((agreement, at): &(Agreement, Timestamp)) -> Value {
    json!({
        "document": agreement.document,
        "version": agreement.version,
        "purpose": agreement.purpose,
        "given_at": rfc3339(*at),
    })
}

fn session(session: &Session) -> Value {
    json!({
        "started_at": rfc3339(session.started_at),
        "last_seen_at": rfc3339(session.last_seen_at),
        "amr": session.amr,
    })
}

fn of_person(person: &Person) -> Value {
    let profile = &person.profile;
    let about = &profile.about;
    json!({
        "name": profile.name.display(),
        "id_type": profile.document.as_ref().map(|document| document.id_type().as_str()),
        "id_number": profile.document.as_ref().map(|document| document.number().to_owned()),
        "valid_until": profile.valid_until.map(|date| date.to_string()),
        "nationality": profile.nationality.map(|country| country.as_str()),
        "sex": profile.sex,
        "birthdate": profile.birthdate.to_string(),
        "phone_number": profile.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        "email": profile.email.as_ref().map(|email| email.as_str().to_owned()),
        "about": about,
    })
}

fn verification(row: &Evidence, now: Timestamp) -> Value {
    let (bank, last_four, reference) = match &row.detail {
        Detail::Phone { .. } => (None, None, None),
        Detail::Bank { bank_name, last_four, reference, .. }
        | Detail::UnionPay { bank_name, last_four, reference, .. } => {
            (Some(bank_name), Some(last_four), Some(reference))
        }
    };
    json!({
        "method": row.detail.method().as_str(),
        "bank": bank,
        "card_last_four": last_four,
        "reference": reference,
        "obtained_at": rfc3339(row.obtained_at),
        "expires_at": row.expires_at.map(rfc3339),
        "counts": row.counts(now),
    })
}

fn sign_in(event: &Recorded) -> Value {
    json!({ "at": rfc3339(event.at), "outcome": event.kind, "source": event.source, "client_id": event.client })
}

fn disclosure(entry: &Entry) -> Value {
    json!({
        "number": entry.number,
        "at": rfc3339(entry.at),
        "recipient": entry.recipient.to_text(),
        "occasion": entry.occasion.as_str(),
        "basis": entry.basis.as_str(),
        "claims": entry.claims,
        "acr": entry.acr,
        "reason": entry.reason,
    })
}

fn rfc3339(at: Timestamp) -> String {
    at.utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// A username has only letters, digits and underscores.
fn file(name: &str, told: &Value) -> Response {
    let text = serde_json::to_string_pretty(told).unwrap_or_default();
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}
