//! LG6 `/login/raise-level`: a portal wants a higher real-name level than the person has.

use axum::extract::State;
use axum::response::Response;

use super::interaction::{self, Answer, Waiting};
use super::verification::{last_moment, methods, page_of};
use crate::http::page::{go, show};
use crate::http::url::Path;
use crate::http::view::RaiseLevel;
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::{RealNameLevel, Timestamp};
use crate::people::Person;
use crate::proofing;
use crate::protocol::interaction::{Interaction, Necessity};

/// Tells why, and offers the way.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    // Outside an authorization nobody asks for a level: the centre shows what there is.
    let Some(request) = visit.request.clone() else { return Ok(go(Path::Verification.within(None))) };
    let upgrade = match interaction::waiting(&app, &visit, &request).await? {
        Waiting::For(Interaction::RaiseLevel(upgrade)) => upgrade,
        other => return Ok(other.elsewhere(&visit)),
    };
    let (ceiling, lapsed) = match &visit.person {
        Some(person) => standing(&app, &visit, person, upgrade.required).await?,
        None => (false, None),
    };
    let methods = methods(&app, &visit);
    let page = RaiseLevel {
        current: upgrade.current.unwrap_or(RealNameLevel::L1),
        required: upgrade.required,
        voluntary: upgrade.necessity == Necessity::Voluntary,
        reachable: upgrade.required <= app.provider.settings().reachable,
        ceiling,
        lapsed,
        methods,
        request: Some(request),
    };
    Ok(show(&app, &visit, &page))
}

/// 确认 leads to the verification, 取消 and 暂不提升 back into the request.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let Some(request) = visit.request.clone() else { return Ok(go(Path::Verification.within(None))) };
    match posted.action() {
        "cancel" | "skip" => interaction::answer(&app, &visit, &request, Answer::DeclineUpgrade).await,
        _ => {
            let ways = app.proofing.offers();
            let chosen = ways.iter().find(|way| way.method.as_str() == posted.get("method"));
            let way = chosen.or_else(|| ways.iter().find(|way| way.asked)).or(ways.first());
            let next = way.map_or(Path::Verification, |way| page_of(way.method));
            Ok(go(visit.link(next)))
        }
    }
}

/// Whether the evidence would do and the way the password was last set does not (`decisions.md`, "Ceiling of a
/// password"); and when the proof that there was ended.
async fn standing(
    app: &App,
    visit: &Visit,
    person: &Person,
    required: RealNameLevel,
) -> Result<(bool, Option<Timestamp>), Failure> {
    let (evidence, now) = (app.proofing.evidence(person.id).await?, visit.ctx.now);
    let enough = proofing::level(&evidence, now).is_some_and(|level| level >= required);
    let held_down = person.password_ceiling.is_some_and(|ceiling| ceiling < required);
    let lapsed = proofing::lapsed(&evidence, now).and_then(|proof| proof.expires_at).map(last_moment);
    Ok((enough && held_down, lapsed))
}
