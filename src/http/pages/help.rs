//! H4 `/help/banks`: whose cards are taken for the real-name check.

use axum::extract::State;
use axum::response::Response;

use crate::http::page::show;
use crate::http::view::{Banks, Choice};
use crate::http::{App, Visit};

/// Lists the banks.
pub async fn banks(State(app): State<App>, visit: Visit) -> Response {
    let choice = |bank: &crate::policy::Bank| Choice { value: bank.code.clone(), label: bank.name.clone() };
    show(&app, &visit, &Banks { banks: app.proofing.banks().iter().map(choice).collect() })
}
