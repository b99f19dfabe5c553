//! A10 `/account/password` 修改密码 (S0-28, S0-30): ends every session of the account, this one too.

use axum::extract::State;
use axum::response::Response;

use super::account::owner;
use super::register::password_rules;
use crate::http::page::show;
use crate::http::view::{ChangePassword, PasswordChanged};
use crate::http::visit::signed_out;
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::Message;
use crate::provider::Internal;
use crate::render::Form;
use crate::sessions::EndReason;
use crate::signin::{ChangeError, PasswordForm};
use crate::storage::StoreError;

/// The form.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    match owner(&visit) {
        Ok(_) => Ok(form_page(&app, &visit, Form::new())),
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// Changes the password, or says what is wrong; nothing that was typed comes back.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let [old, new, confirm] = ["old", "password", "confirm"].map(|name| posted.secret(name));
    let form = PasswordForm { old: &old, new: &new, confirm: &confirm, device: visit.device.as_deref() };
    let new = match app.signin.check_change(&visit.ctx, person, form).await {
        Ok(new) => new,
        Err(ChangeError::Faults(found)) => return Ok(form_page(&app, &visit, marked(&app, &visit, found))),
        Err(ChangeError::Signin(error)) => {
            let message = error.message().ok_or(error)?;
            return Ok(form_page(&app, &visit, Form::new().refused(message)));
        }
    };
    let change = async |tx: &_| app.signin.change_password(tx, &visit.ctx, person, &new).await;
    match app.provider.end_all_of(&visit.ctx, person.id, EndReason::PasswordChanged, change).await {
        Ok(()) => Ok(signed_out(&app, show(&app, &visit.of_nobody(), &PasswordChanged {}))),
        Err(Internal::Store(StoreError::Gone)) => {
            let old = vec![("old", Message::new("E_PASSWORD_OLD"))];
            Ok(form_page(&app, &visit, marked(&app, &visit, old)))
        }
        Err(error) => Err(error.into()),
    }
}

fn marked(app: &App, visit: &Visit, faults: Vec<(&'static str, Message)>) -> Form {
    let say = |key: &'static str| app.renderer.texts().say(visit.ctx.locale, &Message::new(key));
    faults.into_iter().fold(Form::new(), |form, (input, message)| {
        let label = match message.args.get("field").map(String::as_str) {
            Some("password-old") => Some(say("password-old")),
            Some("password-new") => Some(say("password-new")),
            _ => None,
        };
        form.failing(input, label.map_or(message.clone(), |label| message.with("field", label)))
    })
}

fn form_page(app: &App, visit: &Visit, form: Form) -> Response {
    show(app, visit, &ChangePassword { form, rules: password_rules(app) })
}
