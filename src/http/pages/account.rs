//! A1 `/account` and A2 `/account/profile`: what the account is, masked.

use axum::extract::State;
use axum::response::Response;

use super::verification::last_moment;
use crate::http::page::{go, show};
use crate::http::site::localised;
use crate::http::url::{Link, Path};
use crate::http::view::{self, AccountHome, ReturnTo, Service, Todo, id_type_label};
use crate::http::{App, Failure, Visit};
use crate::kernel::{Message, PersonId, RealNameLevel, Sex, Timestamp};
use crate::people::Person;
use crate::proofing::{CardMethod, Detail, Evidence, ends_soon, level};
use crate::protocol::redirect::RegisteredUri;

/// The parameter of A1 by which a registration ends there (S2-22).
pub const REGISTERED: &str = "registered";

/// The signed-in person, or the page to visit first: sign-in, or the missing document (S1-30).
#[expect(clippy::result_large_err, reason = "the error is the response to send")]
pub fn owner(visit: &Visit) -> Result<&Person, Response> {
    let (_, person) = visit.require_account()?;
    if person.must_reenter_document {
        return Err(go(visit.link(Path::Document)));
    }
    Ok(person)
}

/// A1.
pub async fn home(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let evidence = app.proofing.evidence(person.id).await?;
    let reached = visit.reached(level(&evidence, visit.ctx.now));
    let page = AccountHome {
        name: person.profile.name.masked(),
        username: person.username.as_str().to_owned(),
        level: reached,
        last_login: last_sign_in(&app, &visit, person.id).await?,
        registered: visit.query(REGISTERED).is_some(),
        todos: todo(&app, &evidence, &visit)
            .into_iter()
            .chain(questions(&app, &visit, person).await?)
            .collect(),
        services: services(&app),
    };
    Ok(show(&app, &visit, &page))
}

/// The sign-in before this one: somebody who was not there that day notices.
async fn last_sign_in(app: &App, visit: &Visit, person: PersonId) -> Result<Option<Timestamp>, Failure> {
    let Some(session) = &visit.session else { return Ok(None) };
    Ok(app.audit.signed_in_before(person, session.started_at).await?)
}

/// A2: to look at only.
pub async fn profile(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let evidence = app.proofing.evidence(person.id).await?;
    let reached = visit.reached(level(&evidence, visit.ctx.now));
    Ok(show(&app, &visit, &profile_page(&app, &visit, person, (&evidence, reached))))
}

/// A2 unmasked, for whoever gave the password once more.
pub(super) async fn full_profile(app: &App, visit: &Visit, person: &Person) -> Result<Response, Failure> {
    let evidence = app.proofing.evidence(person.id).await?;
    let reached = visit.reached(level(&evidence, visit.ctx.now));
    let profile = &person.profile;
    let page = view::Profile {
        name: profile.name.display().to_owned(),
        id_number: profile.document.as_ref().map(|own| own.number().to_owned()).unwrap_or_default(),
        birthdate: Some(profile.birthdate.to_string()),
        phone: profile.phone.as_ref().map(|phone| phone.national().to_owned()),
        email: profile.email.as_ref().map(|email| email.as_str().to_owned()),
        address: profile.about.address.as_ref().map(|address| address.as_str().to_owned()),
        is_full: true,
        ..profile_page(app, visit, person, (&evidence, reached))
    };
    Ok(show(app, visit, &page))
}

fn profile_page(
    app: &App,
    visit: &Visit,
    person: &Person,
    (evidence, reached): (&[Evidence], RealNameLevel),
) -> view::Profile {
    let profile = &person.profile;
    let document = profile.document.as_ref();
    let (bank, account) = bank_of(app, visit, evidence).unzip();
    view::Profile {
        username: person.username.as_str().to_owned(),
        name: profile.name.masked(),
        id_type: document.map_or(Message::new("not-set"), |it| id_type_label(it.id_type())),
        id_number: document.map(crate::kernel::IdDocument::masked).unwrap_or_default(),
        valid_until: profile.valid_until.map(|date| date.to_string()),
        sex: Some(Message::new(match profile.sex {
            Sex::Male => "sex-male",
            Sex::Female => "sex-female",
        })),
        birthdate: Some(profile.birthdate.format("%Y-**-**").to_string()),
        phone: profile.phone.as_ref().map(crate::kernel::Phone::masked),
        email: profile.email.as_ref().map(crate::kernel::Email::masked),
        address: profile.about.address.as_ref().map(crate::kernel::Line::masked),
        bank,
        bank_account: account,
        edit: app.proofing.offer(CardMethod::Bank).is_some() && document.is_some(),
        changed: visit.query("changed").is_some(),
        is_full: false,
        level: reached,
        back: portal(app, visit),
    }
}

