//! LG1 `/login`: name and password, within an authorization request or to one's own account.

use axum::extract::State;
use axum::response::Response;

use super::interaction::{self, Waiting};
use crate::http::cookies::Name;
use crate::http::page::{go, show};
use crate::http::url::{Link, Path, local};
use crate::http::view::{Captcha, Login};
use crate::http::visit::{signed_in, with_cookie};
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::Message;
use crate::protocol::interaction::Interaction;
use crate::render::Form;
use crate::sessions::EndReason;
use crate::signin::{PasswordAttempt, SignedIn, SigninError};

/// Shows the form, to whoever is to sign in.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    if let Some(elsewhere) = elsewhere(&app, &visit).await? {
        return Ok(elsewhere);
    }
    let hint = visit.pending.as_ref().and_then(|pending| pending.login_hint.clone());
    let form = Form::new().with("username", &hint.unwrap_or_default());
    form_page(&app, &visit, form, false).await
}

/// Signs in, or says what is wrong; the name stays, the password never.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    if let Some(elsewhere) = elsewhere(&app, &visit).await? {
        return Ok(elsewhere);
    }
    let form = Form::new().with("username", posted.get("username"));
    if posted.action() == "captcha" {
        return form_page(&app, &visit, form, false).await;
    }
    match app.signin.password(&visit.ctx, attempt(&visit, &posted)).await {
        Ok(signed) => welcome(&app, &visit, signed).await,
        Err(error) => refused(&app, &visit, form, error).await,
    }
}

/// Where to go instead: the parked request waits for something else, or nobody has to sign in.
async fn elsewhere(app: &App, visit: &Visit) -> Result<Option<Response>, Failure> {
    let Some(request) = &visit.request else {
        return Ok(visit.person.as_ref().map(|_| go(destination(visit))));
    };
    Ok(match interaction::waiting(app, visit, request).await? {
        Waiting::For(Interaction::Login) => None,
        other => Some(other.elsewhere(visit)),
    })
}

/// Back into the authorization request, else to the page that asked for the sign-in, else to the account.
fn destination(visit: &Visit) -> String {
    if visit.request.is_some() {
        return visit.link(Path::Resume).into();
    }
    let next = visit.query("next").and_then(|next| local(&next));
    next.unwrap_or_else(|| Link::to(Path::Account).into())
}

async fn form_page(app: &App, visit: &Visit, form: Form, wrong: bool) -> Result<Response, Failure> {
    let username = form.value("username").to_owned();
    let captcha = match app.signin.asks_captcha(&visit.ctx, &username).await? {
        true => Some(captcha(app).await?),
        false => None,
    };
    Ok(show(app, visit, &Login { form, captcha, request: visit.request.clone(), wrong }))
}
