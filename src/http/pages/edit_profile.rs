//! A3 `/account/profile/edit` 变更用户信息: name, bank card and phone, by the bank's word at that moment and the password
//! (S0-18…S0-21, S1-45…S1-48). Nothing else that is sent changes anything (S0-19).

use axum::extract::State;
use axum::response::Response;

use super::account::owner;
use super::register_verify::{answered, banks, form_of, is_proved, proof_input, subject_of, typed_form};
use super::verification_card::{captcha_unless, of};
use super::{faults, password};
use crate::http::page::{go, show};
use crate::http::url::Path;
use crate::http::view::{EditProfile, SmsSent};
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::{Faults, JobId, Message, required};
use crate::people::Person;
use crate::proofing::CardMethod;
use crate::render::Form;
use crate::signup::{CardInput, Contact, Signup, SignupError, Upgrade};

const BANK: CardMethod = CardMethod::Bank;

/// The form, with what was given before and why the answer was no.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if app.proofing.offer(BANK).is_none() {
        return Err(Failure::NotFound);
    }
    let browser = visit.browser_hash();
    let found = app.signup.find_upgrade(&visit.ctx, of(&visit, &browser, person)).await;
    let mut form = form_of(&Contact::default());
    match found.or_else(|error| faults::elsewhere(&visit, error).map(|_| None))? {
        Some((_, Upgrade::Asking { .. })) => return Ok(go(visit.link(Path::VerificationWait))),
        Some((_, Upgrade::Filling(notes))) if notes.edits => {
            form = form_of(&notes.contact);
            if let Some(outcome) = notes.setback {
                form.refuse(Message::new(outcome.key()));
            }
        }
        _ => {}
    }
    form_page(&app, &visit, person, form).await
}

/// A code, or the change; nothing is saved before the bank's yes.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if app.proofing.offer(BANK).is_none() {
        return Err(Failure::NotFound);
    }
    let form = typed_form(&proof_input(&posted)).with("name", posted.get("name"));
    match posted.action() {
        "back" => return Ok(go(visit.link(Path::Profile))),
        "captcha" => return form_page(&app, &visit, person, form).await,
        _ => {}
    }
    match act(&app, &visit, person, &posted).await? {
        Ok(Some(job)) => Ok(answered(&app, &visit, job, Path::VerificationWait).await),
        Ok(None) => form_page(&app, &visit, person, form).await,
        Err(SignupError::Invalid(found)) => {
            form_page(&app, &visit, person, faults::mark(&app, &visit, form, &found)).await
        }
        Err(SignupError::Asking) => Ok(go(visit.link(Path::VerificationWait))),
        Err(error) => faults::elsewhere(&visit, error),
    }
}

/// The question to the bank, or none where a code was asked for.
async fn act(
    app: &App,
    visit: &Visit,
    person: &Person,
    posted: &Posted,
) -> Result<Result<Option<JobId>, SignupError>, Failure> {
    let (browser, proof) = (visit.browser_hash(), proof_input(posted));
    let whose = of(visit, &browser, person);
    let input = CardInput { method: BANK, proof: &proof, edit: Some(posted.get("name")) };
    if posted.action() == "sms" {
        let captcha = (posted.get("captcha_id"), posted.get("captcha"));
        return Ok(app.signup.send_upgrade_code(&visit.ctx, whose, input, captcha).await.map(|_| None));
    }
    let password = posted.secret("password");
    if let Err(mut found) = Signup::check_upgrade(person, input) {
        if password.is_empty() {
            found.add("password", required("password"));
        }
        return Ok(Err(SignupError::Invalid(found)));
    }
    match password::confirmed(app, visit, person, &password).await? {
        Ok(()) => Ok(app.signup.upgrade(&visit.ctx, whose, input).await.map(Some)),
        Err(message) => Ok(Err(SignupError::Invalid(Faults::at("password", message)))),
    }
}

async fn form_page(app: &App, visit: &Visit, person: &Person, form: Form) -> Result<Response, Failure> {
    let Some(subject) = subject_of(&person.profile) else { return Ok(go(visit.link(Path::Document))) };
    let browser = visit.browser_hash();
    let found = app.signup.find_upgrade(&visit.ctx, of(visit, &browser, person)).await;
    let found = found.or_else(|error| faults::elsewhere(visit, error).map(|_| None))?;
    let notes = found.as_ref().map(|(_, upgrade)| upgrade.notes());
    let captcha = captcha_unless(app, notes.is_some_and(|notes| notes.captcha)).await?;
    let proved = is_proved(&form, notes.and_then(|notes| notes.proved.as_ref()));
    let sent = match found {
        Some((flow, _)) => app.signup.upgrade_code_sent(&visit.ctx, (flow, BANK), form.value("phone")).await,
        None => Ok(None),
    };
    let sent = sent.or_else(|error| faults::elsewhere(visit, error).map(|_| None))?.map(SmsSent::from);
    let (username, banks) = (person.username.as_str().to_owned(), banks(app, visit));
    Ok(show(app, visit, &EditProfile { form, username, subject, banks, captcha, sent, proved }))
}
