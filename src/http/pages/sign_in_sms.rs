//! LG2 `/login/sms` 短信登录: a code to the registered phone, within an authorization request or to one's own account.

use axum::extract::State;
use axum::response::Response;

use super::signin::{beside, client, elsewhere, welcome};
use super::{captcha, faults};
use crate::http::meter::SignIn;
use crate::http::page::show;
use crate::http::url::Path;
use crate::http::view::{LoginSms, SmsSent};
use crate::http::{App, Failure, Posted, Visit};
use crate::render::Form;
use crate::signin::{CaptchaAnswer, PhoneError, SignedIn, SmsAttempt};

/// The form, to whoever is to sign in.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    if !app.signin.offers_sms() {
        return Err(Failure::NotFound);
    }
    match elsewhere(&app, &visit).await? {
        Some(elsewhere) => Ok(elsewhere),
        None => form_page(&app, &visit, Form::new()).await,
    }
}

/// Sends a code, or signs in by it.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    if !app.signin.offers_sms() {
        return Err(Failure::NotFound);
    }
    if let Some(elsewhere) = elsewhere(&app, &visit).await? {
        return Ok(elsewhere);
    }
    let form = Form::new().with("phone", posted.get("phone"));
    if posted.action() == "captcha" {
        return form_page(&app, &visit, form).await;
    }
    let form = match act(&app, &visit, &posted).await {
        Ok(Some(signed)) => {
            app.meter.sign_in(SignIn::Succeeded);
            return welcome(&app, &visit, signed).await;
        }
        Ok(None) => form,
        Err(PhoneError::Invalid(found)) => faults::mark(&app, &visit, form, &found),
        Err(error) => return Err(super::phone::failure(error)),
    };
    form_page(&app, &visit, form).await
}

/// A code is sent, or signs in.
async fn act(app: &App, visit: &Visit, posted: &Posted) -> Result<Option<SignedIn>, PhoneError> {
    let (ctx, browser, phone) = (&visit.ctx, &visit.browser_hash(), posted.get("phone"));
    if posted.action() == "sms" {
        let captcha = CaptchaAnswer { id: posted.get("captcha_id"), answer: posted.get("captcha") };
        return app.signin.send_sign_in_code(ctx, browser, (phone, captcha)).await.map(|()| None);
    }
    let (device, session) = (visit.device.as_deref(), visit.session.as_ref());
    let (sms, client) = (&posted.secret("sms"), client(visit));
    app.signin.sms(ctx, SmsAttempt { phone, sms, browser, device, session, client }).await.map(Some)
}

async fn form_page(app: &App, visit: &Visit, form: Form) -> Result<Response, Failure> {
    let sent = app.signin.sign_in_code_sent(&visit.ctx, &visit.browser_hash(), form.value("phone")).await;
    let page = LoginSms {
        sent: sent.map_err(super::phone::failure)?.map(SmsSent::from),
        captcha: match app.limits.captcha().is_shown() {
            true => Some(captcha::issue(app).await?),
            false => None,
        },
        password: beside(visit, Path::Login),
        request: visit.request.clone(),
        form,
    };
    Ok(show(app, visit, &page))
}
