//! H4 `/help/banks`: whose cards are taken for the real-name check.

use axum::extract::State;
use axum::response::Response;

use crate::http::page::show;
use crate::http::view::{Banks, Choice};
use crate::http::{App, Visit};
use crate::policy::Bank;

/// Lists the banks.
pub async fn banks(State(app): State<App>, visit: Visit) -> Response {
    let choice =
        |bank: &Bank| Choice { value: bank.code.clone(), label: bank.name.of(visit.ctx.locale).to_owned() };
    show(&app, &visit, &Banks { banks: app.proofing.banks().map(choice).collect() })
}
