//! P4 `/register/person/done`: the account is there; what comes next.

use axum::extract::State;
use axum::response::Response;

use super::account::REGISTERED;
use super::faults;
use crate::http::page::{go, show};
use crate::http::url::{Link, Path};
use crate::http::view::{RegisterDone, ReturnTo};
use crate::http::{App, Failure, Visit};
use crate::kernel::RealNameLevel;
use crate::policy::AfterRegistration;
use crate::signup::Wizard;

/// For the new account that is signed in, or for the wizard whose person signs in at the portal (S1-11).
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let after = app.policy.registration.after;
    if after == AfterRegistration::Home && visit.person.is_some() && visit.pending.is_none() {
        return Ok(go(Link::to(Path::Account).with(REGISTERED, "1")));
    }
    let (username, level, signed_in) = if let Some(person) = &visit.person {
        let level = app.proofing.level(person.id, visit.ctx.now).await?;
        (person.username.as_str().to_owned(), level.unwrap_or(RealNameLevel::L1), true)
    } else {
        let found = app.signup.find(&visit.ctx, &visit.browser_hash()).await;
        match found.or_else(|error| faults::elsewhere(&visit, error).map(|_| None))? {
            Some((_, Wizard::Opened(opened))) => (opened.username.as_str().to_owned(), opened.level, false),
            _ => return Ok(go(visit.link(Path::Register))),
        }
    };
    let back = visit
        .pending
        .as_ref()
        .map(|pending| ReturnTo { name: pending.client_name.clone(), href: visit.link(Path::Resume).into() });
    let can_verify = signed_in && level < RealNameLevel::L2;
    let close_page = after == AfterRegistration::ClosePage && back.is_none();
    Ok(show(&app, &visit, &RegisterDone { username, level, back, close_page, can_verify, signed_in }))
}
