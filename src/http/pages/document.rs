//! `/account/document`: the account's document went to who proved it; its owner enters their own (S1-30).

use axum::extract::State;
use axum::response::Response;

use super::register_identity::{form_of, identity_input};
use super::{captcha, faults};
use crate::http::page::{go, show};
use crate::http::url::Path;
use crate::http::view::{IdTypeOption, ReenterDocument};
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::Message;
use crate::render::Form;
use crate::signup::SignupError;

/// Asks for the document.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    match visit.require_account() {
        Ok((_, person)) if person.must_reenter_document => {
            document_page(&app, &visit, Form::new().with("id_type", "CN_RID")).await
        }
        Ok(_) => Ok(go(onward(&visit))),
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// Takes it, and goes on where the person wanted to go.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let person = match visit.require_account() {
        Ok((_, person)) if person.must_reenter_document => person,
        Ok(_) => return Ok(go(onward(&visit))),
        Err(elsewhere) => return Ok(elsewhere),
    };
    let input = identity_input(&posted);
    if posted.action() == "captcha" {
        return document_page(&app, &visit, form_of(&input)).await;
    }
    let captcha = (posted.get("captcha_id"), posted.get("captcha"));
    let form = match app.signup.reenter_document(&visit.ctx, person, &input, captcha).await {
        Ok(()) => return Ok(go(onward(&visit))),
        Err(SignupError::IdentityTaken) => {
            form_of(&input).failing("id_number", Message::new("E_ID_TAKEN_PERSON"))
        }
        Err(SignupError::Invalid(found)) => faults::mark(&app, &visit, form_of(&input), &found),
        Err(error) => return faults::elsewhere(&visit, error),
    };
    document_page(&app, &visit, form).await
}

fn onward(visit: &Visit) -> String {
    let next = if visit.request.is_some() { Path::Resume } else { Path::Account };
    visit.link(next).into()
}

async fn document_page(app: &App, visit: &Visit, form: Form) -> Result<Response, Failure> {
    let captcha = match app.limits.captcha().is_shown() {
        true => Some(captcha::issue(app).await?),
        false => None,
    };
    let page = ReenterDocument { form, types: IdTypeOption::all(), captcha, request: visit.request.clone() };
    Ok(show(app, visit, &page))
}
