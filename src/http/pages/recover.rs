//! `/recover`: the ways back to a username or a password (S4-19); and what the pages of both have in common.

use axum::extract::State;
use axum::response::Response;

use crate::http::page::show;
use crate::http::view::{Captcha, Recover};
use crate::http::{App, Failure, Posted, Visit};
use crate::recovery::{CaptchaInput, CardGoal, DocumentInput, RecoveryError};
use crate::render::Form;
use crate::storage::StoreError;

/// Shows the ways.
pub async fn get(State(app): State<App>, visit: Visit) -> Response {
    let ways = &app.policy.recovery;
    let page = Recover {
        account: !ways.account.is_empty(),
        password: !ways.password.is_empty(),
        phone: app.recovery.offers(CardGoal::Phone),
        request: visit.request.clone(),
    };
    show(&app, &visit, &page)
}

/// A captcha for the first step, unless the policy has none.
///
/// # Errors
/// That the ephemeral store is gone.
pub async fn captcha(app: &App) -> Result<Option<Captcha>, Failure> {
    match app.limits.captcha().is_shown() {
        true => Ok(Some(super::captcha::issue(app).await?)),
        false => Ok(None),
    }
}

/// The captcha as read.
pub fn captcha_input(posted: &Posted) -> CaptchaInput {
    CaptchaInput { id: posted.get("captcha_id").to_owned(), answer: posted.get("captcha").to_owned() }
}

/// The inputs of a document.
pub fn document_input(posted: &Posted) -> DocumentInput {
    let text = |name| posted.get(name).to_owned();
    DocumentInput { id_type: text("id_type"), id_number: text("id_number"), nationality: text("nationality") }
}

/// The form with the document that was typed.
pub fn with_document(form: Form, input: &DocumentInput) -> Form {
    let id_type = if input.id_type.is_empty() { "CN_RID" } else { &input.id_type };
    form.with("id_type", id_type).with("id_number", &input.id_number).with("nationality", &input.nationality)
}

/// A step's error when it is not for the form.
pub fn failure(visit: &Visit, error: RecoveryError) -> Failure {
    match error {
        RecoveryError::Expired
        | RecoveryError::Asking
        | RecoveryError::Invalid(_)
        | RecoveryError::Store(StoreError::Gone) => Failure::Expired { back: visit.way_back() },
        RecoveryError::TooMany => Failure::Rate,
        RecoveryError::Ephemeral(error) => error.into(),
        RecoveryError::People(error) => error.into(),
        RecoveryError::Store(error) => error.into(),
    }
}
