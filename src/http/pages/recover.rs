//! `/recover`: what helps who forgot a name or a password (S4-19).

use axum::extract::State;
use axum::response::Response;

use crate::http::page::show;
use crate::http::view::Recover;
use crate::http::{App, Visit};

/// Shows the ways.
pub async fn get(State(app): State<App>, visit: Visit) -> Response {
    show(&app, &visit, &Recover { request: visit.request.clone() })
}
