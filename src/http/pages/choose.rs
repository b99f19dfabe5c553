//! `/login/choose`: signed in, and a portal asked for a new account: 继续使用 or 注册新账号 (`decisions.md`, "Protocol"); or
//! it asked which account is to be used (`prompt=select_account`): 继续使用 or 使用其他账号.

use axum::extract::State;
use axum::response::Response;

use super::interaction::{self, Answer, Waiting};
use crate::http::page::{go, show};
use crate::http::url::Path;
use crate::http::view::{Choose, OtherAccount};
use crate::http::{App, Failure, Posted, Visit};
use crate::protocol::interaction::Interaction;

/// Shows who is signed in.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let Some(request) = visit.request.clone() else { return Ok(go(Path::Account.within(None))) };
    let other = match interaction::waiting(&app, &visit, &request).await? {
        Waiting::For(Interaction::ChooseAccount) => OtherAccount::New,
        Waiting::For(Interaction::SelectAccount) => OtherAccount::Existing,
        elsewhere => return Ok(elsewhere.elsewhere(&visit)),
    };
    let Some(person) = &visit.person else { return Ok(go(visit.link(Path::Login))) };
    let choose = Choose {
        person: person.profile.name.masked(),
        username: person.username.as_str().to_owned(),
        other,
        request: Some(request),
    };
    Ok(show(&app, &visit, &choose))
}

/// Goes on with this account or to the registration.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let Some(request) = visit.request.clone() else { return Ok(go(Path::Account.within(None))) };
    if posted.action() == "register" {
        return Ok(go(visit.link(Path::RegisterPerson)));
    }
    let answer = if posted.action() == "other" { Answer::LeaveAccount } else { Answer::KeepAccount };
    interaction::answer(&app, &visit, &request, answer).await
}
