//! LG1 `/login`: name and password, within an authorization request or to one's own account.

use axum::extract::State;
use axum::response::Response;

use super::interaction::{self, Waiting};
use crate::http::cookies::Name;
use crate::http::meter::SignIn;
use crate::http::page::{go, show};
use crate::http::url::{Link, Path, local};
use crate::http::view::Login;
use crate::http::visit::{signed_in, with_cookie};
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::{ClientId, Message};
use crate::protocol::interaction::Interaction;
use crate::render::Form;
use crate::sessions::EndReason;
use crate::signin::{CaptchaAnswer, PasswordAttempt, SignedIn, SigninError};

/// Shows the form, to whoever is to sign in.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    if let Some(elsewhere) = elsewhere(&app, &visit).await? {
        return Ok(elsewhere);
    }
    let hint = visit.pending.as_ref().and_then(|pending| pending.login_hint.clone());
    let form = Form::new().with("username", hint.unwrap_or_default());
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
    let attempt = PasswordAttempt {
        username: posted.get("username"),
        password: &posted.secret("password"),
        captcha: CaptchaAnswer { id: posted.get("captcha_id"), answer: posted.get("captcha") },
        device: visit.device.as_deref(),
        session: visit.session.as_ref(),
        client: client(&visit),
    };
    let signed = app.signin.password(&visit.ctx, attempt).await;
    app.meter.sign_in(SignIn::of(&signed));
    match signed {
        Ok(signed) => welcome(&app, &visit, signed).await,
        Err(error) => refused(&app, &visit, form, error).await,
    }
}

pub(super) fn client(visit: &Visit) -> Option<&ClientId> {
    visit.pending.as_ref().map(|pending| &pending.client.client_id)
}

/// Where to go instead: the parked request waits for something else, or nobody has to sign in.
pub(super) async fn elsewhere(app: &App, visit: &Visit) -> Result<Option<Response>, Failure> {
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

/// Another way in, for the same request or the same page.
pub(super) fn beside(visit: &Visit, path: Path) -> String {
    visit.link(path).maybe("next", visit.query("next").as_deref()).into()
}

/// New cookies, and the way on; another person's session in this browser ends, its portals are told.
pub(super) async fn welcome(app: &App, visit: &Visit, signed: SignedIn) -> Result<Response, Failure> {
    if let Some(replaced) = &signed.replaced {
        app.provider.end_session(&visit.ctx, replaced, EndReason::Replaced).await?;
    }
    let response = signed_in(app, visit, &signed.token, destination(visit)).await?;
    Ok(with_cookie(app, response, Name::Device, &signed.device))
}

/// The form again, with what LG1 says.
async fn refused(app: &App, visit: &Visit, form: Form, error: SigninError) -> Result<Response, Failure> {
    let wrong = matches!(error, SigninError::Wrong { .. });
    let form = match &error {
        SigninError::Required { field } => form.failing(field, required(app, visit, field)),
        _ => match error.message() {
            Some(message) => form.refused(message),
            None => return Err(error.into()),
        },
    };
    form_page(app, visit, form, wrong).await
}

/// E_REQUIRED with the name that the page gives to the input.
fn required(app: &App, visit: &Visit, field: &'static str) -> Message {
    let label = app.renderer.texts().say(visit.ctx.locale, &Message::new(field));
    Message::new("E_REQUIRED").with("field", label)
}

async fn form_page(app: &App, visit: &Visit, form: Form, wrong: bool) -> Result<Response, Failure> {
    let captcha = match app.signin.asks_captcha(&visit.ctx, form.value("username")).await? {
        true => Some(super::captcha::issue(app).await?),
        false => None,
    };
    let sms = app.signin.offers_sms().then(|| beside(visit, Path::LoginSms));
    Ok(show(app, visit, &Login { form, captcha, sms, request: visit.request.clone(), wrong }))
}