/// The portal that led here with `client_id` and `return_to`, when it registered exactly this address; else nothing.
fn portal(app: &App, visit: &Visit) -> Option<ReturnTo> {
    let client = app.clients.find(&visit.query("client_id")?.parse().ok()?)?;
    let wanted = visit.query("return_to")?;
    let pages = client.initiate_login_uri.iter().chain(&client.post_logout_redirect_uris);
    let href = pages.map(RegisteredUri::as_str).find(|registered| *registered == wanted)?.to_owned();
    Some(ReturnTo { name: client.client_name.clone(), href })
}

/// The bank of the last proof that counts, and `**** 9015`.
fn bank_of(app: &App, visit: &Visit, evidence: &[Evidence]) -> Option<(String, String)> {
    let counts = evidence.iter().filter(|row| row.counts(visit.ctx.now));
    counts.into_iter().find_map(|row| match &row.detail {
        Detail::Bank { bank, bank_name, last_four, .. } => {
            Some((bank_label(app, visit, bank, bank_name), format!("**** {last_four}")))
        }
        Detail::UnionPay { bank_name, last_four, .. } => {
            Some((bank_name.clone(), format!("**** {last_four}")))
        }
        Detail::Phone { .. } => None,
    })
}

/// A bank by the profile's name for its code; by its own where the profile no longer has it.
pub fn bank_label(app: &App, visit: &Visit, code: &str, own: &str) -> String {
    let known = app.policy.proofing.banks.iter().find(|bank| bank.code == code);
    known.map_or_else(|| own.to_owned(), |bank| localised(&bank.name, visit.ctx.locale))
}

/// 完成实名认证, or again when it has expired or soon will, or when the password's ceiling holds.
fn todo(app: &App, evidence: &[Evidence], visit: &Visit) -> Option<Todo> {
    let now = visit.ctx.now;
    let date = |end| last_moment(end).china_date().to_string();
    let expired = || evidence.iter().any(|row| row.detail.method().proves_identity());
    let (title, text) = if visit.is_capped() {
        ("todo-capped", Message::new("todo-capped-text"))
    } else if let Some(end) = ends_soon(evidence, now) {
        ("todo-expiring", Message::new("todo-expiring-text").with("date", date(end)))
    } else if level(evidence, now).is_some_and(|level| level >= RealNameLevel::L2) {
        return None;
    } else if expired() {
        ("todo-expired", Message::new("todo-expired-text"))
    } else {
        ("todo-verify", Message::new("todo-verify-text"))
    };
    let possible = !app.proofing.offers().is_empty();
    possible.then(|| Todo {
        title: Message::new(title),
        text,
        action: Message::new("go-verify"),
        href: Link::to(Path::Verification).into(),
    })
}

/// 设置密保问题, as long as there are none (S1-28).
async fn questions(app: &App, visit: &Visit, person: &Person) -> Result<Option<Todo>, Failure> {
    if visit.is_capped() || !app.policy.recovery.asks_questions() {
        return Ok(None);
    }
    let set = app.people.questions(person.id).await?;
    Ok(set.is_none().then(|| Todo {
        title: Message::new("todo-questions"),
        text: Message::new("todo-questions-text"),
        action: Message::new("go-questions"),
        href: Link::to(Path::SecurityQuestions).into(),
    }))
}

/// The portals that say where their sign-in begins.
fn services(app: &App) -> Vec<Service> {
    let service = |client: std::sync::Arc<crate::protocol::client::Client>| {
        let href = client.initiate_login_uri.as_ref()?.as_str().to_owned();
        Some(Service { name: client.client_name.clone(), text: None, href })
    };
    app.clients.all().into_iter().filter_map(service).collect()
}
