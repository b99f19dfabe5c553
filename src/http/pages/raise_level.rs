//! LG6 `/login/raise-level`: a portal wants a higher real-name level than the person has.

use axum::extract::State;
use axum::response::Response;

use super::interaction::{self, Answer, Waiting};
use crate::http::page::{go, show};
use crate::http::url::Path;
use crate::http::view::RaiseLevel;
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::RealNameLevel;
use crate::people::Person;
use crate::protocol::interaction::{Interaction, Necessity, Upgrade};

/// Tells why, and offers the way.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    // Outside an authorization nobody asks for a level: the centre shows what there is.
    let Some(request) = visit.request.clone() else { return Ok(go(Path::Verification.within(None))) };
    let upgrade = match interaction::waiting(&app, &visit, &request).await? {
        Waiting::For(Interaction::RaiseLevel(upgrade)) => upgrade,
        other => return Ok(other.elsewhere(&visit)),
    };
    let ceiling = match &visit.person {
        Some(person) => is_held_down(&app, &visit, person, upgrade.required).await?,
        None => false,
    };
    Ok(show(&app, &visit, &model(&app, upgrade, ceiling, request)))
}

/// 确认 leads to the verification, 取消 and 暂不提升 back into the request.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let Some(request) = visit.request.clone() else { return Ok(go(Path::Verification.within(None))) };
    match posted.action() {
        "cancel" | "skip" => interaction::answer(&app, &visit, &request, Answer::DeclineUpgrade).await,
        _ => Ok(go(visit.link(Path::VerificationBank))),
    }
}

fn model(app: &App, upgrade: Upgrade, ceiling: bool, request: String) -> RaiseLevel {
    RaiseLevel {
        current: upgrade.current.unwrap_or(RealNameLevel::L1),
        required: upgrade.required,
        voluntary: upgrade.necessity == Necessity::Voluntary,
        reachable: upgrade.required <= app.provider.settings().reachable,
        ceiling,
        request: Some(request),
    }
}

/// The evidence would do; the way the password was last set does not (`decisions.md`, "Ceiling of a password").
async fn is_held_down(
    app: &App,
    visit: &Visit,
    person: &Person,
    required: RealNameLevel,
) -> Result<bool, Failure> {
    if person.password_ceiling.is_none_or(|ceiling| ceiling >= required) {
        return Ok(false);
    }
    let evidence = app.proofing.level(person.id, visit.ctx.now).await?;
    Ok(evidence.is_some_and(|level| level >= required))
}
