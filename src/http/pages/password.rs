//! 修改密码, A10 `/account/password` (S0-28, S0-30) and LG8 `/password/change` without a session (S3-13): ends every
//! session of the account.

use axum::extract::State;
use axum::response::Response;

use super::account::owner;
use super::captcha;
use super::register::password_rules;
use crate::http::page::{go, show};
use crate::http::url::{Link, Path};
use crate::http::view::{ChangePassword, ChangePasswordDoor, PasswordChanged};
use crate::http::visit::signed_out;
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::{Message, Secret, required};
use crate::people::Person;
use crate::provider::Internal;
use crate::render::Form;
use crate::sessions::EndReason;
use crate::signin::{CaptchaAnswer, ChangeError, NewPassword, PasswordAttempt, PasswordForm, SigninError};
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
        Err(error) => return Ok(form_page(&app, &visit, refused(&app, &visit, Form::new(), error)?)),
    };
    match changed(&app, &visit, person, &new).await? {
        Some(response) => Ok(response),
        None => Ok(form_page(&app, &visit, refused(&app, &visit, Form::new(), ChangeError::old())?)),
    }
}

/// Whether this is the password of whoever is signed in; else what to say at its input.
pub async fn confirmed(
    app: &App,
    visit: &Visit,
    person: &Person,
    password: &Secret,
) -> Result<Result<(), Message>, Failure> {
    if password.is_empty() {
        return Ok(Err(required("password")));
    }
    match app.signin.confirm_password(&visit.ctx, person, (password, visit.device.as_deref())).await {
        Ok(_) => Ok(Ok(())),
        Err(ChangeError::Faults(found)) => match found.into_iter().next() {
            Some((_, message)) => Ok(Err(message)),
            None => Err(Failure::Expired { back: None }),
        },
        Err(ChangeError::Signin(error)) => error.message().map(Err).map_or_else(|| Err(error.into()), Ok),
    }
}

/// LG8: the form at the door; whoever is signed in has their own.
pub async fn door(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    match visit.person {
        Some(_) => Ok(go(Link::to(Path::Password))),
        None => door_page(&app, &visit, Form::new()).await,
    }
}

/// LG8: changes the password of the account that is named; the name stays, the passwords never.
pub async fn post_door(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let form = Form::new().with("username", posted.get("username"));
    match posted.action() {
        _ if visit.person.is_some() => return Ok(go(Link::to(Path::Password))),
        "captcha" => return door_page(&app, &visit, form).await,
        _ => {}
    }
    let [old, new, confirm] = ["old", "password", "confirm"].map(|name| posted.secret(name));
    let attempt = PasswordAttempt {
        username: posted.get("username"),
        password: &old,
        captcha: CaptchaAnswer { id: posted.get("captcha_id"), answer: posted.get("captcha") },
        device: visit.device.as_deref(),
        session: None,
        client: None,
    };
    let form = match app.signin.check_change_of(&visit.ctx, &attempt, (&new, &confirm)).await {
        Ok((person, new)) => match changed(&app, &visit, &person, &new).await? {
            Some(response) => return Ok(response),
            None => refused(&app, &visit, form, ChangeError::old())?,
        },
        Err(error) => refused(&app, &visit, form, error)?,
    };
    door_page(&app, &visit, form).await
}

/// The form with what is wrong in it, or with what a sign-in would say.
fn refused(app: &App, visit: &Visit, form: Form, error: ChangeError) -> Result<Form, Failure> {
    match error {
        ChangeError::Faults(found) => Ok(mark(app, visit, form, found)),
        ChangeError::Signin(SigninError::Required { field }) => {
            let message = Message::new("E_REQUIRED").with("field", field);
            Ok(mark(app, visit, form, vec![(field, message)]))
        }
        ChangeError::Signin(error) => Ok(form.refused(error.message().ok_or(error)?)),
    }
}

/// The change with all that ends by it; nothing when another change was faster.
async fn changed(
    app: &App,
    visit: &Visit,
    person: &Person,
    new: &NewPassword,
) -> Result<Option<Response>, Failure> {
    let change = async |tx: &_| app.signin.change_password(tx, &visit.ctx, person, new).await;
    match app.provider.end_all_of(&visit.ctx, person.id, EndReason::PasswordChanged, change).await {
        Ok(()) => {
            let page = PasswordChanged { request: visit.request.clone() };
            let response = show(app, &visit.of_nobody(), &page);
            // At the door no session ends here, and the request that waits for a sign-in goes on.
            Ok(Some(if visit.session.is_some() { signed_out(app, response) } else { response }))
        }
        Err(Internal::Store(StoreError::Gone)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn mark(app: &App, visit: &Visit, form: Form, faults: Vec<(&'static str, Message)>) -> Form {
    let say = |key: &'static str| app.renderer.texts().say(visit.ctx.locale, &Message::new(key));
    faults.into_iter().fold(form, |form, (input, message)| {
        let label = match message.args.get("field").map(String::as_str) {
            Some("username") => Some(say("username-login")),
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

async fn door_page(app: &App, visit: &Visit, form: Form) -> Result<Response, Failure> {
    let captcha = match app.signin.asks_captcha(&visit.ctx, form.value("username")).await? {
        true => Some(captcha::issue(app).await?),
        false => None,
    };
    let (rules, request) = (password_rules(app), visit.request.clone());
    Ok(show(app, visit, &ChangePasswordDoor { form, rules, captcha, request }))
}
