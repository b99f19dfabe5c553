//! What helps on the way: H3 `/help/guide/person-register` and H4 `/help/banks`.

use axum::extract::State;
use axum::response::Response;

use crate::http::page::show;
use crate::http::view::{Banks, Choice, Guide};
use crate::http::{App, Visit};
use crate::policy::{Bank, RegistrationProofing};

/// Lists the banks.
pub async fn banks(State(app): State<App>, visit: Visit) -> Response {
    let choice =
        |bank: &Bank| Choice { value: bank.code.clone(), label: bank.name.of(visit.ctx.locale).to_owned() };
    show(&app, &visit, &Banks { banks: app.proofing.banks().map(choice).collect() })
}

/// 个人注册指引 (S4-03).
pub async fn guide(State(app): State<App>, visit: Visit) -> Response {
    let deferrable = app.policy.registration.proofing == RegistrationProofing::Deferred;
    show(&app, &visit, &Guide { deferrable })
}
