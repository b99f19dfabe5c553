//! The faults that registration finds, put to the inputs of its pages; and what ends a page without one.

use std::time::Duration;

use axum::response::Response;

use crate::http::page::go;
use crate::http::url::Path;
use crate::http::{App, Failure, Visit};
use crate::kernel::{Faults, Message};
use crate::people::{ANSWER_FIELDS, QUESTION_FIELDS};
use crate::render::Form;
use crate::signup::SignupError;

/// How long whoever met a full queue should wait.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// A form with its faults.
pub fn mark(app: &App, visit: &Visit, mut form: Form, faults: &Faults) -> Form {
    for fault in faults.iter() {
        let message = said(app, visit, fault.message.clone());
        match fault.field {
            Some(field) => form.fail(field, message),
            None => form.refuse(message),
        }
    }
    form
}

/// E_REQUIRED names its input as the page does; the use case gave the key of the label.
fn said(app: &App, visit: &Visit, message: Message) -> Message {
    let say = |label: &Message| app.renderer.texts().say(visit.ctx.locale, label);
    if let Some(numbered) = message.args.get("field").and_then(|field| numbered(field)) {
        return message.with("field", say(&numbered));
    }
    let key = match message.args.get("field").map(String::as_str) {
        Some("captcha") => "captcha",
        Some("username") => "username",
        Some("username-login") => "username-login",
        Some("password-new") => "password-new",
        Some("recover-way") => "recover-way",
        Some("unionpay-card") => "unionpay-card",
        Some("password") => "password",
        Some("name") => "name",
        Some("id-type") => "id-type",
        Some("id-number") => "id-number",
        Some("nationality") => "nationality",
        Some("valid-until") => "valid-until",
        Some("sex") => "sex",
        Some("birthdate") => "birthdate",
        Some("bank") => "bank",
        Some("bank-account") => "bank-account",
        Some("phone") => "phone",
        Some("sms-code") => "sms-code",
        _ => return message,
    };
    message.with("field", say(&Message::new(key)))
}

/// The label of one of the security questions or their answers.
fn numbered(field: &str) -> Option<Message> {
    let place = |fields: &[&str]| fields.iter().position(|name| *name == field).map(|place| place + 1);
    let question = place(&QUESTION_FIELDS).map(|n| Message::new("question-number").with("n", n));
    question.or_else(|| place(&ANSWER_FIELDS).map(|n| Message::new("answer-number").with("n", n)))
}

/// What a step's error is when it is not for the form: another page, or a failure.
///
/// # Errors
/// The failure.
pub fn elsewhere(visit: &Visit, error: SignupError) -> Result<Response, Failure> {
    match error {
        SignupError::Asking | SignupError::Opened => Ok(go(visit.link(Path::RegisterWait))),
        SignupError::TooMany => Err(Failure::Rate),
        SignupError::Busy => Err(Failure::Busy { retry_after: RETRY_AFTER }),
        SignupError::Expired | SignupError::IdentityTaken | SignupError::Invalid(_) => {
            Err(Failure::Expired { back: visit.way_back() })
        }
        SignupError::Ephemeral(error) => Err(error.into()),
        other @ (SignupError::Store(_) | SignupError::People(_)) => Err(Failure::system(other)),
    }
}
