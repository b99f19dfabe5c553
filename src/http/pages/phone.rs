//! A14 `/account/phone`: another phone for the account, by a code to the old one and a code to the new.

use axum::extract::State;
use axum::response::Response;

use super::account::owner;
use super::{captcha, faults};
use crate::http::page::{go, show};
use crate::http::url::{Link, Path};
use crate::http::view::{ChangePhone, SmsSent};
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::Phone;
use crate::people::Person;
use crate::render::Form;
use crate::signin::{CaptchaAnswer, PhoneError, PhoneForm, PhoneOwner};

/// The form.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    match owner(&visit) {
        Ok(person) => form_page(&app, &visit, person, Form::new()).await,
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// A code, or both. Whoever came by a recovery proves themselves first.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let (session, person) = match visit.require_account() {
        Ok((session, person)) if !visit.is_capped() => (session.id, person),
        Ok(_) => return Ok(go(Link::to(Path::Phone))),
        Err(elsewhere) => return Ok(elsewhere),
    };
    let form = Form::new().with("phone", posted.get("phone"));
    if posted.action() == "captcha" {
        return form_page(&app, &visit, person, form).await;
    }
    let form = match act(&app, &visit, PhoneOwner { person, session }, &posted).await {
        Ok(true) => return Ok(go(Link::to(Path::Phone).with("done", "1"))),
        Ok(false) => form,
        Err(PhoneError::Invalid(found)) => faults::mark(&app, &visit, form, &found),
        Err(error) => return Err(failure(error)),
    };
    form_page(&app, &visit, person, form).await
}

/// Whether the phone is another one now.
async fn act(app: &App, visit: &Visit, whose: PhoneOwner<'_>, posted: &Posted) -> Result<bool, PhoneError> {
    let (ctx, phone) = (&visit.ctx, posted.get("phone"));
    let captcha = CaptchaAnswer { id: posted.get("captcha_id"), answer: posted.get("captcha") };
    match posted.action() {
        "old" => app.signin.send_old_phone_code(ctx, whose).await.map(|()| false),
        "sms" => app.signin.send_new_phone_code(ctx, whose, (phone, captcha)).await.map(|()| false),
        _ => {
            let [old_sms, sms] = ["old_sms", "sms"].map(|name| posted.secret(name));
            let form = PhoneForm { phone, old_sms: &old_sms, sms: &sms };
            app.signin.change_phone(ctx, whose, form).await.map(|()| true)
        }
    }
}

pub(super) fn failure(error: PhoneError) -> Failure {
    match error {
        PhoneError::TooMany => Failure::Rate,
        PhoneError::Ephemeral(error) => error.into(),
        PhoneError::Store(error) => error.into(),
        PhoneError::Invalid(_) => Failure::Expired { back: None },
    }
}

async fn form_page(app: &App, visit: &Visit, person: &Person, form: Form) -> Result<Response, Failure> {
    let Some(session) = visit.session.as_ref().map(|session| session.id) else {
        return Ok(go(Link::to(Path::Login)));
    };
    let whose = PhoneOwner { person, session };
    let sent = async |phone: Option<&Phone>| match phone {
        Some(phone) => app.signin.phone_code_sent(&visit.ctx, whose, phone).await,
        None => Ok(None),
    };
    let page = ChangePhone {
        phone: person.profile.phone.as_ref().map(Phone::masked),
        capped: visit.is_capped(),
        changed: visit.query("done").is_some(),
        old_sent: sent(person.profile.phone.as_ref()).await?.map(SmsSent::from),
        sent: sent(form.value("phone").parse().ok().as_ref()).await?.map(SmsSent::from),
        captcha: match app.limits.captcha().is_shown() {
            true => Some(captcha::issue(app).await?),
            false => None,
        },
        form,
    };
    Ok(show(app, visit, &page))
}
