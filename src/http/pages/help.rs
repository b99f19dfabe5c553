//! What helps on the way: H1 `/help`, H3 `/help/guide/person-register`, H4 `/help/banks`, H6 `/accessibility`, H7 `/contact`
//! and H9 `/elder`.

use axum::extract::State;
use axum::response::Response;

use crate::http::cookies::Name;
use crate::http::page::{go, show};
use crate::http::url::Path;
use crate::http::view::{Accessibility, Banks, Choice, Contact, Guide, Help};
use crate::http::visit::with_cookie;
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

/// 帮助中心: what there is to read, and whom to ask.
pub async fn help(State(app): State<App>, visit: Visit) -> Response {
    let recovery = !app.policy.recovery.account.is_empty() || !app.policy.recovery.password.is_empty();
    show(&app, &visit, &Help { recovery })
}

/// 联系我们 (S1-55): telephone numbers and addresses of the profile.
pub async fn contact(State(app): State<App>, visit: Visit) -> Response {
    show(&app, &visit, &Contact {})
}

/// 无障碍声明.
pub async fn accessibility(State(app): State<App>, visit: Visit) -> Response {
    show(&app, &visit, &Accessibility {})
}

/// 长者版 by an address that can be told on the telephone.
pub async fn elder(State(app): State<App>, visit: Visit) -> Response {
    with_cookie(&app, go(visit.link(Path::Login)), Name::Elder, "1")
}
