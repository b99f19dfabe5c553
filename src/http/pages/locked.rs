//! LG12 `/locked`: too many wrong passwords; what helps meanwhile.

use axum::extract::State;
use axum::response::Response;
use chrono::TimeDelta;

use crate::http::page::{go, show};
use crate::http::url::Path;
use crate::http::view::Locked;
use crate::http::{App, Visit};
use crate::kernel::Timestamp;

/// No lock lasts longer.
const LONGEST: TimeDelta = TimeDelta::hours(2);

/// Tells until when; a time that no lock of ours has leads back to the sign-in.
pub async fn get(State(app): State<App>, visit: Visit) -> Response {
    let until = visit.query("until").and_then(|millis| millis.parse().ok()).map(Timestamp::from_millis);
    let until = until.filter(|until| *until > visit.ctx.now && *until - visit.ctx.now <= LONGEST);
    match until {
        Some(until) => show(&app, &visit, &Locked { until, request: visit.request.clone() }),
        None => go(visit.link(Path::Login)),
    }
}
