//! LG7 `/oauth/consent`: what a portal would get, masked; 同意 or 拒绝.

use axum::extract::State;
use axum::response::Response;

use super::interaction::{self, Answer, Waiting};
use crate::http::page::{go, show};
use crate::http::url::Path;
use crate::http::view::{Consent, ConsentItem};
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::Message;
use crate::people::Person;
use crate::protocol::interaction::Interaction;
use crate::protocol::scope::Scope;
use crate::provider::ConsentAnswer;

/// Asks.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let Some(request) = visit.request.clone() else { return Err(Failure::NotFound) };
    let scope = match interaction::waiting(&app, &visit, &request).await? {
        Waiting::For(Interaction::Consent { scope }) => scope,
        other => return Ok(other.elsewhere(&visit)),
    };
    let Some(person) = visit.person.clone() else { return Ok(go(visit.link(Path::Login))) };
    let level = app.proofing.level(person.id, visit.ctx.now).await?;
    let policy = visit.pending.as_ref().and_then(|pending| pending.client.policy_uri.as_ref());
    let consent = Consent {
        operator: None,
        purpose: None,
        person: person.profile.name.masked(),
        level: visit.reached(level),
        required: items(&scope, &person),
        optional: Vec::new(),
        policy_uri: policy.map(|uri| uri.as_str().to_owned()).filter(|uri| uri.starts_with("https://")),
        request: Some(request),
    };
    Ok(show(&app, &visit, &consent))
}

/// Takes the answer back into the request.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let Some(request) = visit.request.clone() else { return Err(Failure::NotFound) };
    // Only the button 同意 consents: a form sent in any other way refuses.
    let answer = if posted.get("do") == "yes" { ConsentAnswer::Given } else { ConsentAnswer::Refused };
    interaction::answer(&app, &visit, &request, Answer::Consent(answer)).await
}

/// One line for each scope that passes something on.
fn items(scope: &Scope, person: &Person) -> Vec<ConsentItem> {
    let profile = &person.profile;
    let name = || Some(profile.name.masked());
    let lines = scope.iter().filter_map(|scope| {
        let value = match scope {
            "profile" | "real_name" => name(),
            "phone" => profile.phone.as_ref().map(|phone| phone.masked()),
            "email" => profile.email.as_ref().map(|email| email.masked()),
            "address" => profile.about.address.as_ref().map(|line| line.masked()),
            _ => None,
        };
        Some(ConsentItem { name: scope.to_owned(), label: Message::new(label_of(scope)?), value })
    });
    lines.collect()
}

/// What a scope passes on; none for one that passes nothing on.
pub fn label_of(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "openid" => "claim-sub",
        "profile" => "claim-profile",
        "real_name" => "claim-real-name",
        "phone" => "claim-phone",
        "email" => "claim-email",
        "address" => "claim-address",
        _ => return None,
    })
}
